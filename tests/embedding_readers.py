"""What others read of an output of `convnext embed`, compared with what `convnext merge` makes of it.

Usage: embedding_readers.py numpy|embedding_reader|autofaiss|clip_index OUT MERGED.npy MERGED.jsonl
Prints a line of JSON: how many files and rows were read. Any difference ends it with a traceback.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

# For any number of rows autofaiss wants the second to be more than the first.
MEMORY = {"max_index_memory_usage": "100M", "current_memory_available": "1G"}


def same_bits(one, other):
    return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()


def read_numpy(out, merged, _):
    files = sorted((out / "img_emb").iterdir())
    arrays = [np.load(path, mmap_mode="r") for path in files]
    assert all(isinstance(array, np.memmap) for array in arrays)
    assert same_bits(np.concatenate(arrays), merged)
    return {"files": len(files), "empty": sum(len(array) == 0 for array in arrays), "rows": len(merged)}


def read_embedding_reader(out, merged, metadata):
    """The same rows, as float32, and in the order of their metadata."""
    from embedding_reader import EmbeddingReader

    reader = EmbeddingReader(str(out / "img_emb"), file_format="npy")
    rows = [batch for batch, _ in reader(batch_size=3, show_progress=False)]
    assert same_bits(np.concatenate(rows), merged.astype(np.float32))
    assert (reader.count, reader.dimension) == merged.shape
    assert reader.byte_per_item == merged.dtype.itemsize * merged.shape[1]
    lines = []
    headers = reader.reader.headers
    for name, count in zip(headers["filename"], headers["count"]):
        number = pathlib.Path(name).stem.removeprefix("img_emb_")
        part = (out / f"metadata/metadata_{number}.jsonl").read_bytes().splitlines(keepends=True)
        assert len(part) == count
        lines += part
    assert b"".join(lines) == metadata.read_bytes()
    return {"files": len(headers), "rows": int(reader.count)}


def check_index(path, merged):
    """The index holds each row as it is, and a search finds the row itself."""
    import faiss

    rows = np.ascontiguousarray(merged, np.float32)
    index = faiss.read_index(str(path))
    assert index.ntotal == len(rows)
    _, found = index.search(rows, 1)
    assert found[:, 0].tolist() == list(range(len(rows)))
    assert same_bits(index.reconstruct_n(0, len(rows)), rows)
    return {"rows": index.ntotal}


def read_autofaiss(out, merged, _):
    from autofaiss import build_index

    with tempfile.TemporaryDirectory() as work:
        build_index(str(out / "img_emb"), index_path=f"{work}/knn.index", index_infos_path=f"{work}/infos.json",
                    nb_cores=1, **MEMORY)
        return check_index(f"{work}/knn.index", merged)


def read_clip_index(out, merged, _):
    """`clip-retrieval index`, whose file is run by itself: the package imports torch and CLIP for its other commands."""
    script = next(pathlib.Path(path, "clip_retrieval/clip_index.py") for path in sys.path if path.endswith("site-packages"))
    with tempfile.TemporaryDirectory() as work:
        command = [sys.executable, script, "--embeddings_folder", out, "--index_folder", work, "--nb_cores", "1"]
        for name, value in MEMORY.items():
            command += [f"--{name}", value]
        subprocess.run(command, check=True, stdout=sys.stderr)
        # It does not look into the metadata and copies the folder. `clip-retrieval back`, which would want Parquet, is not tried.
        for path in (out / "metadata").iterdir():
            assert (pathlib.Path(work) / "metadata" / path.name).read_bytes() == path.read_bytes()
        return check_index(f"{work}/image.index", merged)


if __name__ == "__main__":
    read = {"numpy": read_numpy, "embedding_reader": read_embedding_reader, "autofaiss": read_autofaiss,
            "clip_index": read_clip_index}[sys.argv[1]]
    out, merged, metadata = map(pathlib.Path, sys.argv[2:])
    json.dump(read(out, np.load(merged), metadata), sys.stdout)
