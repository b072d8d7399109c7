#!/usr/bin/env bash
# Guess:    A file with a model and its moving average (EMA) side by side, the average's names beginning with "module.", is
#           loaded by timm as one of the two, whole, or refused. The option is even called use_ema.
# Happens:  timm takes "module." (and "_orig_mod.") off every name. Where both then have the same name, the tensor that is
#           read later wins, without a word, and strict loading finds nothing missing. safetensors orders a file by type and
#           then by name, so that of two in float32 the head, whose names come before "module.", is the average's, and all
#           else is the model's. With one of the two in float16 that one wins whole. A .pth keeps the order of the dict.
#           clean_state_dict() in https://github.com/huggingface/pytorch-image-models/blob/main/timm/models/_helpers.py
# Versions: timm 1.0.31, torch 2.15.0, torchvision 0.29.2, safetensors 0.8.0.
# Matters:  Such a file holds two whole models, and timm's embeddings of it may be those of neither: no reference. The names are
#           those of timm's own ModelEmaV3.state_dict(). They keep the two apart in one dict, and safetensors has no dicts in
#           dicts, such as timm's trainer saves.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$(dirname "$0")/../tools/python-env" "$work/env" timm==1.0.31 torch==2.15.0 torchvision==0.29.2 safetensors==0.8.0 || exit 4
cd "$work"
env/bin/python - <<'EOF'
import sys

import safetensors
import timm
import torch
from safetensors.torch import save_file
from timm.utils import ModelEmaV3


def fill(module):
    """Values that float16 holds, so that each tensor can be told after the file's type."""
    with torch.no_grad():
        for value in module.parameters():
            value.copy_((0.2 * torch.randn(value.shape)).half())


def half(state):
    return {name: value.half() for name, value in state.items()}


def embed(module):
    with torch.inference_mode():
        return module.eval()(picture)


def parts(what, file, state):
    """How many tensors of the loaded model are the model's and the average's, and what the average's belong to."""
    (save_file if file.endswith(".safetensors") else torch.save)(state, file)
    loaded = timm.create_model("test_convnext", checkpoint_path=file)  # strict, with use_ema=True
    values = loaded.state_dict()
    own = [name for name in values if torch.equal(values[name], plain[name])]
    average = [name for name in values if torch.equal(values[name], averaged["module." + name])]
    where = sorted({name.split(".")[0] for name in average})
    output = embed(loaded)
    like = [name for name, other in (("model", model), ("average", ema.module)) if torch.equal(output, embed(other))]
    print(f"  {what}: {len(own)} tensors of the model, {len(average)} of the average {where}; its output is "
          f"{'that of the ' + like[0] if like else 'of neither'}")
    return len(own), len(average), where


print(f"timm {timm.__version__}, torch {torch.__version__}, safetensors {safetensors.__version__}")
torch.manual_seed(1)
picture = torch.randn(1, 3, 64, 64)
model = timm.create_model("test_convnext")
ema = ModelEmaV3(model)
fill(model)
fill(ema.module)
plain, averaged = model.state_dict(), ema.state_dict()
print(f"{len(plain)} tensors ({list(plain)[0]}), and as many of the average ({list(averaged)[0]})")
seen = [parts("safetensors, both float32", "32.safetensors", {**plain, **averaged}),
        parts("safetensors, the model float16", "model16.safetensors", {**half(plain), **averaged}),
        parts("safetensors, the average float16", "ema16.safetensors", {**plain, **half(averaged)}),
        parts(".pth, the average last", "ema-last.pth", {**plain, **averaged}),
        parts(".pth, the model last", "model-last.pth", {**averaged, **plain})]
everywhere = ["head", "stages", "stem"]
expected = [(97, 4, ["head"]), (101, 0, []), (0, 101, everywhere), (0, 101, everywhere), (101, 0, [])]
if seen != expected:
    sys.exit(f"changed: the five files are loaded as {seen}; expected {expected}")
EOF
