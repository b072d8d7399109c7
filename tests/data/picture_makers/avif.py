"""AVIF."""

import struct

import imagecodecs
import numpy as np

from PIL import Image

from .common import NUMBERS, encoded, pattern
from .orientation import XMP, exif


def from_pillow():
    for subsampling in ("4:4:4", "4:2:2", "4:2:0", "4:0:0"):
        for full in ("full", "limited"):
            name = subsampling.replace(":", "") + "_" + full
            yield name, encoded(pattern("RGB", 33, 21), "AVIF", subsampling=subsampling, range=full, quality=80, speed=10)
    yield "lossy", encoded(pattern("RGB", 60, 44), "AVIF", quality=30, speed=10)
    yield "alpha", encoded(pattern("RGBA", 33, 21), "AVIF", quality=90, speed=10)
    yield "premultiplied", encoded(pattern("RGBA", 33, 21), "AVIF", quality=90, speed=10, alpha_premultiplied=True)
    yield "grey", encoded(pattern("L", 33, 21), "AVIF", quality=90, speed=10)
    yield "1x1", encoded(pattern("RGB", 1, 1), "AVIF", speed=10)
    yield "lossless", encoded(pattern("RGB", 33, 21), "AVIF", quality=100, subsampling="4:4:4", speed=10)
    yield "animated", encoded(pattern("RGB", 33, 21), "AVIF", save_all=True, append_images=[pattern("RGB", 33, 21)], speed=10)
    for orientation in range(2, 9):
        yield f"orientation_{orientation}", encoded(pattern("RGB", 33, 21), "AVIF", exif=exif(orientation), speed=10)
    yield "orientation_xmp", encoded(pattern("RGB", 33, 21), "AVIF", xmp=XMP % 6, speed=10)


def depths():
    for bits in (10, 12):
        samples = NUMBERS.integers(0, 1 << bits, (21, 33, 3)).astype(np.uint16)
        smooth = np.stack([np.linspace(0, (1 << bits) - 1, 33).astype(np.uint16)] * 21)[:, :, None].repeat(3, 2)
        alpha = np.concatenate([samples, samples[:, ::-1, :1]], 2)
        yield f"{bits}bit_alpha", imagecodecs.avif_encode(alpha, level=90, bitspersample=bits, speed=10)
        for layout in ("420", "422", "400"):
            yield f"{bits}bit_alpha_{layout}", imagecodecs.avif_encode(alpha, level=90, bitspersample=bits, speed=10, pixelformat=layout)
            yield f"{bits}bit_{layout}", imagecodecs.avif_encode(samples, level=90, bitspersample=bits, speed=10, pixelformat=layout)
        yield f"{bits}bit", imagecodecs.avif_encode(samples, level=90, bitspersample=bits, speed=10)
        yield f"{bits}bit_smooth", imagecodecs.avif_encode(np.ascontiguousarray(smooth), level=90, bitspersample=bits, speed=10)


def odd():
    whole = encoded(pattern("RGB", 33, 21), "AVIF", speed=10)
    yield "refused_cut", whole[:-100]
    yield "refused_header_only", whole[:60]
    place = whole.index(b"ispe") + 8
    yield "refused_20000x10000", whole[:place] + struct.pack(">II", 20000, 10000) + whole[place + 8:]


def files():
    for part in (from_pillow, depths, odd):
        for name, data in part():
            yield f"avif/{name}.avif", data
