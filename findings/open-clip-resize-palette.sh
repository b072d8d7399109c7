#!/usr/bin/env bash
# Guess:    open_clip's transform takes any picture, makes it RGB and resizes it with the interpolation it was given. The same
#           pixels, in a PNG with a palette and in one without, give the same embedding.
# Happens:  It resizes and crops first and makes it RGB last. Pillow resizes palettes and pictures of 1 bit with "nearest",
#           whatever it is asked for: bicubic and bilinear are the same, and nearly all values of noise are others, by up to
#           two thirds of the range. RGBA is resized with each pixel weighed by its alpha, which is dropped afterwards:
#           other pixels again, unless it is opaque. Grey comes out the same. The training transform has the same order;
#           timm's data sets make pictures RGB when they read them.
#           image_transform() in https://github.com/mlfoundations/open_clip/blob/main/src/open_clip/transform.py
# Versions: open_clip_torch 3.3.0, torch 2.15.0, torchvision 0.29.2, Pillow 13.0.0.
# Matters:  Screenshots, drawings and GIFs have palettes. Embeddings made with open_clip's transform straight from a file are
#           others than those of a program that decodes to RGB; call .convert("RGB") before the transform to compare.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$(dirname "$0")/../tools/python-env" "$work/env" open_clip_torch==3.3.0 timm==1.0.31 torch==2.15.0 torchvision==0.29.2 \
  pillow==13.0.0 || exit 4
cd "$work"
env/bin/python - <<'EOF'
import random
import sys

import open_clip
import PIL
import torch
import torchvision
from PIL import Image

SIZE, NEAREST = (300, 200), Image.Resampling.NEAREST


def transformed(picture, interpolation="bicubic"):
    """The pixels from 0 to 255 that the model would see."""
    transform = open_clip.image_transform(64, is_train=False, mean=(0, 0, 0), std=(1, 1, 1), interpolation=interpolation)
    return (255 * transform(picture)).round().int()


def compare(what, picture):
    picture.save("picture.png")
    with Image.open("picture.png") as file:
        straight, smooth = transformed(file), transformed(file, "bilinear")
        nearest = transformed(file.convert("RGB").resize((96, 64), NEAREST))  # already of the shorter side's size
        differ = (straight - transformed(file.convert("RGB"))).abs()
        mode = file.mode
    kind = "nearest" if torch.equal(straight, nearest) and torch.equal(straight, smooth) else "filtered"
    print(f"  {what} ({mode}): {kind}; {(differ > 0).float().mean().item():.0%} of the values differ from those of the same "
          f"picture made RGB first, by up to {differ.max().item()}")
    return kind, "other" if differ.any() else "same"


print(f"open_clip {open_clip.__version__}, torch {torch.__version__}, torchvision {torchvision.__version__}, "
      f"Pillow {PIL.__version__}")
noise = random.Random(1)
colours = Image.frombytes("RGB", SIZE, noise.randbytes(3 * SIZE[0] * SIZE[1]))
opaque, clear = colours.copy(), colours.copy()
opaque.putalpha(255)
clear.putalpha(Image.frombytes("L", SIZE, noise.randbytes(SIZE[0] * SIZE[1])))
seen = [compare("colours", colours), compare("grey", colours.convert("L")), compare("palette", colours.quantize(256)),
        compare("black and white", colours.convert("1")), compare("opaque", opaque), compare("alpha", clear)]
expected = [("filtered", "same"), ("filtered", "same"), ("nearest", "other"), ("nearest", "other"), ("filtered", "same"),
            ("filtered", "other")]
if seen != expected:
    sys.exit(f"changed: the six pictures are resized {seen}; expected {expected}")
EOF
