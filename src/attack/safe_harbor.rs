//! safe harbor
