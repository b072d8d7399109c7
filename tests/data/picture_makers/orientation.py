"""Pictures that are to be shown turned, by EXIF data or XMP."""

import struct
import zlib

from PIL import Image

from .common import encoded, pattern

XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="%d"/></x:xmpmeta>'
XMP_ELEMENT = b"<x:xmpmeta><tiff:Orientation>%d</tiff:Orientation></x:xmpmeta>"


def exif(orientation, order=">", kind=3, before=2):
    """The tag, with others before and behind it."""
    entries = [(0x0100 + i, 4, 1, struct.pack(order + "I", i)) for i in range(before)]
    value = struct.pack(order + {1: "B3x", 3: "H2x", 4: "I"}[kind], orientation)
    entries += [(0x0112, kind, 1, value), (0x0213, 3, 1, bytes(4))]
    head = b"MM\0*" if order == ">" else b"II*\0"
    data = head + struct.pack(order + "IH", 8, len(entries))
    for tag, entry_kind, count, entry_value in entries:
        data += struct.pack(order + "HHI", tag, entry_kind, count) + entry_value
    return data + bytes(4)


def segment(data):
    return b"\xff\xe1" + struct.pack(">H", len(data) + 2) + data


def with_segments(jpeg, *segments):
    return jpeg[:2] + b"".join(map(segment, segments)) + jpeg[2:]


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def xmp_chunk(xmp):
    return chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp)


def with_chunks(png, before=b"", behind=b""):
    return png[:33] + before + png[33:-12] + behind + png[-12:]


def jpegs():
    plain = encoded(pattern(), "JPEG", quality=90, subsampling=0)
    head = b"Exif\0\0"
    space = b"http://ns.adobe.com/xap/1.0/\0"
    for orientation in range(1, 9):
        yield f"orientation_{orientation}", with_segments(plain, head + exif(orientation))
    yield "orientation_little_endian", with_segments(plain, head + exif(6, "<"))
    yield "orientation_long", with_segments(plain, head + exif(6, kind=4))
    yield "orientation_byte", with_segments(plain, head + exif(6, kind=1))
    yield "orientation_0", with_segments(plain, head + exif(0))
    yield "orientation_9", with_segments(plain, head + exif(9))
    yield "orientation_twice_exif", with_segments(plain, head + head + exif(6))
    yield "orientation_xmp", with_segments(plain, space + XMP % 8)
    yield "orientation_xmp_element", with_segments(plain, space + XMP_ELEMENT % 8)
    yield "orientation_exif_before_xmp", with_segments(plain, head + exif(3), space + XMP % 8)
    yield "orientation_exif_without", with_segments(plain, head + exif(3).replace(b"\1\x12", b"\1\x13"), space + XMP % 8)
    yield "orientation_two_segments", with_segments(plain, head + exif(5)[:20], head + exif(5)[20:])
    yield "orientation_grey", with_segments(encoded(pattern("L"), "JPEG"), head + exif(7))
    yield "orientation_camera", encoded(pattern(), "JPEG", exif=camera_exif())


def camera_exif():
    data = Image.Exif()
    data[0x010F], data[0x0110], data[0x0112] = "Maker", "Model", 6
    data.get_ifd(0x8769)[0x9000] = b"0232"
    return data


def others():
    png = encoded(pattern("RGBA"), "PNG")
    yield "png/orientation_before.png", with_chunks(png, chunk(b"eXIf", exif(6)))
    yield "png/orientation_behind.png", with_chunks(png, behind=chunk(b"eXIf", exif(5, "<")))
    yield "png/orientation_xmp.png", with_chunks(png, xmp_chunk(XMP % 4))
    yield "png/orientation_xmp_behind.png", with_chunks(png, behind=xmp_chunk(XMP_ELEMENT % 7))
    yield "webp/orientation_lossy.webp", encoded(pattern(), "WEBP", exif=exif(8), quality=80)
    yield "webp/orientation_lossless.webp", encoded(pattern("RGBA"), "WEBP", exif=b"Exif\0\0" + exif(2, "<"), lossless=True)
    yield "webp/orientation_xmp.webp", encoded(pattern(), "WEBP", xmp=XMP % 5, lossless=True)


def files():
    for name, data in jpegs():
        yield f"jpeg/{name}.jpg", data
    yield from others()
