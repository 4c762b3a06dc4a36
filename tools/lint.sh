#!/bin/sh
# Form and freshness: gofmt, go vet, templates generated from what is there, and
# the plan of the rooms.
set -eu
cd "$(dirname "$0")/.."

unformatted=$(gofmt -l $(find . -name '*.go' -not -path './data/*' -not -name '*_templ.go'))
if [ -n "$unformatted" ]; then
  echo "not in gofmt's form:" >&2
  echo "$unformatted" >&2
  exit 1
fi

# Compared by content and not by git, so that work in progress passes too.
sums() { find . -name '*_templ.go' -not -path './data/*' -exec sha256sum {} + | sort -k 2; }
before=$(sums)
made=$(go generate ./... 2>&1) || { echo "$made" >&2; exit 1; }
if [ "$before" != "$(sums)" ]; then
  echo 'generated templates were stale; they are fresh now: look at them and commit them' >&2
  exit 1
fi

go vet ./...
go test ./internal/importtest
