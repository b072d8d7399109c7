#!/usr/bin/env bash
# Guess:    Image.resize() gives the same pixels in every version of Pillow. A picture on its side gives the same pixels on
#           their side.
# Happens:  Pillow resizes one axis after the other and rounds and clips to 8 bits in between, so the order shows. 12.2 always
#           resizes the width first. In 13.0 the height comes first where it loses more than twice as many pixels as the
#           width: screenshots of phones, for instance. There a seventh of the values of noise change, by 1; where the
#           picture shrinks less, more do, by up to 22.
#           Changed by https://github.com/python-pillow/Pillow/pull/9549
# Versions: Pillow 12.2.0 and 13.0.0.
# Matters:  Embeddings are compared with references that another Pillow has made. A program that promises Pillow's pixels
#           must name the version.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/order.py" <<'EOF'
import random
import sys

import PIL
from PIL import Image


def resized(picture, *sizes):
    for size in sizes:
        picture = picture.resize(size, Image.Resampling.BICUBIC)
    return picture.tobytes()


def order(size, target):
    """Which axis Image.resize() resizes first, and its pixels."""
    picture = Image.frombytes("RGB", size, random.Random(1).randbytes(size[0] * size[1] * 3))
    pixels = resized(picture, target)
    width_first = resized(picture, (target[0], size[1]), target)
    height_first = resized(picture, (size[0], target[1]), target)
    differ = [abs(a - b) for a, b in zip(width_first, height_first)]
    share = sum(d > 0 for d in differ) / len(differ)
    first = {width_first: "width", height_first: "height"}.get(pixels, "neither")
    print(f"Pillow {PIL.__version__}: {size} to {target}: {first} first (the two orders differ in {share:.0%} of the "
          f"values, by up to {max(differ)})")
    return first


expected = sys.argv[1:]
seen = [order(*sizes) for sizes in (((1080, 2400), (256, 568)), ((2400, 1080), (568, 256)),
                                    ((600, 1000), (500, 800)), ((600, 1000), (500, 799)))]
if seen != expected:
    sys.exit(f"changed: the four pictures are resized {seen} first; expected {expected}")
EOF
check() {  # version, expected order for a tall and a wide picture, and for twice as many pixels and one more
  "$(dirname "$0")/../tools/python-env" "$work/$1" "pillow==$1" || exit 4
  "$work/$1/bin/python" "$work/order.py" "${@:2}"
}
check 12.2.0 width width width width
check 13.0.0 height width width height
