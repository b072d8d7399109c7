"""A loaded model and what it does with pictures."""
from __future__ import annotations

import collections
import json
import os
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convnext_cpp import _convnext, _inputs
from convnext_cpp._errors import PictureError, PictureWarning, picture_error, value_of
from convnext_cpp._threads import default_threads

Rows = NDArray[np.float32]
ON_ERROR = ("raise", "skip", "nan")


def load(path: str | os.PathLike[str], device: str = "cpu", dtype: str = "float32", threads: int | None = None,
         batch_size: int = 16, weights_cache: str | os.PathLike[str] | bool | None = None) -> Model:
    """Loads a model.

    path: FILE.safetensors, an index of shards, or a directory with weights and config, of timm or open_clip.
    device: "cpu", "cpu-reference" (scalar, float64), "npu", "npu:K", "npu:all".
    dtype: "float32" or "bfloat16"; on an NPU "float32", "float32-reduced" or "float16".
    threads: at most so many; None: the cores that this process may use, at most OMP_NUM_THREADS and, in a worker of Ray, its
        num_cpus.
    batch_size: pictures in a forward pass where embed() is not told another; an NPU is made ready for it.
    weights_cache: a directory where the processes of a host share packed weights, in memory once (True:
        ~/.cache/convnext/weights, or under XDG_CACHE_HOME). None: this process has its own.

    Raises ModelError (a ValueError) for a model that cannot be loaded, ConvnextError where the device is not there or the
    system refuses. The model serves any number of threads, and computes without the interpreter's lock. A child of fork()
    cannot use it: load it there.
    """
    threads = default_threads() if threads is None else int(threads)
    if threads < 1:
        raise ValueError(f"threads={threads}: expected at least 1, or None")
    if weights_cache is True or weights_cache is False:
        weights_cache = _cache_directory() if weights_cache else None
    return Model(value_of(_convnext.load(os.fspath(path), device, dtype, threads, os.fspath(weights_cache or ""), int(batch_size))),
                 int(batch_size), threads)


def _cache_directory() -> str:
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(cache, "convnext", "weights")


