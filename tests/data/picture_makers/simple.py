"""PNM, TGA and QOI."""

import numpy as np

from .common import NUMBERS, RANDOM, bits_of, encoded, indices, le, pattern


def plain_text(values, width):
    return b"\n".join(b" ".join(b"%d" % v for v in row) for row in np.asarray(values).reshape(-1, width))


def pnms():
    bits = indices(2)
    grey = indices(256)
    colour = NUMBERS.integers(0, 256, (11, 19, 3))
    yield "P1.pbm", b"P1\n19 11\n" + plain_text(bits, 19)
    yield "P1_without_spaces.pbm", b"P1\n19 11\n" + plain_text(bits, 19).replace(b" ", b"")
    yield "P1_comments.pbm", b"P1 #a\n# 5 7\n19#x\n 11\n" + plain_text(bits, 19).replace(b"\n", b" # 1 0 1\n", 3)
    yield "P2.pgm", b"P2\n19 11\n255\n" + plain_text(grey, 19)
    yield "P2_7.pgm", b"P2\n19 11\n7\n" + plain_text(grey % 8, 19)
    yield "P2_1023.pgm", b"P2\n19 11\n1023\n" + plain_text(grey % 4, 19)
    yield "P2_1023_clipped.pgm", b"P2\n19 11\n1023\n" + plain_text(grey, 19)
    yield "P2_comment_within_a_number.pgm", b"P2\n2 1\n255\n1#x\n2 3"
    yield "P2_comment_of_cr.pgm", b"P2\n2 1\n255\n1 #x\r2 3"
    yield "P3.ppm", b"P3\n19 11\n255\n" + plain_text(colour, 57)
    yield "P3_100.ppm", b"P3\n19 11\n100\n" + plain_text(colour % 101, 57) + b"\nmore"
    yield "P3_65535.ppm", b"P3\n19 11\n65535\n" + plain_text(colour * 257, 57)
    yield "P4.pbm", b"P4\n19 11\n" + b"".join(bits_of(bits, 1))
    for largest in (1, 2, 7, 100, 254, 255):
        values = (grey % (largest + 1)).astype(np.uint8).tobytes()
        yield f"P5_{largest}.pgm", b"P5 19 11 %d\n" % largest + values
        yield f"P6_{largest}.ppm", b"P6 19 11 %d\n" % largest + (colour % (largest + 1)).astype(np.uint8).tobytes()
    yield "P5_too_large.pgm", b"P5 19 11 100\n" + grey.astype(np.uint8).tobytes()
    for largest in (256, 1000, 4095, 65534, 65535):
        values = NUMBERS.integers(0, largest + 1, (11, 19, 3))
        yield f"P6_{largest}.ppm", b"P6\n19 11\n%d\n" % largest + values.astype(">u2").tobytes()
        yield f"P5_{largest}_clipped.pgm", b"P5\n19 11\n%d\n" % largest + values[:, :, 0].astype(">u2").tobytes()
        yield f"P5_{largest}_dark.pgm", b"P5\n19 11\n%d\n" % largest + (grey * largest // 65535).astype(">u2").tobytes()
    yield "P6_header_comments.ppm", b"P6\n#one\n19 # two\n1#three\n1\n255\n" + colour.astype(np.uint8).tobytes() + b"end"
    yield "refused_cut.ppm", b"P6 19 11 255\n" + bytes(19 * 11 * 3 - 1)
    yield "refused_cut_P5.pgm", b"P5 19 11 100\n" + bytes(19 * 11 - 1)
    yield "refused_cut_P4.pbm", b"P4 19 11\n" + bytes(3 * 11 - 1)
    yield "refused_cut_P2.pgm", b"P2 19 11 255\n1 2 3"
    yield "refused_cut_P1.pbm", b"P1 19 11\n1 0 1"
    yield "refused_no_blank.ppm", b"P6x19 11 255\n" + bytes(999)
    yield "refused_largest_0.ppm", b"P6 19 11 0\n" + bytes(999)
    yield "refused_largest_65536.ppm", b"P6 19 11 65536\n" + bytes(1999)
    yield "refused_too_large.pgm", b"P2 2 1 100\n1 101"
    yield "refused_negative.pgm", b"P2 2 1 100\n1 -1"
    yield "refused_letters.pgm", b"P2 2 1 100\n1 x"
    yield "refused_long_number.pgm", b"P2 2 1 100\n1 00000000001"
    yield "refused_bit_2.pbm", b"P1 2 1\n1 2"
    yield "refused_two_pictures.pbm", b"P1 2 1\n1 0\nP1 2 1\n1 0"
    yield "refused_50000x50000.ppm", b"P6 50000 50000 255\n" + bytes(999)
    yield "refused_0x11.ppm", b"P6 0 11 255\n" + bytes(999)
    yield "refused_float.pfm", b"PF 1 1 -1.0\n" + bytes(12)
    yield "refused_pam.pam", b"P7\nWIDTH 1\nHEIGHT 1\nDEPTH 3\nMAXVAL 255\nTUPLTYPE RGB\nENDHDR\n\1\2\3"


def tga(kind, bits, data, size=(19, 11), flags=0, palette=(0, 0, b""), name=b""):
    start, map_bits, colours = palette
    count = len(colours) // (map_bits // 8) if colours else 0
    return (bytes([len(name), 1 if colours else 0, kind]) + le("HHB", start, count, map_bits)
            + le("HHHHBB", 0, 0, *size, bits, flags) + name + colours + data)


def runs(rows, size):
    """Runs and copies of pixels of `size` bytes, within rows."""
    data = b""
    for row in rows:
        pixels = [row[i:i + size] for i in range(0, len(row), size)]
        while pixels:
            same = next((i for i, p in enumerate(pixels) if p != pixels[0]), len(pixels))
            if same > 1:
                data += bytes([0x80 | same - 1]) + pixels[0]
            else:
                same = min(len(pixels), RANDOM.randint(1, 5))
                data += bytes([same - 1]) + b"".join(pixels[:same])
            pixels = pixels[same:]
    return data


def tga_rows(size):
    return [b"".join(RANDOM.randbytes(size) * RANDOM.choice((1, 1, 1, 4)) for _ in range(19))[:19 * size] for _ in range(11)]


def tgas():
    palettes = {bits: (0, bits, RANDOM.randbytes(256 * bits // 8)) for bits in (16, 24, 32)}
    kinds = [("grey8", 3, 8, None), ("grey16", 3, 16, None), ("colour16", 2, 16, None), ("colour24", 2, 24, None),
             ("colour32", 2, 32, None), ("map16", 1, 8, 16), ("map24", 1, 8, 24), ("map32", 1, 8, 32)]
    for name, kind, bits, map_bits in kinds:
        rows = tga_rows(bits // 8)
        palette = palettes.get(map_bits, (0, 0, b""))
        for flags in (0, 0x10, 0x20, 0x30):
            yield f"{name}_{flags:02x}", tga(kind, bits, b"".join(rows), flags=flags, palette=palette)
        yield f"{name}_runs", tga(kind | 8, bits, runs(rows, bits // 8), palette=palette)
        yield f"{name}_runs_top_down", tga(kind | 8, bits, runs(rows, bits // 8), flags=0x20, palette=palette)
    rows = tga_rows(3)
    whole = b"".join(rows)
    across = b"".join(bytes([len(whole[i:i + 384]) // 3 - 1]) + whole[i:i + 384] for i in range(0, len(whole), 384))
    yield "copies_across_rows", tga(10, 24, across)
    yield "copy_beyond_the_end", tga(10, 24, across[:385] + bytes([127]) + RANDOM.randbytes(384), (19, 8))
    yield "name", tga(2, 24, whole, name=b"a picture")
    yield "bits", tga(3, 1, b"".join(bits_of(indices(2), 1)), flags=0x20)
    yield "map_from_5", tga(1, 8, bytes(range(209)), palette=(5, 24, RANDOM.randbytes(60)))
    yield "grey_with_map", tga(3, 8, RANDOM.randbytes(209), palette=palettes[24])
    yield "grey16_with_map", tga(3, 16, RANDOM.randbytes(418), palette=palettes[24])
    yield "footer", tga(2, 32, tga_rows(4)[0] * 11 + bytes(8) + b"TRUEVISION-XFILE.\0")
    yield "pillow", encoded(pattern("RGBA"), "TGA", compression="tga_rle")
    yield "refused_cut", tga(2, 24, whole[:-1])
    yield "refused_cut_runs", tga(10, 24, across[:-1])
    yield "refused_run_across_rows", tga(10, 24, bytes([0x80 | 30, 1, 2, 3]) * 20)
    yield "refused_colour_with_map", tga(2, 24, whole, palette=palettes[24])
    yield "refused_map_without_map", tga(1, 8, whole)
    yield "refused_depth", tga(2, 8, whole)
    yield "refused_bits_runs", tga(11, 1, whole)
    yield "refused_long_map", tga(1, 8, whole, palette=(100, 24, RANDOM.randbytes(600)))
    yield "refused_0x11", tga(2, 24, whole, (0, 11))
    yield "refused_60000x60000", tga(2, 24, whole, (60000, 60000))


def qois():
    yield "colour", encoded(pattern(), "QOI")
    yield "alpha", encoded(pattern("RGBA"), "QOI")
    yield "few_colours", encoded(pattern("P").convert("RGB"), "QOI")
    yield "1x1", encoded(pattern("RGB", 1, 1), "QOI")
    head = b"qoif" + (19).to_bytes(4, "big") + (11).to_bytes(4, "big")
    yield "random", head + b"\3\0" + RANDOM.randbytes(900)
    yield "random_alpha", head + b"\4\1" + RANDOM.randbytes(900)
    yield "run_beyond_the_end", head + b"\3\0" + b"\xfe\1\2\3" + b"\xfd" * 9
    yield "first_run_is_in_no_table", head + b"\3\0" + b"\xc0\x35" + b"\xfe\1\2\3" + b"\xfd" * 9
    yield "refused_cut", encoded(pattern(), "QOI")[:100]
    yield "refused_cut_within_a_pixel", head + b"\3\0" + b"\xfd" * 3 + b"\xfe\1\2"
    yield "refused_header_only", head
    yield "refused_50000x50000", b"qoif" + (50000).to_bytes(4, "big") * 2 + b"\3\0" + bytes(999)


def files():
    for name, data in pnms():
        yield f"pnm/{name}", data
    for name, data in tgas():
        yield f"tga/{name}.tga", data
    for name, data in qois():
        yield f"qoi/{name}.qoi", data
