#!/usr/bin/env bash
# Guess:    timm reads open_clip's ConvNeXts, so an image tower gives the same embeddings in both, or timm complains.
# Happens:  open_clip's projection may have a bias ("timm_proj_bias": true). timm takes the projection's weight, sets the bias
#           to zeros, and drops the one in the file, without a word and although it loads strictly. With the projection
#           "mlp" it takes the first layer's bias and drops the second's. Without "timm_proj_bias" the embeddings are the same.
#           checkpoint_filter_fn() in https://github.com/huggingface/pytorch-image-models/blob/main/timm/models/convnext.py
# Versions: timm 1.0.31, open_clip_torch 3.3.0, torch 2.15.0, torchvision 0.29.2, safetensors 0.8.0.
# Matters:  Every embedding is shifted by one vector, and cosines between them change. The reference for
#           these files is open_clip, not timm.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$(dirname "$0")/../tools/python-env" "$work/env" timm==1.0.31 open_clip_torch==3.3.0 torch==2.15.0 torchvision==0.29.2 \
  safetensors==0.8.0 || exit 4
cd "$work"
env/bin/python - <<'EOF'
import json
import logging
import pathlib
import sys

import open_clip
import timm
import torch
from safetensors.torch import save_file
from torch.nn.functional import cosine_similarity

WIDTH = 16


def make_clip(projection, bias):
    name = f"convnext-{projection}-{bias}"
    vision = {"timm_model_name": "test_convnext", "timm_pool": "avg", "timm_proj": projection, "timm_proj_bias": bias,
              "image_size": 64}
    text = {"context_length": 4, "vocab_size": 8, "width": 8, "heads": 2, "layers": 1}
    pathlib.Path(name + ".json").write_text(json.dumps({"embed_dim": WIDTH, "vision_cfg": vision, "text_cfg": text}))
    open_clip.add_model_config(name + ".json")
    return open_clip.create_model(name).eval()


def compare(projection, bias):
    """Whether timm's embeddings are open_clip's, or those less the bias in the file."""
    clip = make_clip(projection, bias)
    with torch.inference_mode():
        for value in clip.visual.parameters():
            value.copy_(0.2 * torch.randn(value.shape))
    tensors = clip.state_dict()
    save_file(tensors, "clip.safetensors")
    hidden = 2 * WIDTH if projection == "mlp" else None
    tower = timm.create_model("test_convnext", num_classes=WIDTH, head_hidden_size=hidden, pretrained=True,
                              pretrained_cfg_overlay={"file": "clip.safetensors", "num_classes": WIDTH}).eval()
    with torch.inference_mode():
        theirs, timms = clip.encode_image(pictures), tower(pictures)
    last = "visual.head.proj.bias" if projection == "linear" else "visual.head.mlp.fc2.bias"
    cosines = [cosine_similarity(*pair, dim=0).item() for pair in (theirs, timms)]
    print(f"  {projection}, {last if last in tensors else 'no bias'}: the embeddings differ by up to "
          f"{(theirs - timms).abs().max().item():.2g}; the cosine of two pictures is {cosines[0]:.4f} in open_clip, "
          f"{cosines[1]:.4f} in timm")
    close = {"rtol": 1e-4, "atol": 1e-4}
    if torch.allclose(theirs, timms, **close):
        return "same"
    if not tower.head.fc.bias.any() and torch.allclose(theirs - tensors[last], timms, **close):
        return "without the bias"
    return "otherwise"


logging.disable(logging.WARNING)  # open_clip's, that the weights are random
print(f"timm {timm.__version__}, open_clip {open_clip.__version__}, torch {torch.__version__}")
torch.manual_seed(1)
pictures = torch.randn(2, 3, 8, 8).repeat_interleave(8, 2).repeat_interleave(8, 3)
seen = [compare("linear", False), compare("linear", True), compare("mlp", False), compare("mlp", True)]
if seen != ["same", "without the bias"] * 2:
    sys.exit(f"changed: timm's embeddings are {seen}; expected the same, and without the bias, for both projections")
EOF
