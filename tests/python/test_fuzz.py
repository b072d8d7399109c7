"""No input ends the interpreter: it gives rows or raises."""
import numpy as np
from hypothesis import HealthCheck, given, settings, strategies as st
from hypothesis.extra import numpy as arrays

SETTINGS = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
DTYPES = st.sampled_from(["uint8", "float32", "float64", "int8", ">f4", "bool", "complex64", "float16", "object", "U3", "datetime64[s]"])

scalars = st.one_of(st.none(), st.integers(), st.floats(), st.text(max_size=20), st.binary(max_size=200), st.booleans())
arrays_of_any = arrays.arrays(dtype=DTYPES.filter(lambda name: name not in ("object", "datetime64[s]")),
                              shape=arrays.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=6))
anything = st.recursive(st.one_of(scalars, arrays_of_any), lambda inner: st.lists(inner, max_size=4), max_leaves=6)


def survives(call):
    try:
        return call()
    except (TypeError, ValueError, RuntimeError, OSError):
        return None


@SETTINGS
@given(x=anything, on_error=st.sampled_from(["raise", "skip", "nan"]))
def test_embed(model, x, on_error):
    rows = survives(lambda: model.embed(x, on_error=on_error, failures=[]))
    assert rows is None or (rows.dtype == np.float32 and rows.ndim == 2)


@SETTINGS
@given(x=anything)
def test_preprocess_and_encode(model, x):
    survives(lambda: model.preprocess(x))
    survives(lambda: model.encode(x))


@SETTINGS
@given(data=st.data())
def test_damaged_pictures(model, files, data):
    file = open(data.draw(st.sampled_from(files)), "rb").read()
    cut = bytearray(file[:data.draw(st.integers(0, len(file)))])
    for _ in range(data.draw(st.integers(0, 4))):
        if cut:
            cut[data.draw(st.integers(0, len(cut) - 1))] ^= data.draw(st.integers(1, 255))
    survives(lambda: model.embed([bytes(cut), files[0]], on_error="nan", failures=[]))


@SETTINGS
@given(batch_size=st.integers(-2**70, 2**70))
def test_batch_sizes(model, files, batch_size):
    if not 64 < batch_size <= 4096:  # a batch of that size takes as much memory
        survives(lambda: model.embed(files[:2], batch_size=batch_size))
