#!/usr/bin/env bash
# Brings axe-core, the accessibility checker of the browser tests, in as its makers built it.
set -euo pipefail
version=${1:?usage: vendor_axe.sh VERSION}
into=$(cd "$(dirname "$0")/.." && pwd)/tests/support/vendor/axe-core
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$work" && npm pack "axe-core@$version" --silent && tar xzf axe-core-*.tgz)
cp "$work/package/axe.min.js" "$work/package/LICENSE" "$into/"
echo "axe-core $version, MPL-2.0, as built by its makers (npm package axe-core). Refreshed by scripts/vendor_axe.sh." > "$into/VERSION"
