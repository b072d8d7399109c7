#!/usr/bin/env bash
# Guess:    safetensors.numpy.save() writes the array that it is given, or refuses it, as safetensors.torch does with tensors
#           that are not contiguous.
# Happens:  0.8.0 writes the memory of a transposed array as it lies there, under the transposed shape, without a word: the
#           values come back in other places. 0.7.0 writes it right.
#           Reported upstream: https://github.com/safetensors/safetensors/issues/825
# Versions: safetensors 0.7.0 and 0.8.0, NumPy 2.4.6.
# Matters:  Weights are often transposed on their way into a file (a linear layer's for a matrix product). Every shape fits
#           afterwards, so that no loader can notice.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
check() {  # version, whether a transposed array comes back as it was
  "$(dirname "$0")/../tools/python-env" "$work/$1" "safetensors==$1" numpy==2.4.6 || exit 4
  "$work/$1/bin/python" - "$2" <<'EOF'
import sys

import numpy as np
import safetensors
from safetensors.numpy import load, save

weight = np.arange(6, dtype=np.float32).reshape(2, 3)
plain = load(save({"weight": weight}))["weight"]
transposed = load(save({"weight": weight.T}))["weight"]
print(f"safetensors {safetensors.__version__}: saved {weight.T.tolist()}, loaded {transposed.tolist()}")

right = "right" if np.array_equal(transposed, weight.T) else "wrong"
if not np.array_equal(plain, weight) or transposed.shape != (3, 2):
    sys.exit("changed: an array in C order no longer comes back, or the shape does not")
if right != sys.argv[1]:
    sys.exit(f"changed: a transposed array comes back {right}; expected {sys.argv[1]}")
if right == "wrong" and not np.array_equal(transposed.ravel(), weight.ravel()):
    sys.exit("changed: what comes back is not the memory of the array before it was transposed")
EOF
}
check 0.7.0 right
check 0.8.0 wrong
