"""TIFF, written tag by tag."""

import struct
import zlib

import numpy as np

from .common import NUMBERS, RANDOM, encoded, pattern

SHORT, LONG, UNDEFINED, LONG8 = 3, 4, 7, 16
SIZES = {SHORT: "H", LONG: "I", UNDEFINED: "B", LONG8: "Q", 1: "B", 2: "B"}


def tiff(tags, blocks, order="<", big=False, tiled=False, next_directory=0):
    """tags: {number: (type, values)}; blocks: the bytes of strips or tiles, which the writer adds the places of."""
    counter = "Q" if big else "I"
    kind = LONG8 if big else LONG
    header = (b"II" if order == "<" else b"MM") + struct.pack(order + "H", 43 if big else 42)
    header += struct.pack(order + "HHQ", 8, 0, 16) if big else struct.pack(order + "I", 8)
    tags = dict(tags)
    tags[324 if tiled else 273] = (kind, [0] * len(blocks))
    tags[325 if tiled else 279] = (kind, [len(block) for block in blocks])
    directory = len(header)
    inline = 8 if big else 4
    place = directory + (8 if big else 2) + len(tags) * (20 if big else 12) + inline

    def packed(number):
        return b"".join(struct.pack(order + SIZES[tags[number][0]], v) for v in tags[number][1])

    places, outside = {}, b""
    for number in sorted(tags):
        data = packed(number)
        if len(data) > inline:
            places[number] = place + len(outside)
            outside += data + b"\0" * (len(data) % 2)
    first = place + len(outside)
    starts = [first + sum(map(len, blocks[:i])) for i in range(len(blocks))]
    tags[324 if tiled else 273] = (kind, starts)
    outside = b""
    entries = struct.pack(order + ("Q" if big else "H"), len(tags))
    for number in sorted(tags):
        data = packed(number)
        value = data.ljust(inline, b"\0")
        if number in places:
            value = struct.pack(order + counter, places[number])
            outside += data + b"\0" * (len(data) % 2)
        entries += struct.pack(order + "HH" + counter, number, tags[number][0], len(tags[number][1])) + value
    return header + entries + struct.pack(order + counter, next_directory) + outside + b"".join(blocks)


def packed_bits(samples, bits, order, reverse=False):
    """Rows [height, n] of numbers as bytes."""
    if samples.dtype.kind == "f" or bits >= 16:
        kind = samples.dtype.newbyteorder(order)
        return [row.astype(kind).tobytes() for row in samples]
    rows = []
    for row in samples:
        text = "".join(format(int(v), f"0{bits}b") for v in row)
        text += "0" * (-len(text) % 8)
        pieces = [text[i:i + 8] for i in range(0, len(text), 8)]
        rows.append(bytes(int(piece[::-1] if reverse else piece, 2) for piece in pieces))
    return rows


def packbits(data):
    out = b""
    while data:
        same = len(data[:128]) - len(data[:128].lstrip(data[:1]))
        if same > 1:
            out, data = out + bytes([257 - same]) + data[:1], data[same:]
        else:
            part = data[:RANDOM.randint(1, 9)]
            out, data = out + bytes([len(part) - 1]) + part, data[len(part):]
    return out


