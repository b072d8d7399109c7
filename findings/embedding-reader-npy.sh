#!/usr/bin/env bash
# Guess:    embedding_reader, which autofaiss and clip-retrieval read by, gives the rows that numpy.load gives of the .npy files
#           of a folder, or complains.
# Happens:  The type and the width of the first file count for all. A file of float32 behind one of float16, or of 8 numbers a
#           row behind one of 4, gives as many rows as it has, of other numbers, without a word; the other way round it is
#           refused. "fortran_order" is not looked at: rows that come from the columns of a pandas table are saved in that order,
#           and their numbers change places.
#           read_numpy_header() in https://github.com/rom1504/embedding-reader/blob/main/embedding_reader/numpy_reader.py
# Versions: embedding_reader 1.8.1, NumPy 2.4.6, pandas 2.3.3, PyArrow 26.0.1.
# Matters:  An index of wrong vectors is built without an error. Rows of two runs must not lie in one folder, which is why an
#           output of `convnext embed` has one data type, fixed by its plan, and files that the plan does not know are reported.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$(dirname "$0")/../tools/python-env" "$work/env" embedding_reader==1.8.1 numpy==2.4.6 pandas==2.3.3 pyarrow==26.0.1 || exit 4
cd "$work"
env/bin/python - 2>messages <<'EOF' || { cat messages >&2; exit 1; }
import importlib.metadata
import pathlib
import sys
import tempfile

import numpy as np
import pandas as pd
from embedding_reader import EmbeddingReader


def read(arrays):
    """The rows of all arrays, by embedding_reader and by NumPy, from one file each."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [pathlib.Path(folder, f"{number}.npy") for number in range(len(arrays))]
        for path, array in zip(paths, arrays):
            np.save(path, array)
        loaded = [np.load(path) for path in paths]
        reader = EmbeddingReader(folder, file_format="npy")
        rows = np.concatenate([batch for batch, _ in reader(batch_size=100, show_progress=False)])
    return rows, loaded


def check(title, arrays, expected):
    try:
        rows, loaded = read(arrays)
    except ValueError as error:
        seen, text = "refused", str(error.__cause__)
    else:
        same = rows.shape[1] == loaded[-1].shape[1] and np.array_equal(rows[-len(loaded[-1]):], loaded[-1])
        seen = "same" if same else "other numbers"
        text = f"the last of {len(rows)} rows is {rows[-1].tolist()}, by numpy.load {loaded[-1][-1].tolist()}"
    print(f"{title}: {seen}; {text}")
    if seen != expected:
        sys.exit(f"changed: {title}: {seen}; expected: {expected}")


print(*(f"{name} {importlib.metadata.version(name)}" for name in ("embedding_reader", "numpy", "pandas", "pyarrow")))
single = np.arange(1, 13, dtype=np.float32).reshape(3, 4) / 4  # exact in float16 as well
half, wide = single.astype(np.float16), np.tile(single, 2)
columns = pd.DataFrame({"x": single[:, 0], "y": single[:, 1]}).to_numpy()
check("float32, float32", [single, single], "same")
check("float16, float16", [half, half], "same")
check("float16, float32", [half, single], "other numbers")
check("float32, float16", [single, half], "refused")
check("4 wide, 8 wide", [single, wide], "other numbers")
check("8 wide, 4 wide", [wide, single], "refused")
check("columns of a table", [columns], "other numbers")
check("the same, np.ascontiguousarray", [np.ascontiguousarray(columns)], "same")
EOF
