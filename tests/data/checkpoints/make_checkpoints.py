#!/usr/bin/env python3
"""Makes what tests/checkpoint_test.cc reads: checkpoints as training leaves them, and the embeddings that they give.

    python make_checkpoints.py       (timm 1.0.31, open_clip 3.3.0, torch, safetensors, huggingface_hub; rewrites this folder)

base.safetensors   the tensors of a tiny timm ConvNeXt, float32
input.npy          a picture, normalised, float32 [1, 3, 64, 64]
cases.json         checkpoints: what the names of the tensors begin with; the rest of each name and which tensor of
                   base.safetensors it is (a "layout", shared by many); other tensors, whose values do not matter; the
                   embedding in float64 that the module gives which has this state_dict. A case with "refusal" must be
                   refused in these words.
config.json        timm's, for base.safetensors
dtypes/*           whole files: other data types. shards/*: whole folders, as huggingface_hub splits a model
files.json         the embeddings of these
heavy.npy          [2, 20] embeddings in float64 of tests/golden/models/tiny_patch/input.npy with that config, and weights
                   as `convnext synth --rule heavy --seed 3` makes them; heavy.json: the sha256 of every tensor

Every embedding comes from the module itself: timm's, open_clip's, or Facebook's, which is spelled out below.
"""
import copy
import hashlib
import json
import math
import os
import pathlib
import shutil
import tempfile

import huggingface_hub
import numpy as np
import open_clip
import safetensors.torch
import timm
import torch
import torch.nn.functional as F
from timm.models.convnext import ConvNeXt, checkpoint_filter_fn
from torch import nn

HERE = pathlib.Path(__file__).parent
GOLDEN = HERE.parent.parent / "golden"
DEPTHS, DIMS, CLASSES = (1, 2, 1, 1), (4, 6, 8, 10), 5
torch.manual_seed(21)
torch.set_num_threads(1)


@timm.models.register_model
def convnext_checkpoint_test(pretrained=False, **kwargs):
    """For open_clip, which takes a name alone."""
    arguments = {key: kwargs[key] for key in ("num_classes", "global_pool") if key in kwargs}
    model = ConvNeXt(depths=DEPTHS, dims=DIMS, **arguments)
    model.default_cfg = {"pool_size": (2, 2)}
    return model


def shake(module):
    """Every parameter far from its initial value, so that each of them shows in the embedding."""
    with torch.no_grad():
        for name, value in module.named_parameters():
            noise = torch.randn(value.shape)
            if name.endswith("gamma"):
                value.copy_(0.3 * noise)
            elif value.ndim == 1:
                value.copy_(0.2 * noise + (1 if name.endswith("weight") else 0))
            else:
                value.copy_(noise / math.sqrt(value[0].numel()))
    return module.eval()


def timm_model(classes=CLASSES, **arguments):
    return shake(timm.create_model("convnext_base", depths=DEPTHS, dims=DIMS, num_classes=classes, **arguments))


