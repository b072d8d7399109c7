"""Holds ONNX models of convnext export against embeddings: onnx.checker, shape inference, ONNX Runtime on the CPU.

    python tools/check_onnx.py --model m.onnx [m.b4.onnx ...] --input input.npy --reference embedding.npy [--threshold_pct 2e-4]

Input: float32 [N, 3, H, W]; reference: [N, embedding_dim]. The error of an image is max |error| / max |reference| in percent. A
model of a fixed batch gets the images in groups of it, the last one filled up with the first image; one of any batch gets them all
at once, in threes and one by one. Prints one line for each; exit code 1 if an error is above the threshold. Needs onnx and
onnxruntime.
"""

import argparse
import sys

import numpy as np
import onnx
import onnxruntime


def check_model(path):
    """The schema of every operator, and the shapes that follow from the input's: they must give the output's."""
    onnx.checker.check_model(path, full_check=True)
    model = onnx.load(path, load_external_data=False)
    declared = [value.type.SerializeToString(deterministic=True) for value in model.graph.output]
    for value in model.graph.output:
        value.type.tensor_type.ClearField("shape")
    inferred = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    for value, expected in zip(inferred.graph.output, declared):
        if value.type.SerializeToString(deterministic=True) != expected:
            raise ValueError(f"{value.name}: inferred as {value.type}, which is not what the model declares")
    known = {value.name for value in inferred.graph.value_info} | {value.name for value in inferred.graph.output}
    unknown = [name for node in model.graph.node for name in node.output if name not in known]
    if unknown:
        raise ValueError(f"no shape is inferred for {unknown[:3]}")


def run(session, images, batch):
    """The embeddings of all images, `batch` at a time."""
    name = session.get_inputs()[0].name
    rows = []
    for first in range(0, len(images), batch):
        group = images[first : first + batch]
        filled = np.concatenate([group, np.repeat(images[:1], batch - len(group), axis=0)])
        rows.append(session.run(None, {name: filled})[0][: len(group)])
    return np.concatenate(rows)


def errors_pct(embeddings, reference):
    errors = np.abs(embeddings.astype(np.float64) - reference).max(axis=1)
    return 100 * errors / np.abs(reference).max(axis=1)


def session_for(path, optimise):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    if not optimise:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def largest_error_pct(path, images, reference):
    """The largest error of the model, with ONNX Runtime's optimisations and without."""
    largest = 0.0
    for optimise in (True, False):
        session = session_for(path, optimise)
        fixed = session.get_inputs()[0].shape[0]
        for batch in [fixed] if isinstance(fixed, int) else sorted({1, 3, len(images)}):
            errors = errors_pct(run(session, images, batch), reference)
            kind = "optimised" if optimise else "as written"
            print(f"{path}, {kind}, batch {batch}: {len(images)} images, max error {errors.max():.3g} %")
            largest = max(largest, errors.max() if np.isfinite(errors).all() else np.inf)
    return largest


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, nargs="+")
    parser.add_argument("--input", required=True)
    parser.add_argument("--reference", required=True)
    parser.add_argument("--threshold_pct", type=float, default=2e-4)
    arguments = parser.parse_args()

    images = np.load(arguments.input)
    reference = np.load(arguments.reference).astype(np.float64)
    if len(images) == 0 or len(images) != len(reference):
        sys.exit(f"{len(images)} images and {len(reference)} reference embeddings")
    for path in arguments.model:
        check_model(path)
        error = largest_error_pct(path, images, reference)
        if not error <= arguments.threshold_pct:
            sys.exit(f"{path}: max error {error:.3g} %, allowed {arguments.threshold_pct:g} %")


if __name__ == "__main__":
    main()
