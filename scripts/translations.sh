#!/usr/bin/env bash
# Brings the catalogues up to date with the code: new texts come in empty, to be translated by hand; a test holds them complete.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=${BIN:-.venv/bin}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
catalogues=lrs_bridge/web/translations

"$bin/pybabel" --quiet extract --mapping-file babel.cfg --keyword _l --no-wrap --sort-output --no-location \
  --project lrs-bridge --copyright-holder "the authors of lrs-bridge" --output-file "$work/messages.pot" .
for language in nb nn; do
  if [ -f "$catalogues/$language/LC_MESSAGES/messages.po" ]; then
    "$bin/pybabel" --quiet update --no-wrap --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date \
      --input-file "$work/messages.pot" --output-dir "$catalogues" --locale "$language"
  else
    "$bin/pybabel" --quiet init --no-wrap --input-file "$work/messages.pot" --output-dir "$catalogues" --locale "$language"
  fi
done