class FacebookBlock(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.dwconv = nn.Conv2d(dim, dim, 7, padding=3, groups=dim)
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        self.pwconv1 = nn.Linear(dim, 4 * dim)
        self.pwconv2 = nn.Linear(4 * dim, dim)
        self.gamma = nn.Parameter(torch.ones(dim))

    def forward(self, x):
        y = self.norm(self.dwconv(x).permute(0, 2, 3, 1))
        return x + (self.gamma * self.pwconv2(F.gelu(self.pwconv1(y)))).permute(0, 3, 1, 2)


class ChannelsFirstNorm(nn.LayerNorm):
    def forward(self, x):
        mean = x.mean(1, keepdim=True)
        x = (x - mean) / torch.sqrt((x - mean).pow(2).mean(1, keepdim=True) + self.eps)
        return self.weight[:, None, None] * x + self.bias[:, None, None]


class FacebookConvNeXt(nn.Module):
    """github.com/facebookresearch/ConvNeXt, models/convnext.py (MIT)."""

    def __init__(self, classes=CLASSES):
        super().__init__()
        stem = nn.Sequential(nn.Conv2d(3, DIMS[0], 4, 4), ChannelsFirstNorm(DIMS[0], eps=1e-6))
        self.downsample_layers = nn.ModuleList([stem] + [
            nn.Sequential(ChannelsFirstNorm(DIMS[i], eps=1e-6), nn.Conv2d(DIMS[i], DIMS[i + 1], 2, 2)) for i in range(3)])
        self.stages = nn.ModuleList(nn.Sequential(*[FacebookBlock(DIMS[i]) for _ in range(DEPTHS[i])]) for i in range(4))
        self.norm = nn.LayerNorm(DIMS[3], eps=1e-6)
        self.head = nn.Linear(DIMS[3], classes) if classes else nn.Identity()

    def forward(self, x):
        for downsample, stage in zip(self.downsample_layers, self.stages):
            x = stage(downsample(x))
        return self.head(self.norm(x.mean([-2, -1])))


def facebook_model(base, classes=CLASSES):
    """With the weights of timm's model, tensor by tensor as timm's own filter maps them."""
    model = FacebookConvNeXt(classes).eval()
    target, source = model.state_dict(), base.state_dict()
    for name in target:
        (mapped, value), = checkpoint_filter_fn({name: target[name]}, base).items()
        assert value.shape == source[mapped].shape
        target[name] = source[mapped].clone()
    model.load_state_dict(target)
    return model


def clip_model(base, custom_text=True, **vision):
    """open_clip's model around the weights of timm's; its projection, where it has one, is timm's classifier."""
    config = {"embed_dim": CLASSES, "custom_text": custom_text,
              "vision_cfg": {"timm_model_name": "convnext_checkpoint_test", "image_size": 64, **vision},
              "text_cfg": {"context_length": 4, "vocab_size": 8, "width": 8, "heads": 2, "layers": 1}}
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "convnext_checkpoint_test.json"
        path.write_text(json.dumps(config))
        open_clip.add_model_config(path)
        model = open_clip.create_model("convnext_checkpoint_test").eval()
    shake(model.visual)
    trunk, source = model.visual.trunk.state_dict(), base.state_dict()
    model.visual.trunk.load_state_dict({name: source[name] for name in trunk})
    with torch.no_grad():
        head = model.visual.head
        if hasattr(head, "proj"):
            head.proj.weight.copy_(source["head.fc.weight"])
            if head.proj.bias is not None:
                head.proj.bias.copy_(source["head.fc.bias"])
        if hasattr(head, "mlp"):
            for layer, name in ((head.mlp.fc1, "head.pre_logits.fc"), (head.mlp.fc2, "head.fc")):
                layer.weight.copy_(source[name + ".weight"])
                if layer.bias is not None:
                    layer.bias.copy_(source[name + ".bias"])
    return model


def nest(path, module):
    """A module that holds `module` under the dotted `path`."""
    for name in reversed(path.split(".")):
        outer = nn.Module()
        outer.add_module(name, module)
        module = outer
    return module


def embed(module, picture):
    with torch.inference_mode():
        return [float(x) for x in copy.deepcopy(module).double()(picture.double())[0]]


BASES = {}  # tensors of base.safetensors by their names there


def add_base(name, model):
    for key, value in model.state_dict().items():
        BASES[f"{name}/{key}"] = value.clone().contiguous()


def source_of(value, unused):
    """The tensor of base.safetensors that `value` is; None if it is another."""
    for name in unused:
        base = BASES[name]
        if base.shape == value.shape and base.dtype == value.dtype and torch.equal(base, value):
            return name
    return None


LAYOUTS = []


def case(name, state, embedding=None, **expected):
    known, other, unused = {}, {}, list(BASES)
    for key, value in state.items():
        source = source_of(value, unused)
        if source:
            unused.remove(source)
            known[key] = source
        else:
            dtype = {torch.float32: "F32", torch.int64: "I64", torch.bool: "BOOL"}[value.dtype]
            other[key] = [dtype, list(value.shape)]
    beginning = os.path.commonprefix(list(known))
    layout = {key[len(beginning):]: source for key, source in known.items()}
    if layout not in LAYOUTS:
        LAYOUTS.append(layout)
    return {"name": name, "beginning": beginning, "layout": LAYOUTS.index(layout), "other": other, "embedding": embedding,
            **expected}


def prefixed(prefix, state):
    return {prefix + key: value for key, value in state.items()}


def prefix_cases(base, truth):
    wrapped = {
        "plain": ("", base), "DataParallel": ("module.", nn.DataParallel(base)), "compiled": ("_orig_mod.", torch.compile(base)),
        "DataParallel of a compiled one": ("module._orig_mod.", nn.DataParallel(torch.compile(base))),
        "compiled DataParallel": ("_orig_mod.module.", torch.compile(nn.DataParallel(base))),
        "Sequential": ("0.", nn.Sequential(base)),
        "timm's EMA": ("module.", timm.utils.ModelEmaV3(base)),
    }
    paths = ["model", "net", "backbone", "trunk", "image_encoder", "base_model.model", "timm_model", "model.visual.trunk",
             "visual.trunk", "model.backbone", "encoder.image", "student", "模型", "a b.c-d", "stem", "stages", "head", "norm",
             "stages.0.blocks.0", "stem.0", "x" * 90, "model_ema.module", "downsample_layers"]
    wrapped.update({path: (path + ".", nest(path, base)) for path in paths})
    wrapped.update({f"DataParallel of a compiled {path}": (f"module._orig_mod.{path}.",
                    nn.DataParallel(torch.compile(nest(path, base)))) for path in ("model", "backbone", "model.visual.trunk")})
    for name, (prefix, module) in wrapped.items():
        naming = "open_clip" if prefix.endswith("trunk.") else "timm"
        state = module.state_dict()
        assert all(key.startswith(prefix) for key in state), (name, list(state)[:3])
        yield case(name, state, truth, naming=naming, prefix=prefix, others={})
    yield case("a checkpoint's dict, flattened", prefixed("state_dict.", base.state_dict()), truth, naming="timm",
               prefix="state_dict.", others={})


def facebook_cases(base, picture):
    model = facebook_model(base)
    truth = embed(model, picture)
    assert np.allclose(truth, embed(base, picture), rtol=1e-12, atol=1e-12)
    # timm reads these names without a prefix.
    again = timm_model()
    again.load_state_dict(checkpoint_filter_fn(model.state_dict(), again))
    assert np.allclose(embed(again, picture), truth, rtol=1e-12, atol=1e-12)
    for path in ("", "module", "model", "backbone", "module.model", "trunk"):
        prefix = path + "." if path else ""
        state = (nest(path, model) if path else model).state_dict()
        yield case(f"Facebook's names under '{prefix}'", state, truth, naming="facebook", prefix=prefix, others={})
    state = {**model.state_dict(), "norms.0.weight": torch.ones(4), "norms.0.bias": torch.ones(4),
             "projectors.clip.weight": torch.ones(3, 3)}
    yield case("Facebook's names beside EUPE's heads", state, truth, naming="facebook", prefix="",
               others={"norms.*": 2, "projectors.clip.weight": 1})
    without = facebook_model(timm_with(base, 0), 0)
    yield case("Facebook's names without a head", without.state_dict(), embed(without, picture), naming="facebook", prefix="",
               others={}, config=False)


def timm_with(base, classes):
    """The same trunk with another number of classes."""
    model = timm_model(classes)
    state = {k: v for k, v in base.state_dict().items() if classes or not k.startswith("head.fc.")}
    model.load_state_dict(state)
    return model


def clip_cases(base, mlp, picture):
    for custom_text in (True, False):
        for kind, bias in (("linear", False), ("linear", True), ("mlp", False), ("mlp", True), ("", False), ("none", False)):
            model = clip_model(mlp if kind == "mlp" else base, custom_text, timm_proj=kind, timm_proj_bias=bias)
            truth = embed(model.visual, picture)
            state = model.state_dict()
            others = sum(not key.startswith("visual.") for key in state)
            title = f"open_clip, projection '{kind}'{' with a bias' if bias else ''}, text tower {'apart' if custom_text else 'on top'}"
            yield case(title, state, truth, naming="open_clip", prefix="visual.trunk.", other_tensors=others, config=False)
            if not custom_text:
                continue
            for path in ("module", "model", "_orig_mod", "module._orig_mod.model"):
                yield case(f"{title}, under '{path}.'", nest(path, model).state_dict(), truth, naming="open_clip",
                           prefix=path + ".visual.trunk.", other_tensors=others, config=False)
            if kind:
                for path in ("", "image_encoder", "visual", "module.image_encoder"):
                    tower = nest(path, model.visual) if path else model.visual
                    prefix = path + "." if path else ""
                    yield case(f"{title}, the image tower alone under '{prefix}'", tower.state_dict(), truth,
                               naming="open_clip", prefix=prefix + "trunk.", other_tensors=0, config=False)


def beside_cases(base, truth):
    state = base.state_dict()
    beside = {
        "an optimizer": ({"optimizer.state.0.exp_avg": torch.ones(4), "optimizer.state.0.step": torch.tensor(3),
                          "lr_scheduler.last_epoch": torch.tensor(7)}, {"optimizer.*": 2, "lr_scheduler.last_epoch": 1}),
        "logit_scale": ({"logit_scale": torch.tensor(4.6)}, {"logit_scale": 1}),
        "another head": ({"aux_head.weight": torch.ones(3, 10), "aux_head.bias": torch.ones(3), "head.aux.weight": torch.ones(3)},
                         {"aux_head.*": 2, "head.aux.weight": 1}),
        "counters of batch norms": ({"projector.1.num_batches_tracked": torch.tensor(9), "projector.1.running_mean": torch.ones(3),
                                     "stages.0.blocks.0.norm.num_batches_tracked": torch.tensor(9)},
                                    {"projector.*": 2, "stages.0.blocks.0.norm.num_batches_tracked": 1}),
        "a mask": ({"mask": torch.ones(4, dtype=torch.bool)}, {"mask": 1}),
        "an average's counter": ({"n_averaged": torch.tensor(2)}, {"n_averaged": 1}),
    }
    for name, (extra, others) in beside.items():
        yield case("beside " + name, {**state, **extra}, truth, naming="timm", prefix="", others=others)
        prefix = "module.model."
        yield case(f"under '{prefix}' beside " + name, {**prefixed(prefix, state), **extra}, truth, naming="timm", prefix=prefix,
                   other_tensors=len(extra))
    yield case("trunk and a head of one's own", {**prefixed("trunk.", state), "head.weight": torch.ones(3, 10),
               "head.mlp.0.weight": torch.ones(3, 10)}, truth, naming="open_clip", prefix="trunk.", others={"head.*": 2})
    averaged = torch.optim.swa_utils.AveragedModel(base).state_dict()
    yield case("torch's AveragedModel", averaged, truth, naming="timm", prefix="module.", others={"n_averaged": 1})
    for prefix in ("ema.", "model_ema.module.", "exp_avg."):
        other = prefixed(prefix, timm_model().state_dict())
        yield case(f"plain beside a copy under '{prefix}'", {**state, **other}, truth, naming="timm", prefix="",
                   other_tensors=len(other), note=f'those without a prefix are used, not those with the prefix "{prefix}"')
    some = {key: value for key, value in prefixed("ema.", timm_model().state_dict()).items() if "stages.3" not in key}
    yield case("one whole and one in part", {**prefixed("model.", state), **some}, truth, naming="timm", prefix="model.",
               other_tensors=len(some), note='those with the prefix "model." are used, not those with the prefix "ema."')
    yield case("timm's and Facebook's names beside each other", {**prefixed("a.", state), **{
        key: value for key, value in prefixed("b.", facebook_model(timm_model()).state_dict()).items() if "norm" not in key}},
        truth, naming="timm", prefix="a.", note="more than one ConvNeXt")


def refused_cases(base, truth):
    state = base.state_dict()
    other = timm_model().state_dict()
    yield case("two copies, none plain", {**prefixed("state_dict.", state), **prefixed("state_dict_ema.", other)},
               refusal=['2 whole models, with the prefixes "state_dict.", "state_dict_ema."', "save the right one alone"])
    yield case("model and EMA", {**prefixed("model.", state), **prefixed("model_ema.module.", other)},
               refusal=['"model.", "model_ema.module."'])
    yield case("timm's and Facebook's, both whole", {**prefixed("a.", state), **prefixed("b.", facebook_model(timm_model()).state_dict())},
               refusal=['"a.", "b."'])
    without = {key: value for key, value in state.items() if key != "stages.1.blocks.1.gamma"}
    yield case("a missing tensor", without, refusal=["stages.1.blocks.1.gamma: missing; expected [6]"])
    yield case("a missing tensor under a prefix", prefixed("module.", without),
               refusal=["module.stages.1.blocks.1.gamma: missing; expected [6]"])
    yield case("a tensor under another prefix", {**without, "module.stages.1.blocks.1.gamma": state["stages.1.blocks.1.gamma"]},
               refusal=["missing; expected [6]", 'the file has "module.stages.1.blocks.1.gamma", but the other tensors have no prefix'])
    yield case("a tensor without the prefix",
               {**prefixed("module.", without), "stages.1.blocks.1.gamma": state["stages.1.blocks.1.gamma"]},
               refusal=["module.stages.1.blocks.1.gamma: missing", 'the file has "stages.1.blocks.1.gamma", but the other tensors have the prefix "module."'])
    head = {key: value for key, value in state.items() if key.startswith("head.fc.")}
    trunk = {key: value for key, value in state.items() if not key.startswith("head.fc.")}
    yield case("the head under another prefix", {**prefixed("backbone.", trunk), **head},
               refusal=["backbone.head.fc.weight: missing", 'the file has "head.fc.weight"'])
    stem = {key: value for key, value in state.items() if key.startswith("stem.")}
    rest = {key: value for key, value in state.items() if not key.startswith("stem.")}
    yield case("the stem under another prefix", {**prefixed("model.", rest), **stem}, refusal=["model.stem.0.weight: missing"])
    stage = {key: value for key, value in state.items() if key.startswith("stages.2.")}
    rest = {key: value for key, value in state.items() if not key.startswith("stages.2.")}
    yield case("a stage under another prefix", {**rest, **prefixed("module.", stage)}, refusal=['the file has "module.stages.2.', "but the other tensors have no prefix"])
    yield case("one block too many", {**state, **{key.replace("blocks.1", "blocks.3"): value for key, value in other.items() if "blocks.1" in key}},
               refusal=["stages.1.blocks.3.gamma: [6]; not expected"])
    yield case("a norm after the stem's", {**state, "stem.4.weight": torch.ones(4)}, refusal=["stem.4.weight: [4]; not expected"])
    yield case("a hidden layer in the head", {**state, "head.pre_logits.norm.weight": torch.ones(10)},
               refusal=["head.pre_logits.norm.weight: [10]; not expected"])
    yield case("open_clip's projection and timm's classifier", {**prefixed("visual.trunk.", state), "visual.head.proj.weight": torch.ones(5, 10)},
               refusal=["visual.trunk.head.fc.weight: [5, 10]; not expected"], config=False)
    yield case("open_clip's trunk with a classifier without its bias",
               prefixed("visual.trunk.", {key: value for key, value in state.items() if key != "head.fc.bias"}),
               refusal=["missing; expected [5]"], config=False)
    pool = {"visual.head.pool.qkv.weight": torch.ones(30, 10), "visual.head.pool.proj.weight": torch.ones(5, 10)}
    yield case("open_clip's attention pool", {**prefixed("visual.trunk.", trunk), **pool},
               refusal=["visual.head.pool.proj.weight: [5, 10]; not expected"], config=False)
    v2 = timm.create_model("convnextv2_nano", depths=DEPTHS, dims=DIMS, num_classes=CLASSES).state_dict()
    yield case("ConvNeXt V2 under a prefix", prefixed("module.", v2), refusal=["ConvNeXt V2 (GRN)"], config=False)
    names = {"torchvision": ["features.0.0.weight", "features.1.0.layer_scale"], "transformers": ["convnext.embeddings.patch_embeddings.weight"],
             "features_only": ["stem_0.weight", "stages_0.blocks.0.gamma"]}
    for library, keys in names.items():
        yield case(f"the names of {library}", {key: torch.ones(4) for key in keys}, refusal=[library], config=False)
    openmmlab = {key.replace("dwconv", "depthwise_conv").replace("pwconv", "pointwise_conv"): value
                 for key, value in prefixed("backbone.", facebook_model(base).state_dict()).items()}
    yield case("OpenMMLab's names", openmmlab, refusal=["OpenMMLab"], config=False)
    many = {}
    for i in range(40):
        many.update(prefixed(f"m{i:02}.", {"stem.0.weight": state["stem.0.weight"]}))
    yield case("forty stems", many, refusal=["more than 16 prefixes"], config=False)


def write_files(base, picture):
    """Whole files, as the libraries write them."""
    embeddings = {}
    state = base.state_dict()
    folder = HERE / "dtypes"
    folder.mkdir()
    for name, dtype in (("F64", torch.float64), ("F16", torch.float16), ("BF16", torch.bfloat16)):
        # Values between those of float32, which timm rounds when it loads them.
        wide = {key: value.double() * (1 + 2**-30) for key, value in state.items()}
        stored = {key: value.to(dtype) for key, value in (wide if name == "F64" else state).items()}
        safetensors.torch.save_file(stored, folder / f"{name}.safetensors")
        model = timm_model()
        model.load_state_dict(stored)
        embeddings[f"dtypes/{name}.safetensors"] = embed(model, picture)
    mixed = {key: value.to((torch.float64, torch.float32, torch.float16, torch.bfloat16)[i % 4]) for i, (key, value) in enumerate(state.items())}
    safetensors.torch.save_file(mixed, folder / "mixed.safetensors")
    model = timm_model()
    model.load_state_dict(mixed)
    embeddings["dtypes/mixed.safetensors"] = embed(model, picture)

    clip = clip_model(base)
    for name, module, tower in (("plain", base, base), ("prefix", nest("module.model", base), base), ("open_clip", clip, clip.visual)):
        folder = HERE / "shards" / name
        folder.mkdir(parents=True)
        huggingface_hub.save_torch_model(module, folder, max_shard_size=6000)
        assert (folder / "model.safetensors.index.json").exists()
        embeddings[f"shards/{name}"] = embed(tower, picture)
    (HERE / "files.json").write_text(json.dumps(embeddings, indent=1) + "\n")


def heavy(name, shape, seed):
    """`convnext synth --rule heavy`: the rule is at the top of src/convnext/model/synthetic.cc."""
    hashed = 0xCBF29CE484222325
    for byte in name.encode():
        hashed = ((hashed ^ byte) * 0x100000001B3) % 2**64
    n = math.prod(shape)
    with np.errstate(over="ignore"):
        z = np.uint64((hashed + seed) % 2**64) + np.arange(1, n + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    x = ((z >> np.uint64(40)).astype(np.int64) - 2**23) / 2**23
    if name.endswith(".gamma"):
        return (0.4 * (x * ((x * x) * (x * x)))).astype(np.float32).reshape(shape)
    if name == "head.fc.bias":
        offset, scale = np.float32(0), np.float32(0)
    elif name.endswith(".bias"):
        offset, scale = np.float32(0), np.float32(0.1)
    elif len(shape) < 2:
        offset, scale = np.float32(1), np.float32(0.25)
    else:
        offset, scale = np.float32(0), np.float32(math.sqrt(3 / math.prod(shape[1:])))
    offset, scale = np.float64(offset), np.float64(scale)
    height = 128 if ".mlp.fc2." in name else 16 if name.startswith("stem.1.") or ".downsample.1." in name else 1
    if offset != 0 and height == 1:
        return (offset + scale * x).astype(np.float32).reshape(shape)
    power = x
    for _ in range(5):
        power = power * power
    factor = np.where(np.arange(n) // (n // shape[0]) % 64 == 5, height, 1)
    return (offset + factor * ((scale / 3.9) * (x * (1 + 16 * power)))).astype(np.float32).reshape(shape)


def write_heavy(seed=3):
    config = json.loads((GOLDEN / "models/tiny_patch/config.json").read_text())
    model = timm.create_model(config["architecture"], num_classes=config["num_classes"], **config["model_args"]).eval()
    state = {key: torch.from_numpy(heavy(key, tuple(value.shape), seed)) for key, value in model.state_dict().items()}
    model.load_state_dict(state)
    picture = torch.from_numpy(np.load(GOLDEN / "models/tiny_patch/input.npy")).double()
    with torch.inference_mode():
        np.save(HERE / "heavy.npy", model.double()(picture).numpy())
    digests = {key: hashlib.sha256(value.numpy().tobytes()).hexdigest() for key, value in state.items()}
    (HERE / "heavy.json").write_text(json.dumps({"seed": seed, "tensor_sha256": digests}, indent=1) + "\n")


def write_config(base):
    with tempfile.TemporaryDirectory() as folder:
        timm.models.save_for_hf(base, folder, safe_serialization=True, model_args={"depths": DEPTHS, "dims": DIMS})
        shutil.copyfile(pathlib.Path(folder) / "config.json", HERE / "config.json")


def main():
    for name in ("dtypes", "shards"):
        shutil.rmtree(HERE / name, ignore_errors=True)
    picture = torch.randn(1, 3, 64, 64)
    np.save(HERE / "input.npy", picture.numpy())
    base, mlp = timm_model(), timm_model(head_hidden_size=2 * CLASSES)
    add_base("base", base)
    add_base("mlp", mlp)
    safetensors.torch.save_file(BASES, HERE / "base.safetensors")
    write_config(base)
    truth = embed(base, picture)
    cases = [*prefix_cases(base, truth), *facebook_cases(base, picture), *clip_cases(base, mlp, picture),
             *beside_cases(base, truth), *refused_cases(base, truth)]
    layouts, lines = (",\n  ".join(json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in rows)
                      for rows in (LAYOUTS, cases))
    (HERE / "cases.json").write_text(f'{{"layouts": [\n  {layouts}\n ],\n "cases": [\n  {lines}\n]}}\n')
    write_files(base, picture)
    write_heavy()
    print(len(cases), "cases")


if __name__ == "__main__":
    main()
