#!/usr/bin/env python3
"""Makes tests/data/configs/: model configs of all kinds, and what timm and open_clip make of each.

    python tests/data/make_configs.py    # timm 1.0.31, open_clip_torch 3.3.0, torch, torchvision, pillow 13.0.0

timm.json and open_clip.json are lists of {"name", "config" (the file's JSON, or text where it is none), "weights", "picture"} with
either "answer" (the transform that the library would use, sha256 of the float32 [3, H, W] tensor it gives for the picture, and the
float64 embedding of it) or "error" (the library's own word). "head" says which tensors the weights have. The weights are those of
`convnext synth`, of a small ConvNeXt: depths 1, 1, 1, 1 and dims 8, 16, 24, 32 (open_clip: timm's test_convnext2).
"""

import hashlib
import itertools
import json
import logging
import math
import pathlib
import random
import shutil
import tempfile
import warnings

import numpy
import open_clip
import safetensors.torch
import timm
import torch
from PIL import Image

warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)
torch.set_num_threads(1)
OUT = pathlib.Path(__file__).parent / "configs"
DEPTHS, DIMS, CLASSES, HIDDEN = [1, 1, 1, 1], [8, 16, 24, 32], 12, 20
ARGS = {"depths": DEPTHS, "dims": DIMS}
CLIP_MEAN, CLIP_STD = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]
FULL = {"input_size": [3, 64, 64], "interpolation": "bilinear", "crop_pct": 0.9, "crop_mode": "squash", "mean": CLIP_MEAN,
        "std": CLIP_STD}
PICTURES = ["wide.png", "tall.png"]
MASK = (1 << 64) - 1
TENSORS = []  # names (of open_clip) and shapes: the sets of weights that its cases have
OPEN_CLIP_NAMES = {"head.proj.": "head.fc.", "head.mlp.fc1.": "head.pre_logits.fc.", "head.mlp.fc2.": "head.fc."}


def make_pictures():
    generator = numpy.random.default_rng(20)
    for name, (height, width) in zip(PICTURES, [(43, 61), (90, 37)]):
        y, x = numpy.mgrid[0:height, 0:width]
        waves = numpy.stack([numpy.sin(x / (3 + c)) * numpy.cos(y / (5 - c)) for c in range(3)], -1) * 90 + 128
        pixels = numpy.clip(waves + generator.normal(0, 20, waves.shape), 0, 255).astype(numpy.uint8)
        Image.fromarray(pixels).save(OUT / name, optimize=True)


def synthetic(name, shape):
    """The rule of `convnext synth` (src/convnext/model/synthetic.cc), seed 0."""
    value = 0xCBF29CE484222325
    for byte in name.encode():
        value = (value ^ byte) * 0x100000001B3 & MASK
    with numpy.errstate(over="ignore"):
        z = numpy.uint64(value) + numpy.arange(1, math.prod(shape) + 1, dtype=numpy.uint64) * numpy.uint64(0x9E3779B97F4A7C15)
        z ^= z >> numpy.uint64(30)
        z *= numpy.uint64(0xBF58476D1CE4E5B9)
        z ^= z >> numpy.uint64(27)
        z *= numpy.uint64(0x94D049BB133111EB)
        z ^= z >> numpy.uint64(31)
    x = ((z >> numpy.uint64(40)).astype(numpy.int64) - (1 << 23)).astype(numpy.float64) / (1 << 23)
    if name.endswith(".gamma"):
        offset, scale = 0.3, 0.2
    elif name.endswith(".bias"):
        offset, scale = 0, 0 if name == "head.fc.bias" else 0.1
    elif len(shape) == 1:
        offset, scale = 1, 0.25
    else:
        offset, scale = 0, math.sqrt(3 / math.prod(shape[1:]))
    values = numpy.float64(numpy.float32(offset)) + numpy.float64(numpy.float32(scale)) * x
    return torch.from_numpy(values.astype(numpy.float32).reshape(shape))


def weights_of(head):
    """The tensors of the small timm model: "plain" has head.fc, "hidden" a layer before it, "none" neither."""
    arguments = {"plain": {}, "hidden": {"head_hidden_size": HIDDEN}, "none": {"num_classes": 0}}[head]
    model = timm.create_model("convnext_tiny", **{"num_classes": CLASSES, **ARGS, **arguments})
    return {name: synthetic(name, tuple(tensor.shape)) for name, tensor in model.state_dict().items()}


