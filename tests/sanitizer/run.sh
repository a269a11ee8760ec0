#!/usr/bin/env bash
# The tests of src/nearest under AddressSanitizer: on every instruction set of this machine and on all the
# adversarial tables, what the SIMD code reads and writes lies within its buffers. The sanitizer is a
# nightly feature that the stable compiler has, too; the standard library is not instrumented.
set -euo pipefail
cd "$(dirname "$0")"

top="$(cd ../.. && pwd)"
host="$(rustc -vV | sed -n 's/^host: //p')"
# The versions that dosimeter is built with; cargo drops those that are not needed here.
cp "$top/Cargo.lock" Cargo.lock
export RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Zsanitizer=address" CARGO_TARGET_DIR="$top/target/sanitizer"
# A quarter of the usual cases: the tables made by hand are the adversarial ones.
export PROPTEST_CASES=64
cargo test --quiet --release --lib --target "$host" nearest
