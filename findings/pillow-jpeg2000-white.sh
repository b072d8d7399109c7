#!/usr/bin/env bash
# Guess:    White in a JPEG 2000 of 10, 12 or 16 bits a colour is white when Pillow opens it as RGB.
# Happens:  It is black. Pillow brings a value to 8 bits by adding half a step and shifting (libImaging/Jpeg2KDecode.c,
#           j2ku_srgb_rgb); the largest values become 256, which is stored in a byte. Grey, and colour of 8 bits, are not
#           affected; other readers (OpenJPEG's own, imagecodecs) give white.
# Versions: Pillow 13.0.0 (OpenJPEG 2.5.4), imagecodecs 2026.3.6.
# Matters:  Overexposed skies and white paper turn black without a word. convnext gives white.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/white.py" <<'EOF'
import io
import sys

import imagecodecs
import numpy as np
import PIL
from PIL import Image

seen = []
for bits in (8, 10, 12, 16):
    white = np.full((4, 4, 3), (1 << bits) - 1, np.uint8 if bits == 8 else np.uint16)
    file = imagecodecs.jpeg2k_encode(white, level=0, reversible=True, bitspersample=bits)
    assert (imagecodecs.jpeg2k_decode(file) == white).all()
    pixel = Image.open(io.BytesIO(file)).convert("RGB").getpixel((0, 0))
    print(f"Pillow {PIL.__version__}: white of {bits} bits: {pixel}")
    seen.append(pixel[0])
if seen != [255, 0, 0, 0]:
    sys.exit(f"changed: {seen}")
EOF
"$(dirname "$0")/../tools/python-env" "$work/env" pillow==13.0.0 imagecodecs==2026.3.6 numpy==2.4.6 || exit 4
"$work/env/bin/python" "$work/white.py"
