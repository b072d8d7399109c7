#!/usr/bin/env bash
# Guess:    Whether a TIFF is compressed does not change its pixels.
# Happens:  A TIFF of 16-bit RGB in separate planes opens rightly where it is compressed, by libtiff. Not compressed, it
#           opens without an error as other pixels: PIL/TiffImagePlugin.py reads each plane by the raw mode "R", "G" or "B",
#           a byte a pixel, so that a row takes half of its bytes, high and low ones in turn.
# Versions: Pillow 13.0.0, tifffile 2026.3.3 (which writes both files, and reads both rightly).
# Matters:  Microscopes and scanners write such files. convnext gives the high bytes, as Pillow does for compressed ones.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/planes.py" <<'EOF'
import io
import sys

import numpy as np
import PIL
import tifffile
from PIL import Image

samples = np.random.default_rng(1).integers(0, 65536, (3, 8, 8)).astype(np.uint16)
seen = []
for compression in (None, "zlib"):
    file = io.BytesIO()
    tifffile.imwrite(file, samples, photometric="rgb", planarconfig="separate", compression=compression)
    assert (tifffile.imread(io.BytesIO(file.getvalue())) == samples).all()
    pixels = np.asarray(Image.open(io.BytesIO(file.getvalue())).convert("RGB"))
    differ = np.abs(pixels.astype(int) - (samples >> 8).transpose(1, 2, 0)).max()
    print(f"Pillow {PIL.__version__}: compression {compression}: up to {differ} from the high bytes")
    seen.append(differ > 0)
if seen != [True, False]:
    sys.exit("changed")
EOF
"$(dirname "$0")/../tools/python-env" "$work/env" pillow==13.0.0 tifffile==2026.3.3 imagecodecs==2026.3.6 numpy==2.4.6 || exit 4
"$work/env/bin/python" "$work/planes.py"
