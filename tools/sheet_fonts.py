"""Make the fonts of the boleto's sheet from Arimo (SIL Open Font License 1.1): `make fonts`.

The folder that it is called with holds `arimo-latin-400-normal.woff` and `arimo-latin-700-normal.woff`, as the npm
package `@fontsource/arimo` brings them. What comes out has the characters of Windows-1252 and their widths, and neither
hints nor kerning: a page places every word itself.
"""

import json
import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

TARGET = Path(__file__).resolve().parent.parent / "plugins/documents/ramal_documents/sheet/fonts"
FACES = {"regular": "arimo-latin-400-normal.woff", "bold": "arimo-latin-700-normal.woff"}
CODES = [code for code in range(32, 256) if bytes([code]).decode("cp1252", "ignore") and code != 0x7F]


def make(name: str, source: Path) -> dict[str, object]:
    """Write one face; answers what a PDF has to say about it, in thousandths of its size."""
    font = TTFont(source)
    options = Options(hinting=False, layout_features=[], name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14], notdef_outline=True)
    options.drop_tables += ["GDEF", "GPOS", "GSUB", "STAT", "gasp"]
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=[ord(bytes([code]).decode("cp1252")) for code in CODES])
    subsetter.subset(font)
    font.flavor = None
    font["head"].created = font["head"].modified = 0
    font.recalcTimestamp = False
    font.save(TARGET / f"{name}.ttf")
    return metrics(font)


def metrics(font: TTFont) -> dict[str, object]:
    """Widths by code of Windows-1252 (0: not in the font, as the florin), and the measures of the face."""
    scale = 1000 / font["head"].unitsPerEm
    glyphs, advances = font.getBestCmap(), font["hmtx"].metrics
    widths = [0] * 256
    for code in CODES:
        glyph = glyphs.get(ord(bytes([code]).decode("cp1252")))
        widths[code] = round(advances[glyph][0] * scale) if glyph is not None else 0
    head, os2, hhea = font["head"], font["OS/2"], font["hhea"]
    return {
        "box": [round(value * scale) for value in (head.xMin, head.yMin, head.xMax, head.yMax)],
        "ascent": round(hhea.ascent * scale),
        "descent": round(hhea.descent * scale),
        "cap_height": round(os2.sCapHeight * scale),
        "widths": widths,
    }


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    TARGET.mkdir(parents=True, exist_ok=True)
    found = {name: make(name, folder / file) for name, file in FACES.items()}
    (TARGET / "metrics.json").write_text(json.dumps(found) + "\n")
    (TARGET / "LICENSE").write_text((folder.parent / "LICENSE").read_text())
