#!/usr/bin/env bash
# Holds the noise of releases against OpenDP's sampler: 200,000 draws of each, at four sizes.
set -euo pipefail
cd "$(dirname "$0")/../.."

cargo build --release --example noise
cargo build --release --manifest-path tests/interop/noise/Cargo.toml --target-dir target/interop
for size in 4:2 0.25:1/2 1369:37 2500:50; do
  target/release/examples/noise "${size%%:*}" 200000 | target/interop/release/noise "${size##*:}"
done
