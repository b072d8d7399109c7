"""Makes image/: small pictures in odd formats, and the RGB pixels that Pillow gives for them.

    python make_images.py        (Pillow 13; run in this directory)

image/accepted/NAME   a picture that must be decoded
image/expected/NAME.png   its pixels: Image.open(NAME).convert("RGB")
image/warned/NAME, image/expected/NAME.png   the same, and the decoder must warn
image/refused/NAME    a file that must be refused, by Pillow too
"""

import io
import pathlib
import random
import struct
import warnings
import zlib

from PIL import Image

ROOT = pathlib.Path(__file__).parent / "image"
RANDOM = random.Random(1)
warnings.simplefilter("ignore")


def pattern(mode="RGB", width=37, height=23):
    """Gradients with edges and some noise: every pixel differs from its neighbours."""
    image = Image.new("RGBA", (width, height))
    for y in range(height):
        for x in range(width):
            edge = 120 if (x // 7 + y // 5) % 2 else 0
            noise = RANDOM.randrange(20)
            image.putpixel((x, y), (x * 255 // width, y * 255 // height, edge + noise, (x * y * 11) % 256))
    return image.convert(mode)


def encoded(image, kind, **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def chunk(name, data, checksum=None):
    right = zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", right if checksum is None else checksum)


def png_rows(width, height, bits):
    row = (width * bits + 7) // 8
    return b"".join(bytes([RANDOM.randrange(5)]) + RANDOM.randbytes(row) for _ in range(height))


def png_parts(colour, depth, interlaced, width=13, height=11):
    """IHDR and IDAT of random bits under random filters, for what Pillow does not write."""
    bits = depth * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    passes = [(0, 0, 1, 1)]
    if interlaced:
        passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    data = b""
    for left, top, right, down in passes:
        columns, rows = -(-(width - left) // right), -(-(height - top) // down)
        if columns > 0 and rows > 0:
            data += png_rows(columns, rows, bits)
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced))
    return header, zlib.compress(data)


def png(colour, depth, interlaced, before=b"", size=(13, 11)):
    header, data = png_parts(colour, depth, interlaced, *size)
    half = len(data) // 2
    return (b"\x89PNG\r\n\x1a\n" + header + before + chunk(b"IDAT", data[:half]) + chunk(b"IDAT", data[half:])
            + chunk(b"IEND", b""))


def palette(entries):
    return chunk(b"PLTE", RANDOM.randbytes(3 * entries))


def with_byte(data, place, value):
    return data[:place] + bytes([value]) + data[place + 1:]


def with_sampling(jpeg, sampling, width, height):
    """Another subsampling and size with as many blocks per MCU and as many MCUs, so that the coded data still fit."""
    frame = jpeg.index(b"\xff\xc0")
    jpeg = jpeg[:frame + 5] + struct.pack(">HH", height, width) + jpeg[frame + 9:]
    return with_byte(jpeg, frame + 11, sampling)


def subsampled_jpegs(picture):
    """What Pillow does not write: 4:4:0 from 4:2:2 (3x3 MCUs) and 4:1:1 from 4:2:0 (3x2 MCUs)."""
    yield "accepted/440.jpg", with_sampling(encoded(picture, "JPEG", subsampling=1), 0x12, 23, 37)
    yield "accepted/411.jpg", with_sampling(encoded(picture, "JPEG", subsampling=2), 0x41, 70, 15)


def cmyk_jpegs(picture):
    cmyk = encoded(picture.convert("CMYK"), "JPEG")
    yield "accepted/cmyk.jpg", cmyk
    adobe = cmyk.index(b"\xff\xee")
    yield "accepted/ycck.jpg", with_byte(cmyk, adobe + 15, 2)
    yield "accepted/cmyk_unmarked.jpg", cmyk[:adobe] + cmyk[adobe + 16:]


def jpegs():
    picture = pattern()
    yield "accepted/420.jpg", encoded(picture, "JPEG", quality=80)
    yield "accepted/444.jpg", encoded(picture, "JPEG", quality=95, subsampling=0)
    yield "accepted/422_restart.jpg", encoded(picture, "JPEG", subsampling=1, restart_marker_blocks=2)
    yield "accepted/progressive.jpg", encoded(picture, "JPEG", progressive=True)
    yield "accepted/rgb.jpg", encoded(picture, "JPEG", keep_rgb=True)
    yield "accepted/grey.jpg", encoded(picture.convert("L"), "JPEG")
    yield from cmyk_jpegs(picture)
    yield from subsampled_jpegs(picture)
    yield "refused/no_end.jpg", encoded(picture, "JPEG")[:-2]
    yield "accepted/two_pictures.jpg", encoded(picture, "MPO", save_all=True, append_images=[pattern()])
    exif = Image.Exif()
    exif[0x0112] = 6
    yield "warned/turned.jpg", encoded(picture, "JPEG", exif=exif)
    plain = encoded(picture, "JPEG")
    scan = plain.index(b"\xff\xda")
    yield "warned/damaged.jpg", with_byte(plain, scan + 34, 0xAA)
    yield "warned/cut_restart.jpg", plain[:scan + 200] + b"\xff\xd9"
    frame = plain.index(b"\xff\xc0")
    yield "refused/12bit.jpg", with_byte(plain, frame + 4, 12)
    yield "refused/lossless.jpg", with_byte(plain, frame + 1, 0xC7)
    yield "refused/two_components.jpg", with_byte(plain, frame + 9, 2)
    yield "refused/no_height.jpg", plain[:frame + 5] + b"\0\0" + plain[frame + 7:]
    yield "refused/header_only.jpg", plain[:scan]
    yield "refused/65500x65500.jpg", plain[:frame + 5] + struct.pack(">HH", 65500, 65500) + plain[frame + 9:]


def pngs():
    for colour, depths in ((0, (1, 2, 4, 8)), (2, (8, 16)), (3, (1, 2, 4, 8)), (4, (8, 16)), (6, (8, 16))):
        for depth in depths:
            for interlaced in (0, 1):
                before = palette(1 << depth) if colour == 3 else b""
                name = f"{colour}_{depth}bit{'_interlaced' * interlaced}.png"
                yield "accepted/" + name, png(colour, depth, interlaced, before)
    yield "accepted/1x1_interlaced.png", png(2, 8, 1, size=(1, 1))
    yield "accepted/short_palette.png", png(3, 8, 0, palette(100))
    yield "accepted/no_palette.png", png(3, 4, 0)
    yield "accepted/ragged_palette.png", png(3, 4, 0, chunk(b"PLTE", RANDOM.randbytes(3 * 7 + 2)))
    yield "accepted/transparent_palette.png", png(3, 4, 0, palette(16) + chunk(b"tRNS", RANDOM.randbytes(9)))
    yield "accepted/transparent_colour.png", png(2, 8, 0, chunk(b"tRNS", bytes(6)))
    yield "accepted/gamma.png", png(2, 8, 0, chunk(b"gAMA", struct.pack(">I", 220000)))
    yield "accepted/no_end.png", png(2, 8, 0)[:-12]
    yield "warned/grey16.png", png(0, 16, 0)
    yield "warned/grey16_interlaced.png", png(0, 16, 1)
    frames = [pattern(), pattern()]
    yield "warned/animated.png", encoded(frames[0], "PNG", save_all=True, append_images=frames[1:])
    header, data = png_parts(2, 8, 0)
    start = b"\x89PNG\r\n\x1a\n" + header
    end = chunk(b"IEND", b"")
    yield "warned/pixel_checksum.png", start + chunk(b"IDAT", data, 0) + end
    yield "warned/cut_in_checksum.png", (start + chunk(b"IDAT", data))[:-6]
    yield "refused/header_checksum.png", with_byte(start, 29, 1) + chunk(b"IDAT", data) + end
    yield "refused/comment_checksum.png", start + chunk(b"tEXt", b"a\0b", 0) + chunk(b"IDAT", data) + end
    yield "refused/cut_comment.png", (start + chunk(b"IDAT", data) + chunk(b"tEXt", b"a\0b"))[:-6]
    yield "refused/no_pixels.png", start + end
    yield "refused/no_rows.png", b"\x89PNG\r\n\x1a\n" + png_parts(2, 8, 0, 5, 0)[0] + chunk(b"IDAT", data) + end
    yield "refused/missing_rows.png", start + chunk(b"IDAT", zlib.compress(b"\0" * 90)) + end
    yield "refused/bad_filter.png", start + chunk(b"IDAT", zlib.compress(b"\7" * 440)) + end
    huge = chunk(b"IHDR", struct.pack(">IIBBBBB", 100000, 100000, 8, 2, 0, 0, 0))
    yield "refused/100000x100000.png", b"\x89PNG\r\n\x1a\n" + huge + chunk(b"IDAT", data) + end


def webps():
    yield "accepted/lossy.webp", encoded(pattern(), "WEBP", quality=80)
    yield "accepted/lossless.webp", encoded(pattern(), "WEBP", lossless=True)
    yield "accepted/alpha_lossy.webp", encoded(pattern("RGBA"), "WEBP", quality=80)
    yield "accepted/alpha_exact.webp", encoded(pattern("RGBA"), "WEBP", lossless=True, exact=True)
    animation = encoded(pattern("RGBA"), "WEBP", save_all=True, append_images=[pattern("RGBA")], duration=50)
    yield "warned/animated.webp", animation
    lossy = encoded(pattern(), "WEBP", quality=80)
    yield "refused/cut.webp", lossy[:-20]
    yield "refused/cut_animation.webp", animation[:-20]
    yield "refused/header_only.webp", lossy[:30]
    huge = lossy[:26] + struct.pack("<HH", 16383, 16383) + lossy[30:]
    yield "refused/16383x16383.webp", huge
    yield "refused/no_frame.webp", b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0" + bytes(4) + b"\xff\xff\xff\x10\0\0"


def pixels(data):
    return Image.open(io.BytesIO(data)).convert("RGB")


def main():
    for name, data in [*jpegs(), *pngs(), *webps()]:
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        if path.parent.name == "refused":
            try:
                pixels(data)
            except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
                continue
            raise AssertionError(f"Pillow accepts {name}")
        expected = ROOT / "expected" / (path.name + ".png")
        expected.parent.mkdir(exist_ok=True)
        pixels(data).save(expected, optimize=True)


if __name__ == "__main__":
    main()
