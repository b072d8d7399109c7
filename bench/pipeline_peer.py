"""One peer that embeds a folder of pictures, in a process of its own (bench/pipeline starts it in a virtual environment):

    pipeline_peer.py PEER MODEL PICTURES EMBEDDINGS.npy BATCH THREADS WORKERS

PEER is dataloader (torch's DataLoader with timm's transform, then ONNX Runtime; MODEL is an ONNX file), timm (the same
with timm's own network; MODEL is a directory with model.safetensors), clip_retrieval (its own reader, mapper and writer;
MODEL is a checkpoint of open_clip), python (our package, of JPEG bytes; MODEL is a directory) or python_tensors (our package,
of as many prepared tensors as there are pictures). Prints one line of JSON: versions, pictures, and the seconds from the
first batch asked for to the last one written, without loading and warming up.
"""
import json
import pathlib
import sys
import time

import numpy as np

IMAGE_SIZE = 256
OPEN_CLIP = "convnext_base_w"  # the towers of convnext_base.clip_laion2b: 256x256, 640 numbers


def loaded_batches(pictures, batch, workers):
    """How many pictures there are, and torch's DataLoader over them with timm's transform."""
    import timm
    import torch
    from PIL import Image

    network = timm.create_model("convnext_base.clip_laion2b", pretrained=False)
    transform = timm.data.create_transform(**timm.data.resolve_model_data_config(network), is_training=False)

    class Pictures(torch.utils.data.Dataset):
        files = sorted(pathlib.Path(pictures).iterdir())

        def __len__(self):
            return len(self.files)

        def __getitem__(self, i):
            return transform(Image.open(self.files[i]).convert("RGB"))

    return len(Pictures.files), torch.utils.data.DataLoader(Pictures(), batch_size=batch, num_workers=workers)


def dataloader(model, pictures, output, batch, threads, workers):
    import onnxruntime
    import timm
    import torch

    torch.set_num_threads(threads)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    session.run(None, {name: np.zeros((batch, 3, IMAGE_SIZE, IMAGE_SIZE), np.float32)})
    count, loader = loaded_batches(pictures, batch, workers)
    start = time.perf_counter()
    rows = [session.run(None, {name: images.numpy()})[0] for images in loader]
    np.save(output, np.concatenate(rows))
    return {"seconds": time.perf_counter() - start, "pictures": count,
            "version": f"onnxruntime {onnxruntime.__version__}, torch {torch.__version__}, timm {timm.__version__}"}


def timm_network(model, pictures, output, batch, threads, workers):
    import timm
    import torch
    from safetensors.torch import load_file

    torch.set_num_threads(threads)
    network = timm.create_model("convnext_base.clip_laion2b", pretrained=False)
    network.load_state_dict(load_file(f"{model}/model.safetensors"))
    network.eval()
    count, loader = loaded_batches(pictures, batch, workers)
    with torch.inference_mode():
        network(torch.zeros(batch, 3, IMAGE_SIZE, IMAGE_SIZE))
        start = time.perf_counter()
        rows = [network(images).numpy() for images in loader]
    np.save(output, np.concatenate(rows))
    return {"seconds": time.perf_counter() - start, "pictures": count, "version": f"torch {torch.__version__}, timm {timm.__version__}"}


def python(model, pictures, output, batch, threads, workers):
    import convnext_cpp

    files = sorted(pathlib.Path(pictures).iterdir())
    with convnext_cpp.load(model, threads=threads) as network:
        network.embed(np.zeros((batch, 3, IMAGE_SIZE, IMAGE_SIZE), np.float32), batch_size=batch)
        start = time.perf_counter()
        np.save(output, network.embed((file.read_bytes() for file in files), batch_size=batch))
        return {"seconds": time.perf_counter() - start, "pictures": len(files), "version": f"convnext-cpp {convnext_cpp.__version__}"}


