"""What a user does first with the wheel, in a system that has nothing else (tests/python/wheels): embeddings of pictures equal
infer's bits, and the import takes at most so many milliseconds beyond NumPy's own."""
import pathlib
import statistics
import subprocess
import sys
import time


def seconds(code):
    """The median of five processes."""
    times = []
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def program(*arguments):
    subprocess.run([sys.executable, "-m", "convnext_cpp", *arguments], check=True, capture_output=True)


def main():
    import numpy as np

    program("synth", "--config", "/work/config.json", "--seed", "1", "--output", "/work/model")
    program("infer", "--model_path", "/work/model", "--image_path", "/work/pictures", "--output", "/work/rows.npy")

    import convnext_cpp
    model = convnext_cpp.load("/work/model")
    rows = model.embed(sorted(pathlib.Path("/work/pictures").iterdir()))
    expected = np.load("/work/rows.npy")
    assert rows.shape == expected.shape and (rows == expected).all(), "other bits than infer's"

    beyond = (seconds("import numpy, convnext_cpp") - seconds("import numpy")) * 1000
    print(f"Python {sys.version.split()[0]}: {len(rows)} pictures as infer; import {beyond:.0f} ms beside NumPy")
    assert beyond < float(sys.argv[1]), "the import takes too long"


if __name__ == "__main__":
    main()
