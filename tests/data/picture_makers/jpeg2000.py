"""JPEG 2000. imagecodecs writes what Pillow does not."""

import struct

import imagecodecs
import numpy as np

from .common import NUMBERS, encoded, pattern


def from_pillow():
    for mode in ("L", "LA", "RGB", "RGBA", "YCbCr"):
        image = pattern(mode)
        for name, options in (("", {}), ("_bare", {"no_jp2": True}), ("_lossy", {"irreversible": True, "quality_layers": [20]}),
                              ("_tiles", {"tile_size": (8, 8), "num_resolutions": 2}), ("_offset", {"offset": (3, 5), "tile_size": (32, 32), "num_resolutions": 3}),
                              ("_tile_offset", {"tile_size": (16, 16), "tile_offset": (2, 1), "offset": (3, 5), "num_resolutions": 3}),
                              ("_plt", {"plt": True, "progression": "RPCL", "num_resolutions": 4})):
            yield mode + name, encoded(image, "JPEG2000", **options)
    large = pattern("RGB", 120, 90)
    yield "large_lossy", encoded(large, "JPEG2000", irreversible=True, quality_layers=[40, 20], quality_mode="rates")
    yield "pillow_grey16_clipped", encoded(pattern("L").convert("I").point(lambda v: v * 200).convert("I;16"), "JPEG2000")
    yield "grey16", encoded(pattern("L").convert("I;16"), "JPEG2000")
    yield "1x1", encoded(pattern("RGB", 1, 1), "JPEG2000")


def written(samples, **options):
    return imagecodecs.jpeg2k_encode(samples, level=0, reversible=True, **options)


def depths():
    for bits in (1, 2, 4, 5, 7):
        grey = NUMBERS.integers(0, 1 << bits, (11, 19)).astype(np.uint8)
        colour = NUMBERS.integers(0, 1 << bits, (11, 19, 3)).astype(np.uint8)
        yield f"grey{bits}", written(grey, bitspersample=bits)
        yield f"rgb{bits}", written(colour, bitspersample=bits)
    for bits in (9, 10, 12, 16):
        dark = NUMBERS.integers(0, (1 << bits) - (1 << (bits - 8)), (11, 19, 3)).astype(np.uint16)
        yield f"rgb{bits}", written(dark, bitspersample=bits)
        yield f"rgb{bits}_bare", written(dark, bitspersample=bits, codecformat="j2k")
        grey = np.ascontiguousarray(dark[:, :, 0])
        yield f"grey{bits}" + "_clipped" * (bits > 9), written(grey, bitspersample=bits)
        yield f"grey{bits}_bare_clipped", written(grey, bitspersample=bits, codecformat="j2k")
        yield f"rgba{bits}", written(np.concatenate([dark, dark[:, :, :1]], 2), bitspersample=bits)


def box(name, data):
    return struct.pack(">I", len(data) + 8) + name + data


def replaced_header(jp2, *boxes):
    """Other boxes in the header, behind the first, which holds the size."""
    begin = jp2.index(b"jp2h") - 4
    length = struct.unpack(">I", jp2[begin:begin + 4])[0]
    size = jp2[begin + 8:begin + 8 + 22]
    return jp2[:begin] + box(b"jp2h", size + b"".join(boxes)) + jp2[begin + length:]


def colour_box(number):
    return box(b"colr", struct.pack(">BBBI", 1, 0, 0, number))


def palette_boxes(colours):
    palette = struct.pack(">HB", len(colours), 3) + bytes([7, 7, 7]) + colours.astype(np.uint8).tobytes()
    mapping = b"".join(struct.pack(">HBB", 0, 1, i) for i in range(3))
    return box(b"pclr", palette) + box(b"cmap", mapping)


def palettes():
    indices = NUMBERS.integers(0, 200, (11, 19)).astype(np.uint8)
    colours = NUMBERS.permutation(256 * 3).reshape(256, 3) % 256
    jp2 = written(indices, codecformat="jp2")
    yield "palette", replaced_header(jp2, colour_box(16), palette_boxes(colours))
    cmyk = NUMBERS.integers(0, 256, (11, 19, 4)).astype(np.uint8)
    yield "cmyk", replaced_header(written(cmyk, codecformat="jp2"), colour_box(12))


def odd():
    whole = encoded(pattern(), "JPEG2000")
    bare = encoded(pattern(), "JPEG2000", no_jp2=True)
    yield "refused_cut", whole[:-100]
    yield "refused_cut_bare", bare[:-100]
    yield "refused_header_only", whole[:90]
    yield "refused_no_codestream", whole[:whole.index(b"jp2c") - 4]
    place = bare.index(b"\xff\x51") + 6
    yield "refused_50000x50000", bare[:place] + struct.pack(">II", 50000, 50000) + bare[place + 8:]
    yield "refused_0x11", bare[:place] + struct.pack(">II", 0, 11) + bare[place + 8:]
    yield "unread_many_tiles", (bare[:place] + struct.pack(">6I", 5000, 5000, 0, 0, 20, 20) + bare[place + 24:])
    yield "refused_five_components", written(NUMBERS.integers(0, 256, (11, 19, 5)).astype(np.uint8), codecformat="j2k", planar=False)


def differing_files():
    """White of more than 8 bits, which Pillow makes black: the sum that rounds it does not fit 8 bits."""
    for bits in (10, 12, 16):
        samples = np.full((11, 19, 3), (1 << bits) - 1, np.uint16)
        samples[::2] //= 3
        right = np.minimum(255, (samples.astype(int) + (1 << (bits - 9))) >> (bits - 8)).astype(np.uint8)
        yield f"jpeg2000/rgb{bits}_white.jp2", written(samples, bitspersample=bits), right


def files():
    for part in (from_pillow, depths, palettes, odd):
        for name, data in part():
            yield f"jpeg2000/{name}.{'j2k' if data[:2] == bytes([255, 79]) else 'jp2'}", data
