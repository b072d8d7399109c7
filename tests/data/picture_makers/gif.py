"""GIF."""

import numpy as np

from .common import RANDOM, encoded, indices, le, pattern


def blocks(data, size=255):
    return b"".join(bytes([len(data[i:i + size])]) + data[i:i + size] for i in range(0, len(data), size)) + b"\0"


def codes(numbers, bits, clear_every=None, end=True):
    """LZW: the first code of each string is a new one, so that all lengths of codes occur."""
    clear, stop = 1 << bits, (1 << bits) + 1
    out, count, total = 0, 0, 0
    table, size = {}, bits + 1

    def put(code):
        nonlocal out, count
        out |= code << count
        count += size

    put(clear)
    word = ()
    for number in numbers:
        longer = word + (int(number),)
        if len(longer) == 1 or longer in table:
            word = longer
            continue
        put(table[word] if len(word) > 1 else word[0])
        total += 1
        if len(table) + clear + 2 < 4096:
            table[longer] = len(table) + clear + 2
            if len(table) + clear + 2 > 1 << size and size < 12:
                size += 1
        if clear_every and total % clear_every == 0:
            put(clear)
            table, size = {}, bits + 1
        word = (int(number),)
    if word:
        put(table[word] if len(word) > 1 else word[0])
        if len(table) + clear + 3 > 1 << size and size < 12 and len(table) + clear + 2 < 4096:
            size += 1
    if end:
        put(stop)
    return out.to_bytes((count + 7) // 8, "little")


def frame(numbers, place=(0, 0), palette=None, flags=0, bits=8, **options):
    height, width = numbers.shape
    flags |= 0x80 | (len(palette) // 3).bit_length() - 2 if palette else 0
    return (b"," + le("HHHHB", *place, width, height, flags) + (palette or b"") + bytes([bits])
            + blocks(codes(numbers.flatten(), bits, **options)))


def gif(*parts, size=(19, 11), palette=None, background=0):
    flags = 0x80 | (len(palette) // 3).bit_length() - 2 if palette else 0
    return b"GIF89a" + le("HHBBB", *size, flags, background, 0) + (palette or b"") + b"".join(parts) + b";"


def control(transparent=None, disposal=0):
    flags = disposal << 2 | (transparent is not None)
    return b"!\xf9\4" + le("BHB", flags, 5, transparent or 0) + b"\0"


def deinterlaced(numbers):
    order = [*range(0, len(numbers), 8), *range(4, len(numbers), 8), *range(2, len(numbers), 4), *range(1, len(numbers), 2)]
    return numbers[order]


GREY = bytes(i for shade in range(256) for i in (shade,) * 3)


def gifs():
    colours = RANDOM.randbytes(768)
    numbers = indices(256)
    yield "global", gif(frame(numbers), palette=colours)
    yield "local", gif(frame(numbers, palette=RANDOM.randbytes(768)))
    yield "both", gif(frame(numbers, palette=RANDOM.randbytes(768)), palette=colours)
    yield "no_palette", gif(frame(numbers))
    yield "grey", gif(frame(numbers), palette=GREY)
    yield "short_grey", gif(frame(numbers), palette=GREY[:48])
    yield "grey_local", gif(frame(numbers, palette=GREY))
    yield "short_palette", gif(frame(numbers), palette=colours[:48])
    for bits in range(2, 9):
        yield f"{bits}bit", gif(frame(indices(1 << bits), bits=bits), palette=colours[:3 << bits])
    for height in (1, 2, 3, 4, 5, 8, 9, 17):
        numbers = indices(256, 19, height)
        yield f"interlaced_{height}", gif(frame(deinterlaced(numbers), flags=0x40), size=(19, height), palette=colours)
    numbers = indices(256)
    part = numbers[2:9, 3:12]
    yield "offset", gif(frame(part, (3, 2)), palette=colours, background=7)
    yield "offset_transparent", gif(control(9), frame(part, (3, 2)), palette=colours, background=7)
    yield "transparent", gif(control(int(numbers[0, 0])), frame(numbers), palette=colours)
    yield "two_controls", gif(control(9), control(), frame(part, (3, 2)), palette=colours)
    yield "beyond_the_screen", gif(frame(numbers, (5, 4)), palette=colours)
    yield "no_screen", gif(frame(numbers), size=(0, 0), palette=colours)
    yield "comments", gif(b"!\xfe" + blocks(b"words" * 99), b"!\xff\x0bNETSCAPE2.0\3\1\0\0\0", b"!\xfe\0", b"\0\0", frame(numbers),
                          palette=colours)
    yield "87a", b"GIF87a" + gif(frame(numbers), palette=colours)[6:]
    yield "clears", gif(frame(numbers, clear_every=30), palette=colours)
    flat = np.repeat(indices(256, 4, 60), 40, axis=1)
    yield "strings", gif(frame(flat), size=flat.shape[::-1], palette=colours)
    noise = indices(256, 90, 80)
    yield "full_table", gif(frame(noise), size=(90, 80), palette=colours)
    yield "no_end_code", gif(frame(numbers, end=False), palette=colours)
    yield "no_trailer", gif(frame(numbers), palette=colours)[:-1]
    yield "only_the_codes", gif(frame(numbers, end=False), palette=colours)[:-2]
    small = b"," + le("HHHHB", 0, 0, 19, 11, 0) + bytes([8]) + blocks(codes(numbers.flatten(), 8), 3)
    yield "small_blocks", gif(small, palette=colours)
    yield "animated", gif(control(3, 2), frame(numbers), control(4, 1), frame(part, (1, 1)), frame(part), palette=colours)
    yield "animated_cut", gif(frame(numbers), frame(part), palette=colours)[:-20]
    yield "pillow", encoded(pattern(), "GIF")
    yield "pillow_animated", encoded(pattern(), "GIF", save_all=True, append_images=[pattern(), pattern()])
    yield "refused_missing_pixels", gif(frame(numbers[:7]), palette=colours).replace(le("HH", 19, 7), le("HH", 19, 11))
    yield "refused_cut", gif(frame(numbers), palette=colours)[:-40]
    yield "refused_no_frame", gif(palette=colours)
    yield "refused_header_only", gif()[:13]
    yield "refused_bits_13", gif(b"," + le("HHHHB", 0, 0, 19, 11, 0) + bytes([13, 2, 0, 0, 0]), palette=colours)
    yield "refused_wrong_code", gif(b"," + le("HHHHB", 0, 0, 19, 11, 0) + bytes([2, 2, 0b11_111_100, 0xFF, 0]), palette=colours)
    yield "refused_no_width", gif(frame(numbers).replace(le("HH", 19, 11), le("HH", 0, 11)), palette=colours)
    yield "refused_65535x65535", gif(frame(numbers), size=(65535, 65535), palette=colours)


def differing():
    """A grey palette of the frame's own: Pillow takes the shared one. File, and the right shades."""
    numbers = indices(256)
    yield "grey_local_over_global", gif(frame(numbers, palette=GREY), palette=RANDOM.randbytes(768)), numbers


def files():
    for name, data in gifs():
        yield f"gif/{name}.gif", data


def differing_files():
    for name, data, grey in differing():
        yield f"gif/{name}.gif", data, grey
