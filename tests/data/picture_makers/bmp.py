"""BMP and ICO."""

from .common import RANDOM, bits_of, encoded, indices, le, pattern


def header(width, height, bits, compression=0, colours=0, size=40, extra=b"", top_down=False):
    if size == 12:
        return le("IHHHH", 12, width, height, 1, bits)
    head = le("IiiHHIIiiII", size, width, -height if top_down else height, 1, bits, compression, 0, 0, 0, colours, 0)
    return (head + extra).ljust(size, b"\0") if size > 40 else head + extra


def bmp(head, palette, data, offset=None):
    place = 14 + len(head) + len(palette) if offset is None else offset
    return b"BM" + le("IHHI", 14 + len(head) + len(palette) + len(data), 0, 0, place) + head + palette + data


def rows(lines):
    """Filled up to four bytes, and the last row first."""
    return b"".join(line.ljust((len(line) + 3) // 4 * 4, b"\0") for line in lines)


def palette(count, old=False):
    return b"".join(RANDOM.randbytes(3) + (b"" if old else b"\0") for _ in range(count))


def grey(count):
    return b"".join(bytes([i, i, i, 0]) for i in range(count))


def plain():
    for bits in (1, 4, 8):
        data = rows(bits_of(indices(1 << bits), bits))
        yield f"{bits}bit", bmp(header(19, 11, bits), palette(1 << bits), data)
        yield f"{bits}bit_top_down", bmp(header(19, 11, bits, top_down=True), palette(1 << bits), data)
        yield f"{bits}bit_os2", bmp(header(19, 11, bits, size=12), palette(1 << bits, True), data)
        yield f"{bits}bit_no_offset", bmp(header(19, 11, bits), palette(1 << bits), data, 0)
        # the offset of one that forgot its palette
        yield f"{bits}bit_forgotten_palette", bmp(header(19, 11, bits), palette(1 << bits), data, 54)
    for bits in (16, 24, 32):
        data = rows(RANDOM.randbytes(19 * bits // 8) for _ in range(11))
        yield f"{bits}bit", bmp(header(19, 11, bits), b"", data)
        yield f"{bits}bit_top_down", bmp(header(19, 11, bits, top_down=True), b"", data)
        for size in (52, 56, 64, 108, 124):
            yield f"{bits}bit_header_{size}", bmp(header(19, 11, bits, size=size), b"", data)
    yield "24bit_os2", bmp(header(19, 11, 24, size=12), b"", rows(RANDOM.randbytes(57) for _ in range(11)))
    yield "1x1", bmp(header(1, 1, 24), b"", b"\1\2\3\0")
    yield "no_padding_at_the_end", bmp(header(1, 1, 24), b"", b"\1\2\3")


def masks():
    layouts = {32: [(0xFF0000, 0xFF00, 0xFF, 0), (0xFF000000, 0xFF0000, 0xFF00, 0), (0xFF000000, 0xFF00, 0xFF, 0),
                    (0xFF000000, 0xFF0000, 0xFF00, 0xFF), (0xFF, 0xFF00, 0xFF0000, 0xFF000000),
                    (0xFF0000, 0xFF00, 0xFF, 0xFF000000), (0xFF000000, 0xFF00, 0xFF, 0xFF0000), (0, 0, 0, 0)],
               24: [(0xFF0000, 0xFF00, 0xFF, 0)], 16: [(0xF800, 0x7E0, 0x1F, 0), (0x7C00, 0x3E0, 0x1F, 0)]}
    for bits, all_masks in layouts.items():
        data = rows(RANDOM.randbytes(7 * bits // 8) for _ in range(5))
        for i, mask in enumerate(all_masks):
            for size in (56, 124):
                yield f"{bits}bit_masks_{i}_{size}", bmp(header(7, 5, bits, 3, size=size, extra=le("4I", *mask)), b"", data)
            if mask[3] == 0:
                yield f"{bits}bit_masks_{i}_40", bmp(header(7, 5, bits, 3, extra=le("3I", *mask[:3])), b"", data)
                yield f"{bits}bit_masks_{i}_52", bmp(header(7, 5, bits, 3, size=52, extra=le("3I", *mask[:3])), b"", data)
    yield "refused_masks", bmp(header(7, 5, 32, 3, size=56, extra=le("4I", 0x3FF00000, 0xFFC00, 0x3FF, 0)), b"", data * 2)


def palettes():
    data = rows(bits_of(indices(256), 8))
    yield "8bit_grey", bmp(header(19, 11, 8), grey(256), data)
    yield "8bit_short_palette", bmp(header(19, 11, 8, colours=100), palette(100), data)
    yield "8bit_short_grey_palette", bmp(header(19, 11, 8, colours=100), grey(100), data)
    yield "1bit_black_and_white", bmp(header(19, 11, 1), b"\0\0\0\0\xff\xff\xff\0", rows(bits_of(indices(2), 1)))
    yield "1bit_white_and_black", bmp(header(19, 11, 1), b"\xff\xff\xff\0\0\0\0\0", rows(bits_of(indices(2), 1)))
    yield "1bit_one_colour", bmp(header(19, 11, 1, colours=1), b"\0\0\0\0", rows(bits_of(indices(2), 1)))
    yield "refused_big_palette", bmp(header(19, 11, 8, colours=300), palette(300), data)


def runs():
    for bits, compression in ((8, 1), (4, 2)):
        colours = palette(1 << bits)
        head = header(6, 3, bits, compression)
        row = bytes([6, 0x12, 0, 0])
        copied = bytes([0, 6, 1, 2, 3, 4, 5, 6, 0, 0]) if bits == 8 else bytes([0, 6, 0x12, 0x34, 0x56, 0, 0, 0])
        yield f"{bits}bit_runs", bmp(head, colours, row + copied + bytes([2, 0x31, 4, 0x12, 0, 0, 0, 1]))
        odd = bytes([0, 3, 1, 2, 3, 0, 3, 2, 0, 0]) if bits == 8 else bytes([0, 3, 0x12, 0x30, 3, 2, 0, 0])
        yield f"{bits}bit_odd_copy", bmp(head, colours, row + odd + row)
        yield f"{bits}bit_moves", bmp(head, colours, row + bytes([2, 3, 0, 2, 1, 1, 3, 0x21, 0, 0]))
        yield f"{bits}bit_short_rows", bmp(head, colours, bytes([2, 3, 0, 0, 3, 1, 0, 0, 6, 2]))
        yield f"{bits}bit_too_long", bmp(head, colours, bytes([200, 3, 0, 0, 9, 1, 0, 0, 6, 2]))
        yield f"refused_{bits}bit_early_end", bmp(head, colours, row + row + bytes([0, 1]))
        yield f"refused_{bits}bit_cut", bmp(head, colours, row + copied[:5])
    yield "8bit_runs_top_down", bmp(header(6, 3, 8, 1, top_down=True), palette(256), bytes([6, 1, 0, 0, 6, 2, 0, 0, 6, 3]))
    yield "1bit_runs", bmp(header(6, 1, 1, 1), palette(2), bytes([6, 1]))
    yield "8bit_runs_black_and_white", bmp(header(6, 1, 8, 1, colours=2), b"\0\0\0\0\xff\xff\xff\0", bytes([3, 1, 3, 0]))
    yield "refused_24bit_runs", bmp(header(6, 1, 24, 1), b"", bytes([6, 1]) * 9)


def odd():
    whole = encoded(pattern(), "BMP")
    yield "pillow", whole
    yield "refused_cut", whole[:-30]
    yield "refused_header_only", whole[:54]
    yield "refused_half_a_header", whole[:30]
    yield "refused_depth_2", bmp(header(19, 11, 2), palette(4), bytes(500))
    yield "refused_jpeg_inside", bmp(header(19, 11, 0, 4), b"", bytes(500))
    yield "refused_header_size", bmp(le("I", 41) + header(19, 11, 24)[4:], b"", bytes(900))
    yield "refused_50000x50000", bmp(header(50000, 50000, 24), b"", bytes(900))
    yield "refused_0x11", bmp(header(0, 11, 24), b"", bytes(900))
    yield "refused_negative_width", bmp(header(-19, 11, 24), b"", bytes(900))


def differing():
    """Palettes of so few greys that Pillow reads the pixels as of another depth: file, and the right colour numbers."""
    numbers = indices(2)
    yield "8bit_black_and_white", bmp(header(19, 11, 8, colours=2), b"\0\0\0\0\xff\xff\xff\0", rows(bits_of(numbers, 8))), \
        numbers[::-1] * 255
    numbers = indices(16, 4, 5)
    yield "4bit_grey_ramp", bmp(header(4, 5, 4), grey(16), rows(bits_of(numbers, 4))), numbers[::-1]


def icon(*pictures):
    """pictures: (width, height, colours, bits, bytes)"""
    place = 6 + 16 * len(pictures)
    directory = le("HHH", 0, 1, len(pictures))
    for width, height, colours, bits, data in pictures:
        directory += le("BBBBHHII", width % 256, height % 256, colours, 0, 1, bits, len(data), place)
        place += len(data)
    return directory + b"".join(picture[4] for picture in pictures)


def bitmap(width, height, bits, colours=0):
    count = colours or (1 << bits if bits <= 8 else 0)
    line = (width * bits + 31) // 32 * 4
    mask = (width + 31) // 32 * 4
    return header(width, 2 * height, bits, colours=colours) + palette(count) + RANDOM.randbytes((line + mask) * height)


def icons():
    for bits in (1, 4, 8, 16, 24, 32):
        yield f"{bits}bit", icon((17, 9, 0, bits, bitmap(17, 9, bits)))
    yield "24bit_called_32", icon((8, 4, 0, 32, bitmap(8, 4, 24) + bytes(99)))
    yield "png", icon((19, 11, 0, 32, encoded(pattern("RGBA"), "PNG")))
    yield "png_palette", icon((19, 11, 0, 8, encoded(pattern("P"), "PNG")))
    yield "largest", icon((8, 8, 0, 24, bitmap(8, 8, 24)), (16, 16, 0, 24, bitmap(16, 16, 24)), (4, 4, 0, 32, bitmap(4, 4, 32)))
    yield "fewest_bits", icon((8, 8, 0, 32, bitmap(8, 8, 32)), (8, 8, 16, 0, bitmap(8, 8, 4)), (8, 8, 0, 8, bitmap(8, 8, 8)))
    yield "number_of_colours", icon((8, 8, 0, 0, bitmap(8, 8, 24)), (8, 8, 17, 0, bitmap(8, 8, 8)), (8, 8, 9, 5, bitmap(8, 8, 4)))
    yield "256", icon((256, 256, 0, 1, bitmap(256, 256, 1)))
    yield "other_size_inside", icon((16, 16, 0, 24, bitmap(5, 7, 24)))
    yield "pillow", encoded(pattern("RGBA", 32, 32), "ICO", bitmap_format="bmp", sizes=[(16, 16), (32, 32)])
    whole = icon((17, 9, 0, 24, bitmap(17, 9, 24)))
    yield "cut_behind_the_mask", whole[:-1]
    yield "refused_cut_mask", whole[:-2]
    yield "refused_cut_alpha", icon((8, 4, 0, 32, bitmap(8, 4, 24)))
    yield "refused_cut_directory", whole[:20]
    yield "refused_empty", le("HHH", 0, 1, 0)
    yield "refused_place", whole[:18] + le("I", 1 << 30) + whole[22:]
    yield "refused_50000x50000", icon((16, 16, 0, 24, header(50000, 100000, 24) + bytes(999)))


def files():
    for part in (plain, masks, palettes, runs, odd):
        for name, data in part():
            yield f"bmp/{name}.bmp", data
    for name, data in icons():
        yield f"ico/{name}.ico", data


def differing_files():
    for name, data, grey_pixels in differing():
        yield f"bmp/{name}.bmp", data, grey_pixels