def text_of(config):
    return config if isinstance(config, str) else json.dumps(config)


def digest(tensor):
    return hashlib.sha256(tensor.numpy().astype("<f4").tobytes()).hexdigest()


def embed(model, tensor):
    with torch.no_grad():
        output = model.double().eval()(tensor.double()[None])[0]
    return output


def answer_of(transform, facts, model, case):
    tensor = transform(Image.open(OUT / case["picture"]).convert("RGB"))
    assert torch.isfinite(tensor).all(), "a tensor that is not finite"
    answer = {**facts, "size": list(tensor.shape[1:]), "tensor_sha256": digest(tensor)}
    if model is not None:
        output = embed(model, tensor)
        answer |= {"shape": list(output.shape), "embedding": output.flatten().tolist()}
    return answer


def ask_timm(case):
    with tempfile.TemporaryDirectory() as folder:
        safetensors.torch.save_file(weights_of(case["head"]), f"{folder}/model.safetensors")
        pathlib.Path(folder, "config.json").write_text(text_of(case["config"]))
        model = timm.create_model(f"local-dir:{folder}", pretrained=True)
    return answer_of(*timm_transform(model.pretrained_cfg), model, case)


def ask_timm_of_transform(case):
    """The transform of a config whose model is not small."""
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "config.json").write_text(text_of(case["config"]))
        cfg, _, _ = timm.models.load_model_config_from_path(folder)
    cfg = timm.models.PretrainedCfg(**cfg).to_dict()
    return answer_of(*timm_transform(cfg), None, case)


def timm_transform(pretrained_cfg):
    data = timm.data.resolve_data_config({}, pretrained_cfg=pretrained_cfg)
    transform = timm.data.create_transform(**data)
    return transform, {key: data[key] for key in ("interpolation", "crop_pct", "crop_mode", "mean", "std")}


def ask_open_clip(case):
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "open_clip_config.json").write_text(text_of(case["config"]))
        model, _, transform = open_clip.create_model_and_transforms(f"local-dir:{folder}")
    state = {}
    for name, tensor in model.visual.state_dict().items():
        timm_name = name.replace("trunk.", "")
        for ours, timms in OPEN_CLIP_NAMES.items():
            timm_name = timm_name.replace(ours, timms)
        state[name] = synthetic(timm_name, tuple(tensor.shape))
    model.visual.load_state_dict(state)
    shapes = {name: list(tensor.shape) for name, tensor in state.items()}
    if shapes not in TENSORS:
        TENSORS.append(shapes)
    case["tensors"] = TENSORS.index(shapes)
    return answer_of(transform, {}, model.visual, case)


def open_clip_config(vision, preprocess, **top):
    return {"model_cfg": {"embed_dim": CLASSES, "vision_cfg": {"timm_model_name": "test_convnext2", "image_size": 64, **vision},
                          "text_cfg": {"context_length": 8, "vocab_size": 50, "width": 16, "heads": 2, "layers": 1}},
            "preprocess_cfg": preprocess, **top}


