#!/usr/bin/env bash
# Guess:    Two runtimes that load the same ONNX file compute the same, or one of them says that it does not know an attribute.
# Happens:  OpenVINO's CPU plugin loads a Resize with antialias=1 and leaves the filter out: the output is that of antialias=0
#           bit for bit, linear and cubic. ONNX Runtime and ONNX's own reference filter. Nothing is said.
#           Reported for cubic: https://github.com/openvinotoolkit/openvino/issues/35893
# Versions: OpenVINO 2026.4.1, ONNX Runtime 1.32.0, onnx 1.23.2, protobuf 7.36.2, NumPy 2.4.6.
# Matters:  A model with its picture preparation in the file gets aliased pictures under one of two runtimes, and its
#           embeddings drift without an error. The pictures stay plausible, so that only numbers show it.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$(dirname "$0")/../tools/python-env" "$work/env" openvino==2026.4.1 onnxruntime==1.32.0 onnx==1.23.2 protobuf==7.36.2 \
  numpy==2.4.6 || exit 4
"$work/env/bin/python" - <<'EOP'
import sys

import numpy as np
import onnx
import onnxruntime
import openvino as ov
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

PICTURE = np.random.default_rng(1).random((1, 1, 32, 32), np.float32)
FLOAT32 = {"INFERENCE_PRECISION_HINT": "f32"}  # some CPUs would compute in bfloat16


def resize(mode, antialias):
    node = helper.make_node("Resize", ["x", "", "", "sizes"], ["y"], mode=mode, antialias=antialias)
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 1, side, side]) for name, side in
            (("x", 32), ("y", 16)))
    sizes = numpy_helper.from_array(np.array([1, 1, 16, 16], np.int64), "sizes")
    graph = helper.make_graph([node], "resize", [x], [y], [sizes])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    return model


def with_reference(model):
    return ReferenceEvaluator(model).run(None, {"x": PICTURE})[0]


def with_onnxruntime(model):
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": PICTURE})[0]


def with_openvino(model):
    core = ov.Core()
    return core.compile_model(core.read_model(model.SerializeToString()), "CPU", FLOAT32)(PICTURE)[0]


def apart(a, b):
    return float(np.abs(a - b).max())


print(f"OpenVINO {ov.__version__}, ONNX Runtime {onnxruntime.__version__}, onnx {onnx.__version__}")
for mode in ("linear", "cubic"):
    plain, filtered = resize(mode, 0), resize(mode, 1)
    if apart(with_openvino(plain), with_reference(plain)) > 1e-5:
        sys.exit(f"changed: without antialias OpenVINO does not compute {mode} as the reference does")
    changes = {run.__name__: apart(run(plain), run(filtered)) for run in (with_reference, with_onnxruntime, with_openvino)}
    print(f"{mode}: antialias=1 changes the output by up to", {name: f"{change:.2g}" for name, change in changes.items()})
    if apart(with_onnxruntime(filtered), with_reference(filtered)) > 1e-5 or changes["with_reference"] < 0.1:
        sys.exit("changed: ONNX Runtime and the reference do not filter alike")
    if changes["with_openvino"] != 0:
        sys.exit("changed: OpenVINO filters")
EOP
