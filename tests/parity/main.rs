//! Published vectors: what papers, statutes' guidance and peers' documentation print, recomputed through
//! the library. One file for each attack; the origin of every number stands beside it.

mod criteria;
mod disclosure;
mod distinguishability;
mod dp_audit;
mod intervals;
mod membership;
mod uniqueness;
