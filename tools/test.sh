#!/usr/bin/env bash
# make test: set up, check, test everything under the race detector. What cannot
# be tested on this machine is said first and last; under CI=true a skipped test
# is a failure.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=$(tools/setup.sh) || { printf "%s\n" "$missing" >&2; exit 1; }
if [ -n "$missing" ]; then printf '%s\n' "$missing"; fi
tools/lint.sh

# SQLite in Go is C that a program translated: the detector would spend most of
# the time on what no one here wrote. Only that one package goes without: it shares
# no generic code with the others, of which the linker would keep one copy.
race='-race -gcflags=modernc.org/sqlite/lib=-race=false'
export GORACE='atexit_sleep_ms=0' # reports are whole when they are printed
case $missing in *'NO RACE DETECTOR'*) race= ;; esac

# Every commit waits for the disk, in tests too. What a killed process wrote is
# kept by the kernel, on a disk and in memory alike, so that where there is
# memory enough the tests' files lie in it.
roomy=$(df -k --output=avail /dev/shm 2>/dev/null | tail -n 1 || true)
if [ "${roomy:-0}" -gt $((8 * 1024 * 1024)) ]; then
  TMPDIR=$(mktemp -d /dev/shm/broadsheet-test-XXXXXX)
  chmod 755 "$TMPDIR" # PostgreSQL runs as another user
  export TMPDIR
  trap 'rm -rf "$TMPDIR"' EXIT
fi

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