def open_clip_cases():
    cases = []

    def add(name, config):
        cases.append({"name": name, "config": config, "picture": PICTURES[len(cases) % 2]})

    full = {"size": 64, "mode": "RGB", "mean": [0.4, 0.5, 0.6], "std": [0.2, 0.25, 0.3], "interpolation": "bilinear",
            "resize_mode": "squash", "fill_color": 7}
    for field in full:
        add(f"no {field}", open_clip_config({}, {k: v for k, v in full.items() if k != field}))
        add(f"only {field}", open_clip_config({}, {field: full[field]}))
        add(f"null {field}", open_clip_config({}, {**full, field: None}))
    add("empty preprocess_cfg", open_clip_config({}, {}))
    add("null preprocess_cfg", open_clip_config({}, None))
    without = open_clip_config({}, {})
    del without["preprocess_cfg"]
    add("no preprocess_cfg", without)
    for size, other, mode, interpolation in itertools.product(
            [64, [64, 96], [96, 64], [64, 64]], [None, 32, [48, 80]], ["shortest", "longest", "squash"], ["bicubic", "bilinear", "random"]):
        add(f"image_size {size}, size {other}, {mode}, {interpolation}",
            open_clip_config({"image_size": size}, {**full, "size": other, "resize_mode": mode, "interpolation": interpolation}))
    odd = {"mean": [0.5, [0.5], [], 0, None, [0, 0, 0], [0.1, 0.2], "x"], "std": [0.5, [0.5], [], 0, None, [0, 0, 0], "x"],
           "interpolation": ["", "nearest", "lanczos", "BICUBIC", 3], "resize_mode": ["", "longest", "shortest", "keep", 3],
           "mode": ["RGB", "L", None], "fill_color": [0, 128, 255, [1, 2, 3], 300, -4, None, "x"], "unknown": [1], "size": [[64], "64", [64, 64, 3]]}
    for field, values in odd.items():
        for value in values:
            add(f"{field} {json.dumps(value)}", open_clip_config({}, {**full, "resize_mode": "longest", field: value}))
    for key, values in {"image_size": [32, 33, 31, None, "64", [64], [64, 32, 3]], "timm_pool": ["", "avg", "max", "avgmax", "fast", "abs_attn", None],
                        "timm_proj": ["linear", "mlp", "", "none", None, "other"], "timm_proj_bias": [True, False],
                        "timm_drop": [0.5], "timm_drop_path": [0.1, None], "timm_model_pretrained": [False], "unknown": [1],
                        "timm_model_name": ["test_convnext2", "test_convnext2.r160_in1k", "no_such_model", None]}.items():
        for value in values:
            add(f"{key} {json.dumps(value)}", open_clip_config({key: value}, full))
    for projection, pool, bias in itertools.product(["linear", "mlp", "", "none"], ["avg", "max", ""], [False, True]):
        add(f"{projection or 'no'} projection, {pool or 'no'} pool, bias {bias}",
            open_clip_config({"timm_proj": projection, "timm_pool": pool, "timm_proj_bias": bias}, full))
    default = open_clip_config({}, full)
    del default["model_cfg"]["vision_cfg"]["image_size"]
    add("no image_size", default)
    no_width = open_clip_config({}, full)
    del no_width["model_cfg"]["embed_dim"]
    add("no embed_dim", no_width)
    return cases


def timm_config(pretrained, **top):
    return {"architecture": "convnext_tiny", "num_classes": CLASSES, "model_args": dict(ARGS), "pretrained_cfg": pretrained, **top}


