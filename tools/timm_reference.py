#!/usr/bin/env python3
"""Makes reference embeddings with timm, so that convnext can be compared with something other than itself.

Needs: pip install torch timm torchvision pillow safetensors
"""
import argparse
import contextlib
import dataclasses
import hashlib
import io
import json
import os
import platform
import sys

FORMAT = "convnext-reference-1"
MAX_PICTURES = 100_000  # convnext reads no more
PICTURE_EXTENSIONS = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp", ".gif", ".tif", ".tiff", ".avif", ".avifs", ".bmp", ".dib", ".ico",
                      ".pbm", ".pgm", ".ppm", ".pnm", ".jp2", ".j2k", ".j2c", ".jpc", ".jpf", ".jpx", ".qoi", ".tga")
# As convnext looks for them.
WEIGHTS = ("model.safetensors", "open_clip_model.safetensors", "open_clip_pytorch_model.safetensors")
SHARD_INDEX = ".index.json"
# The first tensor by the names of open_clip, its image tower alone, Facebook and timm.
FIRST_TENSORS = ("visual.trunk.stem.0.weight", "trunk.stem.0.weight", "downsample_layers.0.0.weight", "stem.0.weight")
FACEBOOK_MODULES = ("downsample_layers.", "stages.", "norm.", "head.")

EXAMPLES = """examples:
  python tools/timm_reference.py --model_path weights/convnext_base.clip_laion2b \\
      --image_path a.jpg b.png --output reference.npy
  python tools/timm_reference.py --model_path open_clip_model.safetensors \\
      --model_name convnext_base.clip_laion2b --image_path pictures/ --device cuda --output reference.npy
  convnext eval accuracy --model_path weights/convnext_base.clip_laion2b --image_path a.jpg b.png \\
      --reference reference.npy

exit codes: 0 done, 2 wrong use or input, 3 device unavailable, 4 system error"""

WRONG_USE, DEVICE_UNAVAILABLE, SYSTEM_ERROR = 2, 3, 4


def fail(message, exit_code=WRONG_USE):
    sys.stderr.write(f"timm_reference.py: error: {message}\n")
    sys.exit(exit_code)


