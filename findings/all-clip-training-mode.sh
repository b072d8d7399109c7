#!/usr/bin/env bash
# Guess:    all_clip.load_clip(), by which clip-retrieval's inference loads its model, gives a model that is ready for
#           inference, so that a picture has the same embedding each time.
# Happens:  The model is in training mode: open_clip.create_model_and_transforms() returns it so, and neither all_clip nor
#           clip-retrieval's ClipMapper calls eval(). The ConvNeXt towers of open_clip have stochastic depth
#           (timm_drop_path 0.1), which training mode leaves on: residual branches are dropped at random, and two passes over
#           one picture differ by some per cent. torch.no_grad(), which clip-retrieval uses, does not change that. After
#           eval() they are equal. ViT towers without dropout do not show it.
#           load_open_clip() in https://github.com/rom1504/all-clip/blob/main/all_clip/open_clip.py
# Versions: all_clip 1.3.0, open_clip_torch 2.32.0, torch 2.15.0, timm 1.0.31.
# Matters:  Embeddings of convnext_base_w and its like made by clip-retrieval are noisy, and not reproducible; no comparison
#           with them can hold to 1 %. bench/pipeline calls eval() first.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# all_clip 1.3.0 wants clip-anytorch and multilingual-clip, for other models: they are imported, and not used here.
"$(dirname "$0")/../tools/python-env" "$work/env" torch==2.15.0 torchvision==0.29.2 timm==1.0.31 open_clip_torch==2.32.0 \
  transformers numpy ftfy regex 'setuptools<81' || exit 4
"$work/env/bin/python" -m pip install --quiet --no-deps all_clip==1.3.0 clip-anytorch==2.6.0 || exit 4
cd "$work"
env/bin/python - <<'PYTHON'
import sys
from importlib.metadata import version

import open_clip
import timm
import torch
from all_clip import load_clip

NAME = "convnext_base_w"
torch.manual_seed(0)
state = open_clip.create_model(NAME).state_dict()
# A new model's layer scales are 1e-6, which hides every branch; those of trained ones are not.
torch.save({name: torch.full_like(value, 0.1) if name.endswith(".gamma") else value for name, value in state.items()},
           "checkpoint.pt")
model, _, _ = load_clip(clip_model=f"open_clip:{NAME}/checkpoint.pt", use_jit=False, device="cpu")
picture = torch.rand(1, 3, 256, 256)


def difference():
    with torch.no_grad():
        one, other = model.encode_image(picture), model.encode_image(picture)
    return float((one - other).abs().max() / one.abs().max())


print(f"all_clip {version('all_clip')}, open_clip {open_clip.__version__}, torch {torch.__version__}, timm {timm.__version__}")
training, loaded = model.training, difference()
model.eval()
evaluated = difference()
print(f"  training mode as loaded: {training}; two passes over one picture differ by {loaded:.1%}, after eval() by {evaluated:.1%}")
if not (training and loaded > 0.001 and evaluated == 0):
    sys.exit("changed: expected training mode, a difference above 0.1 % as loaded and none after eval()")
PYTHON
