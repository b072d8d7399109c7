"""Test pictures, and what the makers of files share."""

import io
import random
import struct

import numpy as np
from PIL import Image

RANDOM = random.Random(21)
NUMBERS = np.random.default_rng(21)


def pattern(mode="RGB", width=19, height=11):
    """Gradients with edges and some noise: every pixel differs from its neighbours."""
    y, x = np.mgrid[0:height, 0:width]
    edge = 120 * ((x // 7 + y // 5) % 2)
    planes = [x * 255 // width, y * 255 // height, edge + NUMBERS.integers(0, 20, x.shape), x * y * 11 % 256]
    return Image.fromarray(np.stack(planes, -1).astype(np.uint8), "RGBA").convert(mode)


def encoded(image, kind, **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def bits_of(indices, bits):
    """Rows of numbers of 1, 2, 4 or 8 bits, the first in the highest bits, each row filled up to a byte."""
    rows = []
    for row in indices:
        number = 0
        for value in row:
            number = number << bits | int(value)
        size = (len(row) * bits + 7) // 8
        rows.append((number << (size * 8 - len(row) * bits)).to_bytes(size, "big"))
    return rows


def indices(limit, width=19, height=11):
    return NUMBERS.integers(0, limit, (height, width))


def le(layout, *values):
    return struct.pack("<" + layout, *values)