def python_tensors(model, pictures, output, batch, threads, workers):
    import convnext_cpp

    count = len(list(pathlib.Path(pictures).iterdir()))
    tensors = np.random.default_rng(1).standard_normal((count, 3, IMAGE_SIZE, IMAGE_SIZE), np.float32)
    with convnext_cpp.load(model, threads=threads) as network:
        network.embed(tensors[:batch], batch_size=batch)
        start = time.perf_counter()
        np.save(output, network.embed(tensors, batch_size=batch))
        return {"seconds": time.perf_counter() - start, "pictures": count, "version": f"convnext-cpp {convnext_cpp.__version__}"}


def clip_retrieval(model, pictures, output, batch, threads, workers):
    import torch
    from importlib.metadata import version
    from clip_retrieval.clip_inference.logger import LoggerWriter
    from clip_retrieval.clip_inference.mapper import ClipMapper
    from clip_retrieval.clip_inference.reader import FilesReader
    from clip_retrieval.clip_inference.runner import Runner
    from clip_retrieval.clip_inference.writer import NumpyWriter
    from all_clip import load_clip

    torch.set_num_threads(threads)
    folder = pathlib.Path(output).with_suffix(".clip")
    common = {"enable_text": False, "enable_image": True, "enable_metadata": False}
    load = {"clip_model": f"open_clip:{OPEN_CLIP}/{model}", "use_jit": False, "warmup_batch_size": batch, "clip_cache_path": None}
    network, preprocess, tokenizer = load_clip(**load)  # the one that the mapper gets, too
    network.eval()  # which neither it nor open_clip does: findings/all-clip-training-mode.sh
    runner = Runner(
        lambda sampler: FilesReader(sampler, preprocess, tokenizer, pictures, batch, workers, **common),
        lambda: ClipMapper(use_mclip=False, mclip_model=None, **common, **load),
        lambda i: NumpyWriter(partition_id=i, output_folder=str(folder), output_partition_count=1, **common),
        lambda i: LoggerWriter(partition_id=i, stats_folder=str(folder / "stats")), output_partition_count=1)
    start = time.perf_counter()
    runner(0)
    seconds = time.perf_counter() - start
    rows = np.load(next(folder.glob("img_emb/*.npy")))
    np.save(output, rows)
    return {"seconds": seconds, "pictures": len(rows),
            "version": f"clip-retrieval {version('clip-retrieval')}, open_clip {version('open_clip_torch')}, torch {torch.__version__}"}


def make_checkpoint(weights, output, model):
    """open_clip's checkpoint with our image tower (its text tower is as it was made, and not run), and a directory with the
    same weights for us: open_clip's head has no bias, timm's has one of zeros."""
    import open_clip
    import shutil
    import torch
    from safetensors.torch import load_file, save_file
    ours = load_file(weights)
    ours["head.fc.bias"] = torch.zeros_like(ours["head.fc.bias"])
    state = open_clip.create_model(OPEN_CLIP).state_dict()
    for name, tensor in ours.items():
        theirs = "visual.head.proj.weight" if name == "head.fc.weight" else f"visual.trunk.{name}"
        if theirs not in state and name != "head.fc.bias":
            sys.exit(f"open_clip's {OPEN_CLIP} has no {theirs}")
        if theirs in state:
            state[theirs] = tensor
    torch.save(state, output)
    pathlib.Path(model).mkdir()
    save_file(ours, f"{model}/model.safetensors")
    shutil.copy(pathlib.Path(weights).with_name("config.json"), model)


PEERS = {"dataloader": dataloader, "timm": timm_network, "clip_retrieval": clip_retrieval, "python": python,
         "python_tensors": python_tensors}


def main():
    if sys.argv[1] == "checkpoint":
        return make_checkpoint(*sys.argv[2:])
    peer, model, pictures, output, *numbers = sys.argv[1:]
    print(json.dumps(PEERS[peer](model, pictures, output, *map(int, numbers))))


if __name__ == "__main__":
    main()
