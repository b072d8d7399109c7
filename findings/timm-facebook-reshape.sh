#!/usr/bin/env bash
# Guess:    timm loads a checkpoint strictly: a tensor of another shape than the model's is a "size mismatch". So a linear
#           layer's weight that another framework has stored as [inputs, outputs] is refused.
# Happens:  With timm's names it is refused. With Facebook's names timm reshapes every matrix outside the head to the model's
#           shape, so that its values land in other places, without a word. (It serves models with conv_mlp, whose weights
#           are [outputs, inputs, 1, 1].) The output is that of another model.
#           checkpoint_filter_fn() in https://github.com/huggingface/pytorch-image-models/blob/main/timm/models/convnext.py
# Versions: timm 1.0.31, torch 2.15.0, torchvision 0.29.2, safetensors 0.8.0.
# Matters:  Keras and Flax store a linear layer so, and a converter that forgets to transpose one goes unnoticed. That timm
#           has loaded a file strictly is no proof that its shapes fit.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$(dirname "$0")/../tools/python-env" "$work/env" timm==1.0.31 torch==2.15.0 torchvision==0.29.2 safetensors==0.8.0 || exit 4
cd "$work"
env/bin/python - <<'EOF'
import re
import sys

import timm
import torch
from safetensors.torch import save_file

WEIGHT = "stages.1.blocks.0.mlp.fc1.weight"
FACEBOOK = {r"^stem\.": "downsample_layers.0.", r"^stages\.(\d)\.downsample": r"downsample_layers.\1", r"\.blocks\.": ".",
            "conv_dw": "dwconv", r"mlp\.fc": "pwconv", r"^head\.norm": "norm", r"^head\.fc": "head"}


def facebook(name):
    for timms, theirs in FACEBOOK.items():
        name = re.sub(timms, theirs, name)
    return name


def load(what, state):
    save_file(state, "weights.safetensors")
    try:
        loaded = timm.create_model("test_convnext", pretrained=True, pretrained_cfg_overlay={"file": "weights.safetensors"})
    except RuntimeError as error:
        print(f"  {what}: {' '.join(str(error).split())}")
        return "refused"
    value = loaded.state_dict()[WEIGHT]
    with torch.inference_mode():
        apart = (loaded.eval()(picture) - output).abs().max().item()
    wrong = (value != right[WEIGHT]).float().mean().item()
    print(f"  {what}: loaded; {wrong:.0%} of the weight's values are others, the outputs (up to {output.abs().max().item():.2f}) "
          f"differ by up to {apart:.2g}")
    if not wrong and not apart:
        return "right"
    return "reshaped" if torch.equal(value.flatten(), right[WEIGHT].T.flatten()) else "otherwise"


print(f"timm {timm.__version__}, torch {torch.__version__}")
torch.manual_seed(1)
picture = torch.randn(1, 3, 64, 64)
model = timm.create_model("test_convnext").eval()
with torch.inference_mode():
    for value in model.parameters():
        value.copy_(0.2 * torch.randn(value.shape))
    output = model(picture)
right = model.state_dict()
turned = {**right, WEIGHT: right[WEIGHT].T.contiguous()}
print(f"{facebook(WEIGHT)}: {list(right[WEIGHT].shape)}, stored as {list(turned[WEIGHT].shape)}")
seen = [load("Facebook's names, the model's shapes", {facebook(name): value for name, value in right.items()}),
        load("timm's names, one weight transposed", turned),
        load("Facebook's names, one weight transposed", {facebook(name): value for name, value in turned.items()})]
if seen != ["right", "refused", "reshaped"]:
    sys.exit(f"changed: the three files are {seen}; expected right, refused, reshaped")
EOF
