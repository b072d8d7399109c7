"""One peer, timed in a process of its own (bench/peers starts it in a virtual environment):

    peer.py PEER MODEL INPUT.npy EMBEDDINGS.npy BATCHES RUNS THREADS

MODEL is an ONNX file with an open batch, for PyTorch a .safetensors file with the weights. Prints one line of JSON:
version, load_seconds, first_run_seconds, peak_rss_bytes, times (seconds of each run by batch size). The embeddings of the
inputs (float32 [N, 3, H, W]), each computed alone, are written to EMBEDDINGS.npy.
"""
import json
import resource
import sys
import time

import numpy as np


def onnx_runtime(model, threads):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return onnxruntime.__version__, lambda images: session.run(None, {name: images})[0]


def openvino(model, threads, precision="f32"):
    import openvino
    compiled = openvino.Core().compile_model(model, "CPU", {
        "INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "LATENCY"})
    request = compiled.create_infer_request()
    # The result is copied, as the embeddings of every other side are the caller's own.
    return openvino.__version__, lambda images: request.infer({0: images})[0].copy()


def pytorch(model, threads, dtype="float32"):
    import timm
    import torch
    from safetensors.torch import load_file
    torch.set_num_threads(threads)
    network = timm.create_model("convnext_base.clip_laion2b", pretrained=False)
    network.load_state_dict(load_file(model))
    network = network.eval().to(getattr(torch, dtype)).to(memory_format=torch.channels_last)

    def run(images):
        with torch.inference_mode():
            return network(torch.from_numpy(images).to(getattr(torch, dtype))).float().numpy()
    return torch.__version__, run


PEERS = {
    "onnxruntime": onnx_runtime,
    "openvino": openvino,
    "openvino-bfloat16": lambda model, threads: openvino(model, threads, "bf16"),
    "pytorch": pytorch,
    "pytorch-bfloat16": lambda model, threads: pytorch(model, threads, "bfloat16"),
}


def timed(run, *arguments):
    start = time.perf_counter()
    result = run(*arguments)
    return time.perf_counter() - start, result


def main():
    peer, model, input_path, output_path, batches, runs, threads = sys.argv[1:]
    inputs = np.load(input_path)
    load_seconds, (version, run) = timed(PEERS[peer], model, int(threads))
    first_run_seconds, _ = timed(run, inputs[:1])
    times = {}
    # The peak of batch 1 is read before a larger batch raises it.
    peak = {}
    for batch in map(int, batches.split(",")):
        images = np.ascontiguousarray(inputs[np.arange(batch) % len(inputs)])
        run(images)
        times[batch] = [timed(run, images)[0] for _ in range(int(runs))]
        peak[batch] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    np.save(output_path, np.concatenate([run(inputs[i:i + 1]) for i in range(len(inputs))]))
    print(json.dumps({"version": version, "load_seconds": load_seconds, "first_run_seconds": first_run_seconds,
                      "peak_rss_bytes": peak, "times": times}))


if __name__ == "__main__":
    main()
