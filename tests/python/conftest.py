"""What the tests of the Python package share: a small model, pictures, and what the program `convnext` says of them."""
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
IMAGES = ROOT / "tests/golden/images"


def program(*arguments):
    """The program of the installed package."""
    done = subprocess.run([sys.executable, "-m", "convnext_cpp", *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def work(tmp_path_factory):
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="session")
def model_path(work):
    path = work / "model"
    program("synth", "--config", ROOT / "tests/golden/models/tiny_patch/config.json", "--seed", "1", "--output", path)
    return path


@pytest.fixture(scope="session")
def files():
    return sorted(str(path) for path in IMAGES.iterdir() if path.suffix in (".jpg", ".png", ".webp"))


@pytest.fixture(scope="session")
def rows(work, model_path, files):
    """infer's rows of `files`."""
    program("infer", "--model_path", model_path, "--image_path", *files, "--output", work / "rows.npy", "--no_log")
    return np.load(work / "rows.npy")


@pytest.fixture(scope="session")
def model(model_path):
    import convnext_cpp
    return convnext_cpp.load(model_path)


def run_program(arguments, **environment):
    """A Python process of its own."""
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=120, env={**os.environ, **environment})


def run_python(code, **environment):
    return run_program(["-c", code], **environment)
