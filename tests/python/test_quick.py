"""The main path: pictures in every form give infer's bits."""
import numpy as np
import pytest

from conftest import program


def test_paths_give_infers_rows(model, files, rows):
    assert np.array_equal(model.embed(files), rows)


@pytest.mark.parametrize("form", ["bytes", "bytearray", "memoryview", "pixels", "path", "generator", "tensor", "batch"])
def test_every_form_gives_the_same_bits(model, files, rows, form):
    data = open(files[0], "rb").read()
    tensor = model.preprocess(files[0])
    forms = {
        "bytes": data, "bytearray": bytearray(data), "memoryview": memoryview(data),
        "path": __import__("pathlib").Path(files[0]), "generator": (name for name in files[:1]),
        "tensor": tensor, "batch": tensor[None],
        "pixels": None,
    }
    if form == "pixels":
        image = pytest.importorskip("PIL.Image")
        forms["pixels"] = np.asarray(image.open(files[0]).convert("RGB"))
    assert np.array_equal(model.embed(forms[form]), rows[:1])


def test_preprocess_is_the_programs(model, files, work):
    program("preprocess", "--image_path", files[0], "--output", work / "prepared.npy")
    assert np.array_equal(model.preprocess(files[0])[None], np.load(work / "prepared.npy"))
    assert np.array_equal(model.preprocess(files[:1]), np.load(work / "prepared.npy"))


def test_the_program_comes_along(model_path):
    assert "convnext 0.1.0" in program("--version")
    assert "embedding" in program("inspect", "--model_path", model_path)
