#!/usr/bin/env bash
# A synthesizer from PyPI as --generator: it is run again and again, attacked, and gives the same
# evidence from kept runs. Needs Python 3 with venv, a package index, and a built dosimeter.
set -euo pipefail
cd "$(dirname "$0")/../.."

dosimeter="$PWD/target/release/dosimeter"
script="$PWD/tests/interop/generator.py"
venv="$PWD/target/interop/generator"
packages=(arfpy==0.1.1 numpy==2.3.5 pandas==2.3.3 scikit-learn==1.9.1 scipy==1.17.1)

if ! "$venv/bin/python" -c "from arfpy import arf" 2>/dev/null; then
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check "${packages[@]}"
fi

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
# Every ninth person: forests on all of them would take minutes.
ninth() { awk 'NR == 1 || NR % 9 == 0' "$1" > "$2"; }
ninth fixtures/flchain/train.csv "$folder/train.csv"
ninth fixtures/flchain/holdout.csv "$folder/holdout.csv"
ninth fixtures/flchain/releases/resampled.csv "$folder/release.csv"
cp fixtures/flchain/schema.toml "$folder/schema.toml"
cd "$folder"
cat > policy.toml <<'TOML'
schema  = 1
id      = "interop"
version = "1.0.0"
title   = "Hardly anybody is copied"
basis   = "house"
source  = "tests/interop/generator.sh"

[evidence]
confidence = 0.95

[[rule]]
id       = "copies"
metric   = "copies.exact"
scope    = "all"
op       = "lt"
limit    = "50%"
severity = "block"
TOML
cat > audit.toml <<'TOML'
real      = "train.csv"
holdout   = "holdout.csv"
synthetic = "release.csv"
schema    = "schema.toml"
policy    = "policy.toml"
out       = "out"

[attack.shadow]
targets     = 2
training    = 20
validation  = 10
test        = 10
run-seconds = 60
TOML

audit() {
  local want="$1" got=0
  shift
  "$dosimeter" audit --quiet --force --generator-state runs "$@" > log 2>&1 || got=$?
  if [ "$got" -ne "$want" ]; then
    cat log runs/generator-stderr.txt 2>/dev/null || true
    echo "error: expected exit $want, found $got: $*" >&2
    exit 1
  fi
}

command="'$venv/bin/python' -W ignore '$script' --in {train} --rows {rows} --seed {seed} --out {synthetic}"
audit 0 --generator "$command"
python3 - out/evidence.json <<'PY'
import json, sys
evidence = json.load(open(sys.argv[1]))
facts = {fact["metric"]: fact for fact in evidence["evidence"]}
area, advantage = facts["shadow.auroc"]["measure"], facts["shadow.advantage"]["measure"]
assert 0 <= area["value"] <= 1 and area["standard-error"] > 0, area
assert advantage["treated"]["trials"] == advantage["control"]["trials"] == 5, advantage
assert len(facts["shadow.advantage"]["positive-control"]) == 4
assert facts["shadow.auroc"]["parameters"]["generator"] == "python"
PY
cp out/evidence.json first.json
audit 0 --generator "$command"
cmp first.json out/evidence.json
if [ "$(ls runs | grep -c '\.run$')" -ne 40 ]; then
  echo "error: expected 40 kept runs" >&2
  exit 1
fi
# Arguments that the script refuses: no verdict rests on it, and what it printed stays here.
audit 3 --generator "$command --unknown"
grep -q unrecognized runs/generator-stderr.txt
! grep -q unrecognized out/evidence.json log
