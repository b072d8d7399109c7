#!/usr/bin/env bash
# Guess:    onnx.save() reads the model that it is given. Saving one model in two ways gives two files with its weights.
# Happens:  With save_as_external_data=True it takes the weights out of the caller's model, which keeps a file name in their
#           place. A plain onnx.save() of that model into another folder succeeds and writes a few bytes that hold no
#           weights and point to a file that is not there.
# Versions: onnx 1.23.2, protobuf 7.36.2, NumPy 2.4.6.
# Matters:  Exporters write a model as one file and with its weights beside it, for tools that read one or the other. The
#           order of the two calls decides whether the second file is a model.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$(dirname "$0")/../tools/python-env" "$work/env" onnx==1.23.2 protobuf==7.36.2 numpy==2.4.6 || exit 4
"$work/env/bin/python" - "$work" <<'EOF'
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

WEIGHTS = np.arange(1000, dtype=np.float32)


def make_model():
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, WEIGHTS.shape) for name in ("x", "y")]
    node = helper.make_node("Mul", ["x", "w"], ["y"])
    graph = helper.make_graph([node], "scale", values[:1], values[1:], [numpy_helper.from_array(WEIGHTS, "w")])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])


def save(model, name, **options):
    """The file's size, and whether it can be loaded again with its weights."""
    path = pathlib.Path(sys.argv[1], name, "model.onnx")
    path.parent.mkdir()
    onnx.save(model, path, **options)
    try:
        whole = np.array_equal(numpy_helper.to_array(onnx.load(path).graph.initializer[0]), WEIGHTS)
    except onnx.checker.ValidationError as error:
        print(f"  {name}: {error}".replace(sys.argv[1], "..."))
        whole = False
    print(f"{name}: {path.stat().st_size} bytes, {'whole' if whole else 'without its weights'}; in memory "
          f"{len(model.graph.initializer[0].raw_data)} bytes of weights")
    return whole


print("onnx", onnx.__version__)
model = make_model()
beside = {"save_as_external_data": True, "location": "model.data", "size_threshold": 0}
seen = [save(model, "plain"), save(model, "beside", **beside), save(model, "plain-again")]
if seen != [True, True, False] or model.graph.initializer[0].raw_data:
    sys.exit(f"changed: the three files are whole: {seen}; expected True, True, False")
EOF
