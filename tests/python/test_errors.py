"""Wrong use and bad pictures: what was found, what was expected; nothing is lost."""
import pickle

import numpy as np
import pytest

import convnext_cpp
from convnext_cpp import ConvnextError, ModelError, PictureError


@pytest.mark.parametrize("x, text", [
    (np.zeros((8, 8, 3)), r"an array of float64 \[8, 8, 3\]: expected uint8 \[H, W, 3\]"),
    (np.zeros((8, 8), np.uint8), r"an array of uint8 \[8, 8\]"),
    (np.zeros((2, 4, 8, 8), np.float32), r"an array of float32 \[2, 4, 8, 8\]"),
    (5, "int: expected a path, bytes"),
    ({"a": 1}, "dict: expected a path, bytes"),
    (["a.jpg", None], "picture 1: NoneType"),
])
def test_wrong_types_name_what_was_expected(model, x, text, files):
    if isinstance(x, list):
        x = [files[0], None]
    with pytest.raises(TypeError, match=text):
        model.embed(x)


def test_a_bad_picture_raises_with_its_index(model, files):
    with pytest.raises(PictureError, match="picture 1: bytes: not a picture") as raised:
        model.embed([files[0], b"no picture", files[1]])
    assert raised.value.index == 1 and raised.value.code == "invalid" and raised.value.kind
    with pytest.raises(PictureError, match="nowhere.jpg"):
        model.embed("nowhere.jpg")
    with pytest.raises(PictureError, match="10x10"):
        model.embed(np.zeros((3, 10, 10), np.float32))
    with pytest.raises(PictureError):
        model.preprocess([files[0], b""])


def test_bad_pictures_can_be_left_out(model, files, rows):
    pictures = [b"", files[0], None, files[1], "nowhere.jpg"]
    failures = []
    assert np.array_equal(model.embed(pictures, on_error="skip", failures=failures), rows[:2])
    assert [failure.index for failure in failures] == [0, 2, 4]
    failures = []
    with_nan = model.embed(pictures, on_error="nan", failures=failures)
    assert np.array_equal(with_nan[[1, 3]], rows[:2]) and np.isnan(with_nan[[0, 2, 4]]).all() and len(failures) == 3
    with pytest.warns(convnext_cpp.PictureWarning, match="picture 0"):
        model.embed(pictures, on_error="skip")
    places = [(index, isinstance(row, PictureError)) for index, row in model.embed_iter(pictures, batch_size=1, on_error="skip")]
    assert places == [(0, True), (1, False), (2, True), (3, False), (4, True)]
    with pytest.raises(ValueError, match="expected one of raise, skip, nan"):
        model.embed(files, on_error="ignore")


def test_many_bad_pictures_in_a_row(model, files, rows):
    pictures = [b"x"] * 300 + [files[0]] + [None] * 300
    failures = []
    assert np.array_equal(model.embed(pictures, on_error="skip", failures=failures, batch_size=4), rows[:1])
    assert [failure.index for failure in failures] == [i for i in range(601) if i != 300]


def test_models_that_cannot_be_loaded(tmp_path, model_path):
    with pytest.raises(ModelError, match="nowhere") as raised:
        convnext_cpp.load(tmp_path / "nowhere")
    assert isinstance(raised.value, ValueError)
    with pytest.raises(ModelError, match="dtype .float17."):
        convnext_cpp.load(model_path, dtype="float17")
    with pytest.raises(ModelError, match="unknown device"):
        convnext_cpp.load(model_path, device="tpu")
    with pytest.raises(ConvnextError) as raised:
        convnext_cpp.load(model_path, device="npu")
    assert raised.value.code == "unavailable"
    with pytest.raises(ValueError, match="threads=0"):
        convnext_cpp.load(model_path, threads=0)
    with pytest.raises(ModelError, match="batch size"):
        convnext_cpp.load(model_path, batch_size=0)


def test_closed_models_say_so(model_path):
    with convnext_cpp.load(model_path) as model:
        pass
    with pytest.raises(ValueError, match="closed"):
        model.embed(b"")
    with pytest.raises(TypeError, match="load it in the process"):
        pickle.dumps(model)


def test_errors_can_be_sent_home():
    error = pickle.loads(pickle.dumps(PictureError("text", "io", "file.missing", 7)))
    assert (str(error), error.code, error.kind, error.index) == ("text", "io", "file.missing", 7)


def test_an_error_of_the_iterable_is_the_callers(model, files):
    def broken():
        yield files[0]
        raise KeyError("theirs")

    with pytest.raises(KeyError, match="theirs"):
        model.embed(broken())
