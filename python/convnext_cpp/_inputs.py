"""What people pass as pictures, told apart and brought to what the module takes."""
import os

import numpy as np

SINGLE = (str, os.PathLike, bytes, bytearray, memoryview)


def _is_pil(x):
    return hasattr(x, "convert") and hasattr(x, "getbands")


def _is_array(x):
    return isinstance(x, np.ndarray) or hasattr(x, "__dlpack__")


def _array(x):
    """A NumPy view of any DLPack object in the memory of the CPU; arrays as they are."""
    if isinstance(x, np.ndarray):
        return x
    if getattr(x, "requires_grad", False):  # torch does not export those
        x = x.detach()
    try:
        return np.from_dlpack(x)
    except (BufferError, RuntimeError, TypeError) as error:
        raise TypeError(f"{type(x).__name__}: expected a tensor in the memory of the CPU that DLPack can give; {error}") from error


def _wrong_array(x):
    return TypeError(f"an array of {x.dtype} {list(x.shape)}: expected uint8 [H, W, 3] (a picture), or float32 [3, H, W] or "
                     "[N, 3, H, W] (normalised)")


def _is_picture(x):
    return x.dtype == np.uint8 and x.ndim == 3 and x.shape[2] == 3


def _is_tensor(x):
    return x.dtype == np.float32 and x.ndim == 3 and x.shape[0] == 3


def pictures_of(x):
    """The pictures in `x`, an iterable, and whether it was a single one."""
    if isinstance(x, SINGLE) or _is_pil(x):
        return [x], True
    if _is_array(x):
        x = _array(x)
        if _is_picture(x) or _is_tensor(x):
            return [x], True
        if (x.dtype == np.uint8 and x.ndim == 4 and x.shape[3] == 3) or (x.dtype == np.float32 and x.ndim == 4 and x.shape[1] == 3):
            return x, False
        if x.dtype == object and x.ndim == 1:
            return x, False
        raise _wrong_array(x)
    if isinstance(x, dict) or not hasattr(x, "__iter__"):
        raise TypeError(f"{type(x).__name__}: expected a path, bytes, a PIL image, a NumPy array, a tensor, or an iterable of these")
    return x, False


def prepared(x):
    """(kind, value) of one picture: what `_convnext.Stream.push_KIND` takes."""
    if isinstance(x, (str, os.PathLike)):
        path = os.fsdecode(x)
        if not path:
            raise ValueError("an empty path: expected the path of a picture file")
        return "path", path
    if isinstance(x, (bytes, bytearray, memoryview)):
        return "bytes", x
    if _is_pil(x):
        return "pixels", np.ascontiguousarray(np.asarray(x.convert("RGB")))
    if _is_array(x):
        x = _array(x)
        if _is_picture(x):
            return "pixels", np.ascontiguousarray(x)
        if _is_tensor(x):
            return "tensor", np.ascontiguousarray(x)
        raise _wrong_array(x)
    raise TypeError(f"{type(x).__name__}: expected a path, bytes, a PIL image, a NumPy array or a tensor")
