#!/bin/sh
# Makes static/fonts and views/pdf/fonts. For pages: three variable faces, narrowed to the axes and the letters that the pages use (192 kB in all
# instead of 306 kB). Only whoever changes the fonts runs this; the results are committed.
# Needs npm, and Debian's python3-fonttools and python3-brotli.
#
# Names with macrons or other Latin Extended letters want the latin-ext files as a second @font-face with its own
# unicode-range, which a browser fetches only for pages that need it.
set -eu
out=$(cd "$(dirname "$0")/../static/fonts" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
py=${PYTHON:-/usr/bin/python3}
npm install --silent --no-save --prefix "$work" @fontsource-variable/newsreader@5.3.0 @fontsource-variable/public-sans@5.3.0 @fontsource-variable/noto-sans@5.3.0
from=$work/node_modules/@fontsource-variable
glyphs='U+0020-007E,U+00A0-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+2013-2014,U+2018-201A,U+201C-201E,U+2020-2022,U+2026,U+2030,U+2032-2033,U+2039-203A,U+2044,U+20AC,U+2122,U+2212'

# cut IN OUT AXIS=MIN:MAX… narrows the axes, then drops every glyph outside $glyphs.
cut() {
  in=$1 name=$2
  shift 2
  "$py" -m fontTools.varLib.instancer -q "$in" "$@" -o "$work/cut.ttf"
  "$py" -m fontTools.subset "$work/cut.ttf" --unicodes="$glyphs" --layout-features='*' --flavor=woff2 --output-file="$out/$name"
}
cut "$from/newsreader/files/newsreader-latin-opsz-normal.woff2" newsreader-latin.woff2 wght=400:600 opsz=16:72
cut "$from/newsreader/files/newsreader-latin-opsz-italic.woff2" newsreader-latin-italic.woff2 wght=400:500 opsz=16:72
cut "$from/public-sans/files/public-sans-latin-wght-normal.woff2" public-sans-latin.woff2 wght=400:700

# The faces of PDFs: static, with all the Latin letters, and Greek and Cyrillic for names that are written so.
here=$(cd "$(dirname "$0")" && pwd)
pdf=$here/../views/pdf/fonts
parts() { for script in "$@"; do printf '%s ' "$from/$face/files/$face-$script-normal.woff2"; done; }
face=public-sans
for name in text:400 bold:600; do
  "$py" "$here/pdffonts.py" "$pdf/${name%:*}.ttf" "wght=${name#*:}" -- $(parts latin-wght latin-ext-wght vietnamese-wght)
done
face=newsreader
"$py" "$here/pdffonts.py" "$pdf/display.ttf" wght=500 opsz=48 -- $(parts latin-opsz latin-ext-opsz vietnamese-opsz)
face=noto-sans
"$py" "$here/pdffonts.py" "$pdf/other.ttf" wght=400 -- $(parts greek-wght cyrillic-wght)
cp "$from/noto-sans/LICENSE" "$pdf/noto-sans-OFL.txt"
cp "$from/newsreader/LICENSE" "$out/newsreader-OFL.txt"
cp "$from/public-sans/LICENSE" "$out/public-sans-OFL.txt"
