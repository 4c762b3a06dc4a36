#!/bin/sh
# Brings the machine to where every test can run: a C compiler for the race
# detector, PostgreSQL's server, Chromium, axe-core for the tests of
# accessibility, and Stripe's own Node library and command-line tool, which
# drive the stand-in. Installs by apt what is missing when root or a sudo
# without questions allows it, and what comes from npm into .cache. Otherwise it
# says what is missing, a line each on standard output; under CI=true that is a
# failure.
set -eu
cd "$(dirname "$0")/.."

axe_version=4.14.1
axe_dir=${AXE_DIR:-.cache/axe/node_modules/axe-core}
stripe_version=14.25.0 # the Node library whose API version is the one that we are pinned to
stripe_cli_version=1.52.0
stripe_dir=${STRIPE_TOOLS_DIR:-.cache/stripe/node_modules}

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

# The tool's program is in a package of its own for each kind of machine.
has_stripe() {
  command -v node >/dev/null || return 1
  ls "$stripe_dir"/@stripe/cli-*/bin/stripe >/dev/null 2>&1 || return 1
  grep -q "\"version\": \"$stripe_version\"" "$stripe_dir/stripe/package.json" 2>/dev/null &&
    grep -q "\"version\": \"$stripe_cli_version\"" "$stripe_dir/@stripe/cli/package.json" 2>/dev/null
}

wanted() {
  has_compiler || printf 'gcc libc6-dev '
  has_postgres || printf 'postgresql '
  has_chromium || printf 'chromium '
  { has_axe && has_stripe; } || has_npm || printf 'npm '
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

# fetch FOLDER PACKAGE@VERSION… installs exactly those below .cache/FOLDER, and
# runs nothing of what it brings.
fetch() {
  folder=$1
  shift
  echo "setup: installing $* into .cache" >&2
  npm install --prefix ".cache/$folder" --no-save --no-package-lock --ignore-scripts --no-audit --no-fund --loglevel=error \
    "$@" >&2 || echo "setup: could not install $*" >&2
}

if has_npm; then
  has_axe || fetch axe "axe-core@$axe_version"
  has_stripe || fetch stripe "stripe@$stripe_version" "@stripe/cli@$stripe_cli_version"
fi

missing=0
say() { echo "$1"; missing=1; }
has_compiler || say 'NO RACE DETECTOR: there is no C compiler (Debian: apt-get install gcc libc6-dev)'
has_postgres || say 'NOT TESTED ON POSTGRESQL: there is no server (Debian: apt-get install postgresql)'
has_chromium || say 'NOT TESTED IN A BROWSER: there is no Chromium (Debian: apt-get install chromium)'
has_axe || say 'NOT TESTED FOR ACCESSIBILITY: there is no axe-core (needs npm and its registry; or name its folder by AXE_DIR)'
has_stripe || say "NOT DRIVEN BY STRIPE'S OWN TOOLS: there is no stripe@$stripe_version and @stripe/cli@$stripe_cli_version (need npm and its registry; or name their node_modules by STRIPE_TOOLS_DIR)"
if [ "$missing" = 1 ] && [ "${CI:-}" = true ]; then
  echo 'setup: under CI=true nothing may be missing' >&2
  exit 1
fi