def timm_cases():
    cases = []

    def add(name, config, head="plain"):
        cases.append({"name": name, "config": config, "head": head, "picture": PICTURES[len(cases) % 2]})

    fields = list(FULL)
    for count in range(len(fields) + 1):
        for kept in itertools.combinations(fields, count):
            add("only " + " ".join(kept), timm_config({key: FULL[key] for key in kept}))
    generator = random.Random(7)
    for i in range(40):
        kinds = [generator.choice(["value", "missing", "null"]) for _ in fields]
        cfg = {key: FULL[key] if kind == "value" else None for key, kind in zip(fields, kinds) if kind != "missing"}
        add(f"mixed {i}", timm_config(cfg))
    add("all null", timm_config({key: None for key in fields}))

    odd = {
        "crop_pct": [1, 1.0, 0.5, 0.875, 0.95, 1.25, 2, 0, 0.0, True, False, "0.9", [0.9], -1, 0.3333333333333333, 1e-9],
        "mean": [0.5, [0.5], [0.5, 0.5], [0, 0, 0], [0.5, 0.5, 0.5], [], 0, 0.0, "x", [1, 2, 3, 4], True, [0, 0, 1], [-0.2, 0.1, 1.5]],
        "std": [0.5, [0.5], [0.2, 0.2], [0, 0, 0], [0.5, 0.5, 0.5], [], 0, "x", [1, 1, 1], [-0.2, 0.2, 0.2], [1, 0, 1], 255],
        "input_size": [[3, 64, 96], [3, 96, 64], [3, 33, 47], [3, 256, 192], [1, 64, 64], [4, 64, 64], [64, 64], 64, [],
                       [3, 64.0, 64.0], "3,64,64", [3, 0, 0], [3, 31, 31], [3, 32, 32], [3, -64, 64], [3, 65, 64], [[3, 64, 64]],
                       [3, None, None], [3, 64]],
        "interpolation": ["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos", "", "random", "BICUBIC", "area", 3, [],
                          "nearest-exact"],
        "crop_mode": ["center", "squash", "border", "", "random", "Center", 5, [], False],
        "test_input_size": [[3, 96, 96], [3, 96, 64]], "min_input_size": [[3, 32, 32]], "fixed_input_size": [True, False],
        "test_crop_pct": [1.0, 0.5], "num_classes": [None, 3, 0, -1, CLASSES], "custom_load": [False],
        "tag": ["a b", "x[1]", "", None, 5, "\u6807\u7b7e", "clip_laion2b", "a.b", "a/b", "x" * 300],
        "label_offset": [0], "first_conv": ["stem.0", None], "classifier": ["head.fc", None, []], "pool_size": [[7, 7]],
        "license": ["mit"], "unknown_field": [1], "global_pool": ["max"], "hf_hub_id": ["timm/x"], "url": ["https://x"], "notes": [["x"]],
    }
    for field, values in odd.items():
        for value in values:
            add(f"{field} {json.dumps(value)[:40]}", timm_config({**FULL, field: value}))
            if field in FULL and isinstance(value, (str, list, float)):
                add(f"only {field} {json.dumps(value)[:40]}", timm_config({field: value, "input_size": [3, 40, 40]} if field != "input_size"
                                                                      else {field: value}))
    for mode, size, interpolation, pct in itertools.product(
            ["center", "squash", "border"], [[3, 48, 80], [3, 80, 48], [3, 64, 64]],
            ["nearest", "box", "hamming", "lanczos", "bicubic"], [0.875, 1.3]):
        add(f"{mode} {size[1]}x{size[2]} {interpolation} {pct}",
            timm_config({**FULL, "crop_mode": mode, "input_size": size, "interpolation": interpolation, "crop_pct": pct}))

    # Files of before model_args, which timm reads without them: the transform alone.
    older = {"architecture": "convnext_tiny", "num_classes": CLASSES, "num_features": 32}
    for kept in [fields, fields[:3], fields[3:], []]:
        add("older " + " ".join(kept), {**older, **{key: FULL[key] for key in kept}})
    add("older with labels", {**older, **FULL, "labels": ["a"] * CLASSES})
    add("older with a tag", {**older, **FULL, "tag": "clip_laion2b"})
    for top in [{"num_classes": None}, {"num_classes": 0}, {"num_classes": 3}, {"num_classes": -1}, {"num_classes": "12"},
                {"num_classes": 12.0}, {"global_pool": "max"}, {"global_pool": ""}, {"num_features": 5}, {"label_names": ["a"]},
                {"input_size": [3, 96, 96]}, {"mean": [0.1, 0.2, 0.3]}, {"crop_pct": 0.5}, {"unknown": 1},
                {"model_args": None}, {"model_args": {}}]:
        add(f"top {json.dumps(top)}", timm_config(dict(FULL), **top))
    missing = timm_config(dict(FULL))
    del missing["num_classes"]
    add("no num_classes", missing)
    add("num_classes in pretrained_cfg", {**missing, "pretrained_cfg": {**FULL, "num_classes": CLASSES}})
    add("num_classes in model_args", {**missing, "model_args": {**ARGS, "num_classes": CLASSES}})
    add("num_classes 0, no head", timm_config(dict(FULL), num_classes=0), "none")
    add("pretrained_cfg null", timm_config(None))
    add("pretrained_cfg a string", timm_config("x"))
    add("pretrained_cfg a list", timm_config([]))
    for text in ["{}", "[]", "null", "", "{", '{"architecture": "convnext_tiny"', "{'architecture': 1}", '"x"', "3"]:
        add(f"text {text}", text)
    for name in ["convnext_tiny.fb_in1k", "convnext_base.clip_laion2b", "convnext_tiny_in22k", "convnext_tiny_384_in22ft1k",
                 "convnext_base_in22ft1k", "convnext_xlarge_in22k", "ConvNeXt_Tiny", "convnext", "", None, 3, "resnet50",
                 "convnext_small", "convnext_large", "convnext_xlarge", "convnext_tiny.no_such_tag", "convnext_tiny.a b"]:
        add(f"architecture {name}", {**timm_config(dict(FULL)), "architecture": name})
    add("architecture convnext_xxlarge", {**timm_config(dict(FULL)), "architecture": "convnext_xxlarge"})

    for value in ["gelu", "gelu_tanh", "quick_gelu", "silu", "swish", "mish", "relu", "relu6", "leaky_relu", "elu", "celu", "selu",
                  "sigmoid", "tanh", "hard_sigmoid", "hard_swish", "hard_mish", "hardsigmoid", "hardswish", "identity", "GELU_Tanh",
                  "prelu", "nothing", "", None, 3]:
        add(f"act_layer {value}", timm_config(dict(FULL), model_args={**ARGS, "act_layer": value}))
    for value in ["gelu_tanh", "relu", "silu"]:
        add(f"hidden act_layer {value}",
            timm_config(dict(FULL), model_args={**ARGS, "act_layer": value, "head_hidden_size": HIDDEN}), "hidden")
    for pool in ["avg", "max", "avgmax", "catavgmax", "fast", "fastavg", "fastmax", "fastavgmax", "", None, "AVG", "nothing"]:
        add(f"global_pool {pool}", timm_config(dict(FULL), model_args={**ARGS, "global_pool": pool}))
        add(f"hidden global_pool {pool}",
            timm_config(dict(FULL), model_args={**ARGS, "global_pool": pool, "head_hidden_size": HIDDEN}), "hidden")
        add(f"no classes, global_pool {pool}",
            timm_config(dict(FULL), num_classes=0, model_args={**ARGS, "global_pool": pool}), "none")
    for key, values in {
            "norm_eps": [1e-5, 1e-3, 0.1, None, 0, "x"], "in_chans": [3, 1, None], "output_stride": [32, 16, None],
            "kernel_sizes": [7, [7, 7, 7, 7], [7, 5, 5, 3], 3], "ls_init_value": [1e-6, 0.5, None, 0], "patch_size": [4, 2],
            "stem_type": ["patch", "overlap"], "head_norm_first": [False, True], "conv_mlp": [False, True],
            "conv_bias": [True, False], "use_grn": [False, True], "norm_layer": [None, "layernorm", "layernorm2d", "rmsnorm", "simplenorm"],
            "drop_rate": [0.5], "drop_path_rate": [0.3], "head_init_scale": [0.1], "head_hidden_size": [None, 0],
            "img_size": [96, [96, 64]], "features_only": [False], "unknown": [1], "pretrained": [True], "scriptable": [True],
            "dims": [[8, 16, 24]], "depths": [[1, 1, 1, 1, 1], [2, 1, 1, 1]]}.items():
        for value in values:
            add(f"model_args {key} {json.dumps(value)}", timm_config(dict(FULL), model_args={**ARGS, key: value}))
    add("img_size fixed", timm_config({**FULL, "fixed_input_size": True}, model_args={**ARGS, "img_size": 96}))
    add("hidden", timm_config(dict(FULL), model_args={**ARGS, "head_hidden_size": HIDDEN}), "hidden")
    return cases


def run(cases, ask):
    for case in cases:
        try:
            case["answer"] = ask(case)
        except Exception as error:  # the library's own word
            case["error"] = f"{type(error).__name__}: {error}".split("\n")[0][:120].replace("/tmp/", "")
    return cases


def save(name, cases):
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    (OUT / name).write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    print(name, len(cases), "cases,", sum("answer" in case for case in cases), "with an answer")


def of_timm(case):
    is_older = isinstance(case["config"], dict) and "pretrained_cfg" not in case["config"]
    return ask_timm_of_transform(case) if is_older else ask_timm(case)


if __name__ == "__main__":
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir()
    make_pictures()
    save("timm.json", run(timm_cases(), of_timm))
    save("open_clip.json", run(open_clip_cases(), ask_open_clip))
    (OUT / "open_clip_tensors.json").write_text(json.dumps(TENSORS, indent=0) + "\n")