def parse_arguments():
    parser = argparse.ArgumentParser(
        description="Embeds pictures with timm and writes FILE.npy [N, D] and, beside it, FILE.json, which says what\n"
        "was embedded with what: both are what 'convnext eval accuracy --reference FILE.npy' reads.",
        epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    parser.add_argument("--model_path", required=True, metavar="DIR_OR_FILE",
                        help="a directory with model.safetensors and timm's config.json, or a .safetensors file")
    parser.add_argument("--image_path", required=True, nargs="+", metavar="IMAGE",
                        help="pictures, directories (recursive, sorted), or FILE.npy with normalised float32 [N,3,H,W]")
    parser.add_argument("--exif_orientation", choices=("ignore", "apply"), default="ignore",
                        help="whether pictures are turned as their EXIF data say [ignore]")
    parser.add_argument("--output", required=True, metavar="FILE.npy")
    parser.add_argument("--device", default="cpu", help="cpu, cuda, cuda:K, npu or npu:K [cpu]")
    parser.add_argument("--dtype", choices=("float32", "float64"),
                        help="what timm computes in [float64; float32 on npu, which has no other]")
    parser.add_argument("--model_name", help="timm's name of the model, such as convnext_base.clip_laion2b [what config.json says]")
    return parser.parse_args()


def import_packages():
    """Late, so that --help and wrong use need none of them."""
    global np, PIL, safetensors, timm, torch, torchvision
    try:
        import numpy as np
        import PIL.Image
        import PIL.ImageOps
        import safetensors.torch
        import timm.data
        import timm.models.convnext
        import torch
        import torchvision
    except ImportError as error:
        fail(f"{error}; pip install torch timm torchvision pillow safetensors", SYSTEM_ERROR)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def read_bytes(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        fail(f"{path}: cannot read it: {error.strerror}")


# The model


def find_weights(model_path):
    if os.path.isfile(model_path):
        return model_path
    if not os.path.isdir(model_path):
        fail(f"{model_path}: no such file or directory; give a model's directory or its .safetensors file")
    candidates = [os.path.join(model_path, name + end) for end in ("", SHARD_INDEX) for name in WEIGHTS]
    found = next(filter(os.path.exists, candidates), None)
    return found or fail(f"{model_path}: no weights in this directory; expected {' or '.join(WEIGHTS[:2])}")


def read_config(weights):
    """timm's name of the architecture, its constructor's arguments and the pretrained_cfg, from config.json."""
    path = os.path.join(os.path.dirname(weights), "config.json")
    if not os.path.exists(path):
        fail(f"{path}: no such file; put timm's config.json there, or name the model: --model_name "
             "convnext_base.clip_laion2b")
    try:
        config = json.loads(read_bytes(path))
        architecture, arguments = config["architecture"], dict(config.get("model_args") or {})
        pretrained = dict(config.get("pretrained_cfg") or config)  # older configs are the pretrained_cfg
    except (ValueError, KeyError, TypeError) as error:
        fail(f"{path}: not a config.json of timm: {error!r}")
    arguments.setdefault("num_classes", config.get("num_classes"))
    known = {field.name for field in dataclasses.fields(timm.models.PretrainedCfg)}
    return architecture, arguments, {name: value for name, value in pretrained.items() if name in known}


def read_tensors(weights):
    """All tensors by their names, and the digest as convnext gives it: of shards, that of what sha256sum prints."""
    if not weights.endswith(SHARD_INDEX):
        data = read_bytes(weights)
        return safetensors.torch.load(data), sha256(data)
    tensors, lines = {}, ""
    for name in sorted(set(json.loads(read_bytes(weights))["weight_map"].values()), key=os.fsencode):
        if os.path.basename(name) != name:
            fail(f"{weights}: the shard {name!r}: expected the name of a file beside the index")
        data = read_bytes(os.path.join(os.path.dirname(weights), name))
        tensors.update(safetensors.torch.load(data))
        lines += f"{sha256(data)}  {name}\n"
    return tensors, sha256(lines.encode())


def timm_tensors(tensors, first, prefix, model):
    """The tensors under a prefix by timm's names."""
    part = {name[len(prefix):]: tensor for name, tensor in tensors.items() if name.startswith(prefix)}
    if first.startswith("trunk."):
        part = {"visual." + name: tensor for name, tensor in part.items()}
    if first.startswith("downsample_layers."):
        part = {name: tensor for name, tensor in part.items() if name.startswith(FACEBOOK_MODULES)}
    named = timm.models.convnext.checkpoint_filter_fn(part, model)
    for bias in ("visual.head.proj.bias", "visual.head.mlp.fc2.bias"):
        if bias in part:  # timm leaves it out
            named["head.fc.bias"] = part[bias]
    return {name: tensor for name, tensor in named.items() if name in model.state_dict()}


def find_model(tensors, model):
    """The tensors that timm's model needs, by timm's names, whatever prefix they have in the file."""
    places = {}
    for name in tensors:
        first = next((first for first in FIRST_TENSORS if name == first or name.endswith("." + first)), None)
        if first:
            prefix = name[:-len(first)]
            named = timm_tensors(tensors, first, prefix, model)
            if named.keys() == model.state_dict().keys():
                places[prefix] = named
    if len(places) != 1 and "" not in places:
        fail(f"{len(places)} prefixes with a whole model ({', '.join(map(repr, places))}), expected one")
    return places.get("") or next(iter(places.values()))


def make_model(weights, model_name):
    """timm's model, its name with the tag, and the SHA-256 of the weights."""
    if model_name:
        architecture, arguments, pretrained = model_name, {}, None
    else:
        architecture, arguments, pretrained = read_config(weights)
    try:
        model = timm.create_model(architecture, pretrained=False, pretrained_cfg=pretrained, **arguments)
        tensors, digest = read_tensors(weights)
        model.load_state_dict(find_model(tensors, model))
    except Exception as error:  # timm's, PyTorch's and safetensors' own kinds
        fail(f"{weights}: timm cannot make {architecture} of it: {str(error)[:500]}")
    tag = model.pretrained_cfg.get("tag")
    name = architecture if not tag or "." in architecture else f"{architecture}.{tag}"
    return model.eval(), name, digest


# The device


def open_device(name, dtype):
    """The device as PyTorch calls it, the type to compute in, and what to say about them."""
    kind = name.split(":")[0]
    if kind not in ("cpu", "cuda", "npu"):
        fail(f"--device {name}: expected cpu, cuda, cuda:K, npu or npu:K")
    if kind == "npu" and dtype == "float64":
        fail("--dtype float64: the NPU has no float64; leave --dtype out")
    dtype = dtype or ("float32" if kind == "npu" else "float64")
    versions = {}
    try:
        if kind == "cuda":
            versions = open_cuda(name)
        elif kind == "npu":
            versions = open_npu(name)
        device = torch.zeros(1, device=name).device  # with its index
    except Exception as error:
        fail(f"--device {name}: {error}", DEVICE_UNAVAILABLE)
    return device, getattr(torch, dtype), versions


def open_cuda(name):
    # Otherwise float32 convolutions would be computed with 10 bits.
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    return {"cuda": str(torch.version.cuda), "gpu": torch.cuda.get_device_name(name)}


def open_npu(name):
    import torch_npu
    torch.npu.conv.allow_hf32 = torch.npu.matmul.allow_hf32 = False
    return {"torch_npu": torch_npu.__version__, "npu": torch.npu.get_device_name(name)}


def package_versions():
    return {"python": platform.python_version(), "timm": timm.__version__, "torch": torch.__version__,
            "torchvision": torchvision.__version__, "pillow": PIL.__version__, "numpy": np.__version__}


# The pictures


def pictures_under(directory):
    found = [os.path.join(folder, name) for folder, _, names in os.walk(directory) for name in names
             if name.lower().endswith(PICTURE_EXTENSIONS)]
    return sorted(found, key=os.fsencode) or fail(f"{directory}: no pictures (by their names) in this directory")


def find_files(paths):
    lists = [pictures_under(path) if os.path.isdir(path) else [path] for path in paths]
    return [path for paths in lists for path in paths]


def decode(path, data, transform, turn):
    """What timm's loader makes of a picture: float32 [3, H, W]."""
    try:
        picture = PIL.Image.open(io.BytesIO(data))
        return transform((PIL.ImageOps.exif_transpose(picture) if turn else picture).convert("RGB")).numpy()
    except PIL.UnidentifiedImageError:
        fail(f"{path}: not a picture that Pillow can read")
    except Exception as error:  # Pillow raises many kinds for damaged files
        fail(f"{path}: {error}")


def read_normalised(path, data):
    try:
        array = np.load(io.BytesIO(data), allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        fail(f"{path}: not a .npy file: {error}")
    if array.dtype != np.dtype("<f4") or array.ndim != 4 or array.shape[0] < 1 or array.shape[1] != 3:
        fail(f"{path}: {array.dtype} {list(array.shape)}; expected normalised pictures, float32 [N, 3, height, width]")
    if not np.isfinite(array).all():
        fail(f"{path}: contains NaN or infinity")
    return array


def read_inputs(paths, transform, turn):
    """Yields each picture's [3, H, W] and what FILE.json says about it."""
    for path in paths:
        data = read_bytes(path)
        pictures = read_normalised(path, data) if path.endswith(".npy") else [decode(path, data, transform, turn)]
        name = os.fsencode(os.path.basename(path)).decode("utf-8", "backslashreplace")
        for picture in pictures:
            picture = np.ascontiguousarray(picture, dtype="<f4")
            yield picture, {"name": name, "file_sha256": sha256(data), "tensor_sha256": sha256(picture.tobytes()),
                            "shape": list(picture.shape)}


def embed(model, device, dtype, inputs):
    """One picture at a time, so that no picture's numbers hang on another's."""
    model = model.to(device=device, dtype=dtype)
    rows, facts = [], []
    with torch.inference_mode():
        for picture, fact in inputs:
            if len(rows) == MAX_PICTURES:
                fail(f"more than {MAX_PICTURES} pictures; make several references")
            row = model(torch.from_numpy(picture)[None].to(device=device, dtype=dtype))[0].cpu().numpy()
            if not np.isfinite(row).all():
                fail(f"{fact['name']}: the embedding is not finite: the model overflows on this picture")
            rows.append(row)
            facts.append(fact)
    return np.stack(rows), facts


# The output


def check_output(path):
    """Where FILE.json will lie. No other JSON file, such as a model's config.json, is overwritten."""
    stem, extension = os.path.splitext(path)
    if extension != ".npy":
        fail(f"--output {path}: expected FILE.npy")
    facts = stem + ".json"
    if os.path.exists(facts) and FORMAT.encode() not in read_bytes(facts):
        fail(f"{facts}: exists, and is not from an earlier run; choose another --output")
    try:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        write_whole(path + ".tmp", b"")
        os.unlink(path + ".tmp")
    except OSError as error:
        fail(f"{path}: cannot write it: {error.strerror}", SYSTEM_ERROR)
    return facts


def write_whole(path, data):
    """The file is there whole or as it was."""
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        with open(temporary, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def npy_bytes(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def json_text(facts):
    """One line for each field and each picture."""
    fields = [f'"{name}": {json.dumps(value)}' for name, value in facts.items() if name != "inputs"]
    inputs = ",\n  ".join(map(json.dumps, facts["inputs"]))
    return "{\n " + ",\n ".join([*fields, f'"inputs": [\n  {inputs}\n ]']) + "\n}\n"


def main():
    arguments = parse_arguments()
    facts_path = check_output(arguments.output)
    files = find_files(arguments.image_path)
    if os.path.realpath(arguments.output) in map(os.path.realpath, files):
        fail(f"--output {arguments.output}: is one of the pictures")
    import_packages()
    device, dtype, device_versions = open_device(arguments.device, arguments.dtype)
    weights = find_weights(arguments.model_path)
    model, name, weights_sha256 = make_model(weights, arguments.model_name)
    transform = timm.data.create_transform(**timm.data.resolve_data_config({}, model=model), is_training=False)
    embeddings, inputs = embed(model, device, dtype, read_inputs(files, transform, arguments.exif_orientation == "apply"))
    npy = npy_bytes(embeddings)
    facts = {"format": FORMAT, "model": name, "device": str(device), "dtype": str(embeddings.dtype),
             "weights_sha256": weights_sha256, "embeddings_sha256": sha256(npy),
             "versions": {**package_versions(), **device_versions}, "inputs": inputs}
    try:
        write_whole(arguments.output, npy)
        write_whole(facts_path, json_text(facts).encode())
    except OSError as error:
        fail(f"{arguments.output}: cannot write it: {error.strerror}", SYSTEM_ERROR)
    print(f"{name} on {device}, {embeddings.dtype}: {embeddings.shape[0]} x {embeddings.shape[1]} numbers\n"
          f"wrote {arguments.output}\nwrote {facts_path}")


if __name__ == "__main__":
    main()
