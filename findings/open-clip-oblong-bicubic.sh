#!/usr/bin/env bash
# Guess:    open_clip's transform resizes with the interpolation that the model's preprocess_cfg names, whatever the shape of
#           its image_size.
# Happens:  With resize_mode "shortest" (the default) and an image_size that is not square, the interpolation is not handed
#           on: the picture is resized with bicubic. "bilinear" and "bicubic" give the same pixels at 64x96, and other ones at
#           64x64; with resize_mode "longest" and "squash" they differ at both. Nothing is said.
#           image_transform() in https://github.com/mlfoundations/open_clip/blob/main/src/open_clip/transform.py
# Versions: open_clip_torch 3.3.0, torch 2.15.0, torchvision 0.29.2, Pillow 13.0.0.
# Matters:  A tower for wide or tall pictures that was trained with bilinear is run with bicubic. A program that follows the
#           config gives other embeddings than open_clip does.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$(dirname "$0")/../tools/python-env" "$work/env" open_clip_torch==3.3.0 timm==1.0.31 torch==2.15.0 torchvision==0.29.2 \
  pillow==13.0.0 || exit 4
cd "$work"
env/bin/python - <<'PYTHON'
import random
import sys

import open_clip
import PIL
import torch
import torchvision
from PIL import Image


def pixels(picture, size, mode, interpolation):
    transform = open_clip.image_transform(size, is_train=False, mean=(0, 0, 0), std=(1, 1, 1), resize_mode=mode,
                                          interpolation=interpolation)
    return (255 * transform(picture)).round().int()


print(f"open_clip {open_clip.__version__}, torch {torch.__version__}, torchvision {torchvision.__version__}, "
      f"Pillow {PIL.__version__}")
width, height = 300, 200
picture = Image.frombytes("RGB", (width, height), random.Random(1).randbytes(3 * width * height))
seen = {}
for mode in ("shortest", "longest", "squash"):
    for size in ((64, 64), (64, 96)):
        bicubic, bilinear = (pixels(picture, size, mode, name) for name in ("bicubic", "bilinear"))
        seen[mode, size] = torch.equal(bicubic, bilinear)
        print(f"  {mode}, {size[0]}x{size[1]}: bicubic and bilinear give {'the same' if seen[mode, size] else 'other'} pixels")
if [place for place, same in seen.items() if same] != [("shortest", (64, 96))]:
    sys.exit(f"changed: the same pixels at {[place for place, same in seen.items() if same]}; expected only shortest at 64x96")
PYTHON
