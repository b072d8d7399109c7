#!/usr/bin/env bash
# Guess:    A BMP of 8 bits a pixel whose palette is black and white opens as its pixels.
# Happens:  It opens as mode "1" and each bit of the bytes is taken for a pixel (PIL/BmpImagePlugin.py: where a palette is
#           a grey ramp, the raw mode becomes the mode, whatever the bits of a pixel): the picture is black but for stripes.
#           So does one of 4 bits whose palette is 16 greys in a row, or black and white.
# Versions: Pillow 13.0.0.
# Matters:  Masks and scans are such files. convnext gives their pixels.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/bmp.py" <<'EOF'
import io
import struct
import sys

import PIL
from PIL import Image


def bmp(colours):
    """8x1 pixels, one byte each: 1 0 1 0 1 0 1 0."""
    palette = b"".join(bytes([c, c, c, 0]) for c in colours)
    head = struct.pack("<IiiHHIIiiII", 40, 8, 1, 1, 8, 0, 8, 0, 0, len(colours), 0)
    return b"BM" + struct.pack("<IHHI", 62 + 8, 0, 0, 54 + len(palette)) + head + palette + bytes([1, 0] * 4)


seen = []
for colours in ((0, 255), (0, 254)):
    picture = Image.open(io.BytesIO(bmp(colours)))
    values = [picture.convert("RGB").getpixel((x, 0))[0] for x in range(8)]
    print(f"Pillow {PIL.__version__}: palette of grey {colours}: mode {picture.mode}, pixels {values}")
    seen.append(values)
if seen != [[0, 0, 0, 0, 0, 0, 0, 255], [254, 0] * 4]:
    sys.exit("changed")
EOF
"$(dirname "$0")/../tools/python-env" "$work/env" pillow==13.0.0 || exit 4
"$work/env/bin/python" "$work/bmp.py"
