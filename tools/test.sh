#!/usr/bin/env bash
# make test: set up, check, test everything under the race detector. What cannot
# be tested on this machine is said first and last; under CI=true a skipped test
# is a failure.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=$(tools/setup.sh) || { printf "%s\n" "$missing" >&2; exit 1; }
if [ -n "$missing" ]; then printf '%s\n' "$missing"; fi
tools/lint.sh

race=-race
case $missing in *'NO RACE DETECTOR'*) race= ;; esac
mkdir -p bin
status=0
go test $race -v -timeout 10m ./... 2>&1 | tee bin/test.log |
  grep --line-buffered -v -E '^ *(=== |--- PASS)|^PASS$|no test files' || status=${PIPESTATUS[0]}

# Modules of their own, whose libraries stay out of the program's.
for module in $(find . -mindepth 2 -name go.mod -not -path './.cache/*' -not -path './tools/*' -not -path './data/*'); do
  (cd "$(dirname "$module")" && go test -v -count=1 -timeout 4m ./...) 2>&1 | tee -a bin/test.log |
    grep --line-buffered -v -E '^ *(=== |--- PASS)|^PASS$|no test files' || status=$((status + PIPESTATUS[0]))
done

skipped=$(grep -E -A1 -e '^ *--- SKIP' bin/test.log || true)
if [ -n "$skipped" ]; then
  printf '\nSKIPPED:\n%s\n' "$skipped"
  if [ "${CI:-}" = true ]; then
    echo 'under CI=true nothing may be skipped' >&2
    exit 1
  fi
fi
if [ -n "$missing" ]; then printf '\n%s\n' "$missing"; fi
if [ "$status" != 0 ]; then
  grep -E '^ *--- FAIL|^FAIL|^panic:' bin/test.log >&2 || true
  echo 'make test: FAILED (all of it is in bin/test.log)' >&2
  exit "$status"
fi
echo 'make test: all green'