def lzw(data):
    table, size, out, count = {bytes([i]): i for i in range(256)}, 9, 256, 9
    codes = 258
    word = b""
    for byte in data:
        longer = word + bytes([byte])
        if longer in table:
            word = longer
            continue
        out, count = out << size | table[word], count + size
        table[longer] = codes
        codes += 1
        if codes in (512, 1024, 2048):
            size += 1
        if codes == 4094:
            out, count, size, codes = out << size | 256, count + size, 9, 258
            table = {bytes([i]): i for i in range(256)}
        word = bytes([byte])
    if word:
        out, count, codes = out << size | table[word], count + size, codes + 1
        if codes in (512, 1024, 2048):
            size += 1
    out, count = out << size | 257, count + size
    return (out << -count % 8).to_bytes((count + 7) // 8, "big")


COMPRESSIONS = {1: bytes, 5: lzw, 8: zlib.compress, 32773: packbits, 32946: zlib.compress}


def picture(samples, bits, photometric, order="<", compression=1, rows_per_strip=5, tile=None, planar=1, fill_order=1,
            extras=(), sample_format=None, predictor=None, big=False, more=None):
    """samples: [height, width, channels] of the values that are stored."""
    height, width, channels = samples.shape
    tags = {256: (LONG, [width]), 257: (LONG, [height]), 258: (SHORT, [bits] * channels), 259: (SHORT, [compression]),
            262: (SHORT, [photometric]), 277: (SHORT, [channels]), 284: (SHORT, [planar])}
    if fill_order != 1:
        tags[266] = (SHORT, [fill_order])
    if extras:
        tags[338] = (SHORT, list(extras))
    if sample_format:
        tags[339] = (SHORT, [sample_format] * channels)
    if predictor:
        tags[317] = (SHORT, [predictor])
    tags.update(more or {})
    layers = [samples] if planar == 1 else [samples[:, :, i:i + 1] for i in range(channels)]
    blocks = []
    for layer in layers:
        if tile:
            high, wide = tile
            tags[322], tags[323] = (LONG, [wide]), (LONG, [high])
            filled = np.zeros((-(-height // high) * high, -(-width // wide) * wide, layer.shape[2]), layer.dtype)
            filled[:height, :width] = layer
            parts = [filled[y:y + high, x:x + wide] for y in range(0, height, high) for x in range(0, width, wide)]
        else:
            tags[278] = (LONG, [rows_per_strip])
            parts = [layer[y:y + rows_per_strip] for y in range(0, height, rows_per_strip)]
        for part in parts:
            if predictor == 2:
                part = np.concatenate([part[:, :1], part[:, 1:] - part[:, :-1]], axis=1)
            rows = packed_bits(part.reshape(len(part), -1), bits, order, fill_order == 2 and compression == 1)
            block = COMPRESSIONS[compression](b"".join(rows))
            reverse = fill_order == 2 and compression != 1  # of the compressed bytes then
            blocks.append(bytes(int(f"{byte:08b}"[::-1], 2) for byte in block) if reverse else block)
    return tiff(tags, blocks, order, big, bool(tile))


def values(limit, channels, height=11, width=19):
    kind = np.uint8 if limit <= 256 else np.uint16 if limit <= 65536 else np.uint32
    return NUMBERS.integers(0, limit, (height, width, channels)).astype(kind)


def colour_map(bits):
    return {320: (SHORT, [RANDOM.randrange(65536) for _ in range(3 << bits)])}


def greys():
    for order, name in (("<", "II"), (">", "MM")):
        for photometric in (0, 1):
            for bits in (1, 2, 4, 8):
                for fill in (1,) if (bits, photometric) == (8, 0) else (1, 2):  # Pillow lacks the other
                    yield f"grey{bits}_{photometric}_{name}_fill{fill}", picture(values(1 << bits, 1), bits, photometric, order, fill_order=fill)
        yield f"grey16_{name}_clipped", picture(values(1 << 16, 1), 16, 1, order)
        yield f"grey16_{name}", picture(values(256, 1).astype(np.uint16), 16, 1, order)
        signed = NUMBERS.integers(-300, 256, (11, 19, 1))
        yield f"int16_{name}", picture(signed.astype(np.int16), 16, 1, order, sample_format=2)
        yield f"int32_{name}", picture(signed.astype(np.int32), 32, 1, order, sample_format=2)
        yield f"int8_{name}", picture(values(256, 1), 8, 1, order, sample_format=2)
        floats = NUMBERS.uniform(-10, 400, (11, 19, 1)).astype(np.float32)
        for photometric in (0, 1):
            yield f"float_{photometric}_{name}_clipped", picture(floats, 32, photometric, order, sample_format=3)
        yield f"grey_unspecified_{name}", picture(values(256, 2), 8, 1, order, extras=(0,))
        yield f"grey_alpha_{name}", picture(values(256, 2), 8, 1, order, extras=(2,))
    yield "grey12_clipped", picture(values(4096, 1), 12, 1)
    yield "grey12", picture(values(256, 1), 12, 1)
    yield "uint32_clipped", picture(values(1 << 32, 1), 32, 1)
    yield "grey16_0_clipped", picture(values(1 << 16, 1), 16, 0)
    yield "refused_grey3", picture(values(8, 1), 3, 1)
    yield "refused_double", picture(values(256, 1).astype(np.float64), 64, 1, sample_format=3)
    yield "refused_float16", picture(values(256, 1).astype(np.float16), 16, 1, sample_format=3)


def colours():
    extras = [(), (0,), (1,), (2,), (0, 0), (1, 0), (2, 0), (0, 0, 0), (1, 0, 0), (2, 0, 0), (999,)]
    for order, name in (("<", "II"), (">", "MM")):
        for extra in extras:
            label = "".join(f"_{kind}" for kind in extra)
            yield f"rgb8_{name}{label}", picture(values(256, 3 + len(extra)), 8, 2, order, extras=extra)
        for extra in [(), (0,), (1,), (2,)]:
            label = "".join(f"_{kind}" for kind in extra)
            yield f"rgb16_{name}{label}", picture(values(1 << 16, 3 + len(extra)), 16, 2, order, extras=extra)
        yield f"rgb8_4_without_extras_{name}", picture(values(256, 4), 8, 2, order)
        yield f"rgb16_4_without_extras_{name}", picture(values(1 << 16, 4), 16, 2, order)
        yield f"cmyk8_{name}", picture(values(256, 4), 8, 5, order)
        yield f"cmyk8_5_{name}", picture(values(256, 5), 8, 5, order, extras=(0,))
        yield f"cmyk8_6_{name}", picture(values(256, 6), 8, 5, order, extras=(0, 0))
        yield f"cmyk16_{name}", picture(values(1 << 16, 4), 16, 5, order)
        for bits in (1, 2, 4, 8):
            for fill in (1, 2) if bits == 8 else (1,):
                yield f"palette{bits}_{name}_fill{fill}", picture(values(1 << bits, 1), bits, 3, order, fill_order=fill, more=colour_map(bits))
        yield f"palette_unspecified_{name}", picture(values(256, 2), 8, 3, order, extras=(0,), more=colour_map(8))
        yield f"palette_alpha_{name}", picture(values(256, 2), 8, 3, order, extras=(2,), more=colour_map(8))
        yield f"ycbcr_{name}", picture(values(256, 3), 8, 6, order, more={530: (SHORT, [1, 1])})
    yield "rgb8_fill2", picture(values(256, 3), 8, 2, fill_order=2)
    yield "refused_rgb4", picture(values(16, 3), 4, 2)
    yield "refused_rgb32", picture(values(1 << 32, 3), 32, 2)
    yield "refused_seven_samples", picture(values(256, 7), 8, 2, extras=(0,) * 4)


def layouts():
    rgb, grey, bits = values(256, 3, 21, 35), values(1 << 16, 1, 21, 35) % 300, values(2, 1, 21, 35)
    small = values(8, 3, 21, 35)
    for compression, name in ((1, "raw"), (5, "lzw"), (8, "deflate"), (32773, "packbits"), (32946, "old_deflate")):
        for order, end in (("<", "II"), (">", "MM")):
            yield f"{name}_{end}", picture(rgb, 8, 2, order, compression)
            yield f"{name}_grey16_{end}_clipped", picture(grey, 16, 1, order, compression)
        yield f"{name}_one_strip", picture(rgb, 8, 2, compression=compression, rows_per_strip=21)
        yield f"{name}_tall_strip", picture(rgb, 8, 2, compression=compression, rows_per_strip=1000)
        yield f"{name}_tiles", picture(rgb, 8, 2, compression=compression, tile=(16, 32))
        yield f"{name}_one_tile", picture(rgb, 8, 2, compression=compression, tile=(48, 64))
        yield f"{name}_tiles_grey16_clipped", picture(grey, 16, 1, ">", compression, tile=(16, 16))
        yield f"{name}_bits", picture(bits, 1, 0, compression=compression)
        yield f"{name}_repeats", picture(small * 30, 8, 2, compression=compression)
        yield f"{name}_planar", picture(rgb, 8, 2, compression=compression, planar=2)
        yield f"{name}_planar_tiles", picture(rgb, 8, 2, compression=compression, planar=2, tile=(16, 16))
        for extra in (0, 1, 2):
            rgba = values(256, 4)
            if compression != 1 or extra == 2:
                yield f"{name}_planar_{extra}", picture(rgba, 8, 2, compression=compression, planar=2, extras=(extra,))
        yield f"{name}_planar_cmyk", picture(values(256, 4), 8, 5, compression=compression, planar=2)
        if compression != 1:
            yield f"{name}_planar16", picture(values(1 << 16, 3), 16, 2, ">", compression, planar=2)
            yield f"{name}_rgba1", picture(values(256, 4), 8, 2, compression=compression, extras=(1,))
            yield f"{name}_fill2", picture(bits, 1, 1, compression=compression, fill_order=2)
        if compression in (5, 8):
            yield f"{name}_predictor", picture(rgb, 8, 2, compression=compression, predictor=2)
            yield f"{name}_predictor16_clipped", picture(grey, 16, 1, ">", compression, predictor=2)
            yield f"{name}_predictor_tiles", picture(rgb, 8, 2, compression=compression, predictor=2, tile=(16, 16))
            yield f"{name}_ycbcr", picture(values(256, 3), 8, 6, compression=compression, more={530: (SHORT, [1, 1])})
        yield f"{name}_bigtiff", picture(rgb, 8, 2, compression=compression, big=True)


def turned():
    for orientation in range(1, 9):
        yield f"orientation_{orientation}", picture(values(256, 3), 8, 2, more={274: (SHORT, [orientation])})
        yield f"orientation_{orientation}_lzw", picture(values(256, 1), 8, 1, compression=5, more={274: (SHORT, [orientation])})
    yield "orientation_0", picture(values(256, 3), 8, 2, more={274: (SHORT, [0])})
    yield "orientation_9", picture(values(256, 3), 8, 2, more={274: (SHORT, [9])})
    yield "orientation_ycbcr", picture(values(256, 3), 8, 6, compression=8, more={530: (SHORT, [1, 1]), 274: (SHORT, [6])})
    xmp = b'<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    yield "orientation_xmp", picture(values(256, 3), 8, 2, more={700: (1, list(xmp))})


def from_pillow():
    rgb = pattern("RGB", 45, 37)
    for compression in ("jpeg", "lzma", "zstd", "packbits", "tiff_adobe_deflate", "tiff_lzw"):
        for mode in ("RGB", "L", "RGBA", "CMYK", "P"):
            if (compression, mode) not in (("jpeg", "RGBA"), ("jpeg", "P")):
                yield f"pillow_{compression}_{mode}", encoded(pattern(mode, 45, 37), "TIFF", compression=compression)
    yield "pillow_ycbcr_jpeg", encoded(rgb.convert("YCbCr"), "TIFF", compression="jpeg", quality=70)
    yield "pillow_ycbcr_raw", encoded(rgb.convert("YCbCr"), "TIFF")
    for compression in ("tiff_ccitt", "group3", "group4", "packbits"):
        yield f"pillow_{compression}_1", encoded(rgb.convert("1"), "TIFF", compression=compression)
    yield "pillow_pages_animated", encoded(rgb, "TIFF", save_all=True, append_images=[pattern("L")])
    yield "pillow_I", encoded(pattern("I"), "TIFF")
    yield "pillow_F", encoded(pattern("F"), "TIFF")


def jpeg_tables(tiled):
    """JPEG in TIFF as cameras and scanners write it: YCbCr, subsampled, the tables apart."""
    blocks = []
    wide, high = (32, 16) if tiled else (45, 16)
    for y in range(0, 37, 16):
        for x in range(0, 45, wide):
            blocks.append(encoded(pattern("RGB", wide, high if tiled else min(16, 37 - y)), "JPEG", quality=80, subsampling=2))
    tags = {256: (LONG, [45]), 257: (LONG, [37]), 258: (SHORT, [8] * 3), 259: (SHORT, [7]), 262: (SHORT, [6]),
            277: (SHORT, [3]), 284: (SHORT, [1]), 530: (SHORT, [2, 2])}
    tags.update({322: (LONG, [32]), 323: (LONG, [16])} if tiled else {278: (LONG, [16])})
    return tiff(tags, blocks, tiled=tiled)


def odd():
    yield "jpeg_strips", jpeg_tables(False)
    yield "jpeg_tiles", jpeg_tables(True)
    whole = picture(values(256, 3), 8, 2)
    yield "refused_cut", whole[:-100]
    yield "refused_cut_lzw", picture(values(256, 3), 8, 2, compression=5)[:-100]
    yield "refused_header_only", whole[:8]
    yield "refused_damaged_lzw", picture(values(256, 3), 8, 2, compression=5)[:-300] + b"\xff" * 300
    yield "refused_no_size", picture(values(256, 3), 8, 2, more={256: (LONG, [0])})
    yield "refused_50000x50000", picture(values(256, 3), 8, 2, more={256: (LONG, [50000]), 257: (LONG, [50000])})
    yield "refused_compression_9", picture(values(256, 3), 8, 2, more={259: (SHORT, [9])})
    yield "refused_no_strips", tiff({256: (LONG, [5]), 257: (LONG, [5]), 258: (SHORT, [8]), 259: (SHORT, [1]), 262: (SHORT, [1])}, [])


def camera_raw():
    """Camera raw files are TIFFs with a preview, or of a sensor's samples."""
    grey, preview = values(256, 1), values(256, 3)
    yield "dng", picture(preview, 8, 2, more={50706: (1, [1, 4, 0, 0])})
    yield "cfa", picture(grey, 8, 32803)
    make = {271: (2, list(b"NIKON CORPORATION\0")), 254: (LONG, [1]), 330: (LONG, [8])}
    yield "preview", picture(preview, 8, 2, more=make)
    yield "preview_MM", picture(preview, 8, 2, ">", more=make)


def differing_files():
    """Samples of 16 bits in planes, not compressed: Pillow takes them to have 8 bits."""
    for order in "<>":
        samples = values(1 << 16, 3)
        name = "II" if order == "<" else "MM"
        yield f"tiff/raw_planar16_{name}.tif", picture(samples, 16, 2, order, planar=2), (samples >> 8).astype(np.uint8)


def files():
    for part in (greys, colours, layouts, turned, from_pillow, odd):
        for name, data in part():
            if data:
                yield f"tiff/{name}.tif", data
    for name, data in camera_raw():
        yield f"tiff/unread_camera_raw_{name}.tif", data
    yield "tiff/unread_lab.tif", picture(values(256, 3), 8, 8)
