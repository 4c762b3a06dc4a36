#!/bin/sh
# Brings the machine to where every test can run: a C compiler for the race
# detector, PostgreSQL's server, Chromium, and axe-core for the tests of
# accessibility. Installs by apt what is missing when root or a sudo without
# questions allows it, and axe-core by npm into .cache. Otherwise it says what
# is missing, a line each on standard output; under CI=true that is a failure.
set -eu
cd "$(dirname "$0")/.."

axe_version=4.14.1
axe_dir=${AXE_DIR:-.cache/axe/node_modules/axe-core}

has_compiler() { command -v cc >/dev/null || command -v gcc >/dev/null; }
has_postgres() { command -v postgres >/dev/null || ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1; }
has_chromium() {
  for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null && return 0
  done
  return 1
}

has_npm() { command -v npm >/dev/null; }
has_axe() {
  [ -f "$axe_dir/axe.min.js" ] || return 1
  [ -n "${AXE_DIR:-}" ] || grep -q "\"version\": \"$axe_version\"" "$axe_dir/package.json"
}

wanted() {
  has_compiler || printf 'gcc libc6-dev '
  has_postgres || printf 'postgresql '
  has_chromium || printf 'chromium '
  has_axe || has_npm || printf 'npm '
}

install() {
  as=
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null && sudo -n true 2>/dev/null || return 1
    as='sudo -n'
  fi
  command -v apt-get >/dev/null || return 1
  log=$(mktemp)
  # shellcheck disable=SC2086 # the words are separate on purpose
  if ! { $as env DEBIAN_FRONTEND=noninteractive apt-get update -q &&
    $as env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"; } >"$log" 2>&1; then
    tail -20 "$log" >&2
    rm -f "$log"
    return 1
  fi
  rm -f "$log"
}

need=$(wanted)
if [ -n "$need" ]; then
  echo "setup: installing $need" >&2
  # shellcheck disable=SC2086
  install $need || echo "setup: could not install $need" >&2
fi

if ! has_axe && has_npm; then
  echo "setup: installing axe-core $axe_version into .cache" >&2
  npm install --prefix .cache/axe --no-save --no-package-lock --ignore-scripts --no-audit --no-fund --loglevel=error \
    "axe-core@$axe_version" >&2 || echo 'setup: could not install axe-core' >&2
fi

missing=0
say() { echo "$1"; missing=1; }
has_compiler || say 'NO RACE DETECTOR: there is no C compiler (Debian: apt-get install gcc libc6-dev)'
has_postgres || say 'NOT TESTED ON POSTGRESQL: there is no server (Debian: apt-get install postgresql)'
has_chromium || say 'NOT TESTED IN A BROWSER: there is no Chromium (Debian: apt-get install chromium)'
has_axe || say 'NOT TESTED FOR ACCESSIBILITY: there is no axe-core (needs npm and its registry; or name its folder by AXE_DIR)'
if [ "$missing" = 1 ] && [ "${CI:-}" = true ]; then
  echo 'setup: under CI=true nothing may be missing' >&2
  exit 1
fi
