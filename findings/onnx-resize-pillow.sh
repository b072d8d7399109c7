#!/usr/bin/env bash
# Guess:    ONNX's Resize, cubic with antialias=1 and Pillow's coefficient of -0.5, is Pillow's bicubic, for whose sake
#           antialias came into ONNX: https://github.com/onnx/onnx/pull/4126
# Happens:  It is not: pixels beyond the border repeat the last one, where Pillow leaves them out and shares their weight out
#           among the others. That takes exclude_outside=1, an attribute that came for TensorFlow's sake; alone it does not
#           help. With both the two agree to the last bits of float32.
#           PyTorch's exporter met the same: https://github.com/microsoft/onnxscript/pull/2916
# Versions: onnx 1.23.2, ONNX Runtime 1.32.0, Pillow 13.0.0, NumPy 2.4.6, protobuf 7.36.2.
# Matters:  Those who put the resizing of pictures into the ONNX file beside the model lose timm's pixels by several steps
#           of 256: with the right coefficient at the borders alone, where nobody looks.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$(dirname "$0")/../tools/python-env" "$work/env" onnx==1.23.2 onnxruntime==1.32.0 pillow==13.0.0 numpy==2.4.6 \
  protobuf==7.36.2 || exit 4
"$work/env/bin/python" - <<'EOF'
import sys

import numpy as np
import onnx
import onnxruntime
import PIL
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

SIDE = 20
PICTURE = np.random.default_rng(1).random((32, 32), np.float32)
EXPECTED = np.asarray(Image.fromarray(PICTURE).resize((SIDE, SIDE), Image.Resampling.BICUBIC))


def difference(attributes):
    """Largest difference from Pillow's float picture, whose values lie in [0, 1]."""
    node = helper.make_node("Resize", ["x", "", "", "sizes"], ["y"], mode="cubic", antialias=1, **attributes)
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 1, side, side]) for name, side in
            (("x", 32), ("y", SIDE)))
    sizes = numpy_helper.from_array(np.array([1, 1, SIDE, SIDE], np.int64), "sizes")
    graph = helper.make_graph([node], "resize", [x], [y], [sizes])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=9)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    resized = session.run(None, {"x": PICTURE[None, None]})[0][0, 0]
    off = np.abs(resized - EXPECTED)
    largest, inside = float(off.max()), float(off[4:-4, 4:-4].max())
    print(f"antialias=1 {attributes}: off by up to {largest * 255:.2g} steps of 8 bits, {inside * 255:.2g} away from the "
          "border")
    return largest, inside


print(f"onnx {onnx.__version__}, ONNX Runtime {onnxruntime.__version__}, Pillow {PIL.__version__}")
coefficient, border = {"cubic_coeff_a": -0.5}, {"exclude_outside": 1}
for attributes in ({}, border):
    if min(difference(attributes)) < 2 / 255:
        sys.exit("changed: without the coefficient it agrees with Pillow somewhere")
everywhere, inside = difference(coefficient)
if everywhere < 2 / 255 or inside > 1e-5:
    sys.exit("changed: with the coefficient it agrees at the border, or does not agree away from it")
if max(difference(coefficient | border)) > 1e-5:
    sys.exit("changed: with both attributes it does not agree with Pillow")
EOF
