//! profile
use super::RawTable;
/// x
#[must_use]
pub fn profile(_raw: &RawTable) -> String {
    String::new()
}
