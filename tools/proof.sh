#!/usr/bin/env bash
# make proof: the packages whose drills have a full size, in full. Without the
# race detector, which make test has had on: here it is scale that is proven.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=$(tools/setup.sh) || { printf "%s\n" "$missing" >&2; exit 1; }
if [ -n "$missing" ]; then printf '%s\n' "$missing"; fi
packages=$(go list -f '{{.ImportPath}}{{range .Imports}} {{.}}{{end}}{{range .TestImports}} {{.}}{{end}}{{range .XTestImports}} {{.}}{{end}}' ./... |
  awk '/ broadsheet\/internal\/proof( |$)/ { print $1 }')
# The store's suite is a package of its own that the store's tests run.
packages=$(printf '%s\n' $packages | sed 's|/store/storetest$|/store|' | sort -u)
if [ -z "$packages" ]; then
  echo 'make proof: no drill has a full size' >&2
  exit 1
fi
echo "in full: $(echo $packages)"
# One package at a time: a drill that measures must not share its cores.
PROOF=1 go test -count=1 -p 1 -timeout 18m $packages
if [ -n "$missing" ]; then printf '\n%s\n' "$missing"; fi
echo 'make proof: all proven'
