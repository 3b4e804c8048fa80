#!/usr/bin/env bash
# Every check that reads the code without running it.
set -euo pipefail
bin=${BIN:-.venv/bin}
"$bin/ruff" format --check --quiet .
"$bin/ruff" check --quiet .
"$bin/mypy"
"$bin/lint-imports" --no-cache | tail -n 4
