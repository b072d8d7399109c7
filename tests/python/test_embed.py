"""What embed, embed_iter and encode promise beyond the main path."""
import itertools
import resource
import threading

import numpy as np
import pytest

import convnext_cpp


def test_single_pictures_and_lists(model, files, rows):
    assert model.embed(files[0]).shape == (1, rows.shape[1])
    assert model.embed([]).shape == (0, rows.shape[1])
    assert np.array_equal(model.encode(files[0]), rows[0])
    assert np.array_equal(model.encode(files[:3]), rows[:3])
    assert isinstance(model.encode(files[:2], convert_to_numpy=False), list)


def test_batches_do_not_change_the_bits(model, files, rows):
    for batch_size in (1, 2, 7, 64):
        assert np.array_equal(model.embed(files, batch_size=batch_size), rows)


def test_normalized_rows_have_length_one(model, files):
    assert np.allclose(np.linalg.norm(model.embed(files, normalize=True), axis=1), 1, atol=1e-6)


def test_pil_images_of_every_mode(model, files):
    image = pytest.importorskip("PIL.Image").open(files[0])
    for mode in ("RGB", "L", "RGBA", "P", "CMYK", "1"):
        picture = image.convert(mode)
        assert np.array_equal(model.embed(picture), model.embed(np.asarray(picture.convert("RGB")))), mode


class OnlyDlpack:
    """A tensor of a library that NumPy does not know."""

    def __init__(self, array):
        self.array = array

    def __dlpack__(self, **options):
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


def test_dlpack_strides_and_read_only_arrays(model, files, rows):
    tensors = model.preprocess(files[:4])
    assert np.array_equal(model.embed(OnlyDlpack(tensors)), rows[:4])
    assert np.array_equal(model.embed(tensors[::-1]), rows[:4][::-1])
    assert np.array_equal(model.embed(np.asfortranarray(tensors)), rows[:4])
    tensors.flags.writeable = False
    assert np.array_equal(model.embed(tensors), rows[:4])


def test_tensors_are_read_where_they_lie(model):
    tensors = np.zeros((400, 3, 256, 256), np.float32)  # 315 MB
    tensors[:] = 0.5
    model.embed(tensors[:64])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    model.embed(tensors)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000, "kB more: they were copied"


def test_streams_have_bounded_memory_and_no_lag(model, files, rows):
    given = 0

    def endless():
        nonlocal given
        for given in itertools.count(1):
            yield files[0]

    for index, row in itertools.islice(model.embed_iter(endless(), batch_size=2), 50):
        assert np.array_equal(row, rows[0])
        assert given - index <= 4 * 2 + 1
    assert index == 49


def test_one_model_serves_many_threads(model, files, rows):
    results = [None] * 8

    def work(i):
        results[i] = model.embed(files, batch_size=1 + i)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(results))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(result, rows) for result in results)


def test_an_abandoned_stream_ends(model, files):
    for count in range(20):
        stream = model.embed_iter(files * 3, batch_size=3)
        for _ in range(count % 5):
            next(stream)
        del stream


def test_facts(model, model_path):
    assert model.info["device"] == "cpu" and model.info["dtype"] == "float32"
    assert model.embedding_dim == model.embed(np.zeros((32, 32, 3), np.uint8)).shape[1]
    assert model.config["pretrained_cfg"]["input_size"] == [3, 256, 256]
    assert "convnext_base" in repr(model)
    assert convnext_cpp.load(model_path, dtype="bfloat16").info["dtype"] == "bfloat16"


def test_processes_share_packed_weights(model_path, files, rows, tmp_path):
    for _ in range(2):
        shared = convnext_cpp.load(model_path, weights_cache=tmp_path / "cache")
        assert np.array_equal(shared.embed(files), rows)
    assert len(list((tmp_path / "cache").iterdir())) == 1