class Model:
    """What load() gives. info: device, dtype, threads, simd_target, weights_sha256, embedding_dim, version. config: timm's
    config.json as a dict."""

    def __init__(self, module_model: _convnext.Model, batch_size: int, threads: int) -> None:
        self._model: _convnext.Model | None = module_model
        self.batch_size = batch_size
        self.info: dict[str, Any] = dict(module_model.info(), threads=threads)
        self.config: dict[str, Any] = json.loads(module_model.config_json())

    def __repr__(self) -> str:
        return f"<convnext_cpp.Model {self.config.get('architecture')}, {self.info['device']}, {self.info['dtype']}>"

    def __enter__(self) -> Model:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self):
        raise TypeError("a model cannot be pickled: load it in the process that uses it")

    def close(self) -> None:
        """Gives the memory back. The model cannot be used any more."""
        self._model = None

    @property
    def embedding_dim(self) -> int:
        return self.info["embedding_dim"]

    def _here(self):
        if self._model is None:
            raise ValueError("this model was closed")
        if not self._model.is_here():
            raise RuntimeError("this model was loaded before fork(), and its threads are not in this process: load it here, or "
                               "start processes by \"spawn\" or \"forkserver\"")
        return self._model

    def embed_iter(self, pictures: Any, batch_size: int | None = None, normalize: bool = False,
                   on_error: str = "raise") -> Iterator[tuple[int, Rows | PictureError]]:
        """Embeds an iterable of any length, in bounded memory: yields (index, float32 [D]) in its order.

        A picture that cannot be embedded raises PictureError; with on_error="skip" or "nan" it comes in place of its row.
        """
        if on_error not in ON_ERROR:
            raise ValueError(f"on_error={on_error!r}: expected one of {', '.join(ON_ERROR)}")
        return self._rows(_inputs.pictures_of(pictures)[0], batch_size, normalize, on_error == "raise")

    def _open(self, batch_size, normalize):
        size = self.batch_size if batch_size is None else int(batch_size)
        return value_of(_convnext.open_stream(self._here(), size, bool(normalize)))

    def _rows(self, pictures, batch_size, normalize, strict):
        stream = self._open(batch_size, normalize)
        waiting = collections.deque()  # of each picture in the stream, its index; of one that is none, its error
        for index, picture in enumerate(pictures):
            self._here()
            waiting.append(_push(stream, picture, index, strict))
            yield from _ready(stream, waiting, strict, wait=False)
            while not stream.has_room():
                yield _settle(stream.next(wait=True), waiting.popleft(), strict)
                yield from _errors_at_front(waiting)
        stream.finish()
        while waiting:
            yield from _errors_at_front(waiting)
            if waiting:
                yield _settle(stream.next(wait=True), waiting.popleft(), strict)

    def embed(self, x: Any, batch_size: int | None = None, normalize: bool = False, on_error: str = "raise",
              failures: list[PictureError] | None = None) -> Rows:
        """The embeddings of one picture or several: float32 [N, D]; a single picture is one row.

        x: a path, the bytes of a picture file, a PIL image, a uint8 array [H, W, 3]; a list, an iterator or any iterable of
            these; or pictures that are normalised already, float32 [N, 3, H, W] or [3, H, W]: a NumPy array, a torch tensor or
            any DLPack object in the memory of the CPU, read where it lies.
        normalize: divide each row by its L2 norm.
        on_error: "raise" a PictureError at the first picture that cannot be embedded; "skip" it; or "nan": a row of NaN. A list
            `failures` gets a PictureError (index, kind, message) for each; without it each is a PictureWarning.
        """
        if on_error not in ON_ERROR:
            raise ValueError(f"on_error={on_error!r}: expected one of {', '.join(ON_ERROR)}")
        pictures, _ = _inputs.pictures_of(x)
        rows = []
        for index, row in self._rows(pictures, batch_size, normalize, on_error == "raise"):
            if isinstance(row, PictureError):
                _report(row, failures)
                if on_error == "skip":
                    continue
                row = np.full(self.embedding_dim, np.nan, np.float32)
            rows.append(row)
        return np.stack(rows) if rows else np.empty((0, self.embedding_dim), np.float32)

    def preprocess(self, x: Any) -> Rows:
        """What the model reads of a picture, as timm's transform makes it bit for bit: float32 [3, H, W], or [N, 3, H, W] of
        several."""
        model = self._here()
        pictures, single = _inputs.pictures_of(x)
        tensors = []
        for index, picture in enumerate(pictures):
            kind, value = _inputs.prepared(picture)
            result = value if kind == "tensor" else getattr(model, f"prepare_{kind}")(value)
            if isinstance(result, _convnext.Failure):
                raise picture_error(result, index)
            tensors.append(result)
        if single:
            return tensors[0]
        return np.stack(tensors) if tensors else np.empty((0, 3, *self._image_size()), np.float32)

    def _image_size(self):
        return self.config["pretrained_cfg"]["input_size"][1:]

    def encode(self, inputs: Any, batch_size: int = 32, show_progress_bar: bool | None = None,
               normalize_embeddings: bool = False, convert_to_numpy: bool = True) -> Rows | list[Rows]:
        """As SentenceTransformer.encode of images: float32 [D] for one picture, [N, D] for several; a list of rows with
        convert_to_numpy=False."""
        pictures, single = _inputs.pictures_of(inputs)
        if show_progress_bar:
            pictures = _with_progress(pictures)
        rows = [row for _, row in self._rows(pictures, batch_size, normalize_embeddings, True)]
        if single:
            return rows[0]
        if not convert_to_numpy:
            return rows
        return np.stack(rows) if rows else np.empty((0, self.embedding_dim), np.float32)


def _with_progress(pictures):
    from tqdm.auto import tqdm  # as sentence_transformers has it; asked for alone
    return tqdm(pictures, desc="Pictures")


def _push(stream, picture, index, strict):
    """Gives `picture` to the stream: its index, or the error that it is."""
    try:
        kind, value = _inputs.prepared(picture)
    except (TypeError, ValueError, OSError, SyntaxError) as error:  # PIL decodes late, and raises the last two
        if strict and isinstance(error, (TypeError, ValueError)):
            raise type(error)(f"picture {index}: {error}") from error
        failure = PictureError(f"picture {index}: {error}", "invalid", "input.type" if isinstance(error, TypeError) else "picture.damaged",
                               index)
        if strict:
            raise failure from error
        return index, failure
    getattr(stream, f"push_{kind}")(value)
    return index, None


def _errors_at_front(waiting):
    while waiting and waiting[0][1] is not None:
        yield waiting.popleft()


def _ready(stream, waiting, strict, wait):
    """What has its answer already."""
    yield from _errors_at_front(waiting)
    while waiting and (result := stream.next(wait=wait)) is not None:
        yield _settle(result, waiting.popleft(), strict)
        yield from _errors_at_front(waiting)


def _settle(result, place, strict):
    index, _ = place
    if not isinstance(result, _convnext.Failure):
        return index, result
    error = picture_error(result, index)
    if strict:
        raise error
    return index, error


def _report(error, failures):
    if failures is None:
        warnings.warn(str(error), PictureWarning, stacklevel=3)
    else:
        failures.append(error)
