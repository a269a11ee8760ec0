//! Exact coverage of every limit, by enumeration of the law of the counts; nothing is simulated.
