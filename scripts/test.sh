#!/usr/bin/env bash
# Every check and every test, with branch coverage. pytest's closing line comes last.
set -euo pipefail
bin=${BIN:-.venv/bin}
BIN=$bin "$(dirname "$0")/check.sh"
mkdir -p .cache
if [ -w /dev/shm ]; then TMPDIR=$(mktemp -d /dev/shm/lrs-bridge-tests-XXXXXX); else TMPDIR=$(mktemp -d); fi
chmod 755 "$TMPDIR"  # the database server runs as a user of its own
export TMPDIR  # databases that live for one test need no disk
trap 'rm -rf "$TMPDIR"' EXIT
rm -rf .coverage .coverage.* .cache/screenshots
status=0
"$bin/pytest" -n 2 --cov --cov-report= --dist loadfile "$@" 2>&1 | tee .cache/pytest.log || status=$?
"$bin/coverage" json -q -o .cache/coverage.json
"$bin/python" scripts/coverage_gate.py .cache/coverage.json || status=1
tail -n 1 .cache/pytest.log
exit "$status"
