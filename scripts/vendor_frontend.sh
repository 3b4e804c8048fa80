#!/usr/bin/env bash
# Renews the vendored front end: Digdir's Designsystemet (CSS and theme, MIT), the Inter typeface (OFL 1.1) and scorm-again (MIT), as built, from npm.
# Run it after changing a version here; then put the new version into layout.html, app.css and player/frame.js, and delete the old folder.
set -euo pipefail

design_system=1.22.0
theme=1.11.0
inter=5.2.8
scorm_again=3.4.3

root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

npm install --prefix "$work" --no-save --no-package-lock --ignore-scripts --silent \
  "@digdir/designsystemet-css@$design_system" "@digdir/designsystemet-theme@$theme" "@fontsource-variable/inter@$inter" \
  "scorm-again@$scorm_again"

modules=$work/node_modules
target=$root/lrs_bridge/web/static/vendor/designsystemet/$design_system
mkdir -p "$target"
cp "$modules/@digdir/designsystemet-css/dist/src/index.css" "$target/designsystemet.css"
cp "$modules/@digdir/designsystemet-theme/src/themes/designsystemet.css" "$target/theme.css"
cp "$modules/@digdir/designsystemet-css/LICENSE" "$target/LICENSE"

target=$root/lrs_bridge/web/static/vendor/inter/$inter
mkdir -p "$target"
cp "$modules/@fontsource-variable/inter/files/inter-latin-wght-normal.woff2" \
   "$modules/@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2" \
   "$modules/@fontsource-variable/inter/LICENSE" "$target/"

# The SCORM run-time, as modules, minified by its makers. Both are loaded by player/frame.js, whichever a course needs.
target=$root/lrs_bridge/web/static/vendor/scorm-again/$scorm_again
mkdir -p "$target"
cp "$modules/scorm-again/dist/esm/scorm12.min.js" "$modules/scorm-again/dist/esm/scorm2004.min.js" "$modules/scorm-again/LICENSE" "$target/"
echo "scorm-again $scorm_again, from npm, dist/esm as its makers built it: https://github.com/jcputney/scorm-again (MIT)" > "$target/VERSION"
