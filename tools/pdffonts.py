"""Makes one static TrueType font for PDFs out of variable WOFF2 files.

pdffonts.py OUT AXIS=VALUE… -- FILE…

Each file is one script's part of the same face. The axes are pinned, the parts joined, and the figures become the
tabular ones, since a PDF asks for no features; then everything but outlines, widths and names is dropped. The same
files give the same bytes: the font keeps the time of its design.
"""

import sys
import tempfile

from fontTools import merge, subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer


def tabular(font):
    """The figures that stand in columns, by the glyph that they replace."""
    gsub = font["GSUB"].table if "GSUB" in font else None
    if gsub is None:
        return {}
    found = {}
    for record in gsub.FeatureList.FeatureRecord:
        if record.FeatureTag != "tnum":
            continue
        for index in record.Feature.LookupListIndex:
            for table in gsub.LookupList.Lookup[index].SubTable:
                found.update(getattr(getattr(table, "ExtSubTable", table), "mapping", {}))
    return found


def part(path, axes):
    font = TTFont(path)
    pinned = {name: value for name, value in axes.items() if name in [a.axisTag for a in font["fvar"].axes]}
    font = instancer.instantiateVariableFont(font, pinned)
    wide = tabular(font)
    for table in font["cmap"].tables:
        table.cmap = {code: wide.get(glyph, glyph) for code, glyph in table.cmap.items()}
    for tag in ("GSUB", "GPOS", "GDEF", "STAT", "fvar", "gvar", "avar", "HVAR", "MVAR"):
        if tag in font:
            del font[tag]
    font.flavor = None
    out = tempfile.NamedTemporaryFile(suffix=".ttf", delete=False)
    font.save(out.name)
    return out.name


def main(out, *rest):
    split = rest.index("--")
    axes = {name: float(value) for name, value in (pair.split("=") for pair in rest[:split])}
    parts = [part(path, axes) for path in rest[split + 1 :]]
    font = merge.Merger().merge(parts) if len(parts) > 1 else TTFont(parts[0])
    options = subset.Options(hinting=False, notdef_outline=True, name_IDs=[0, 1, 2, 4, 6, 13, 14], glyph_names=False)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=[code for code in font.getBestCmap() if code != 0])
    cutter.subset(font)
    font["head"].created = font["head"].modified = TTFont(rest[split + 1])["head"].modified
    font.recalcTimestamp = False
    font.save(out)


main(*sys.argv[1:])
