"""Makes pictures/: small files in every format and variant, and pictures.json with what Pillow makes of them.

    python make_pictures.py        (Pillow 13.0.0, NumPy and imagecodecs; run in this directory)

pictures/FORMAT/NAME             Pillow's Image.open(NAME).convert("RGB") gives the pixels of the digest "rgb"
pictures/FORMAT/refused_NAME     Pillow refuses it
pictures/FORMAT/unread_NAME      convnext refuses it by name, whatever Pillow does
"turned_rgb"                     PIL.ImageOps.exif_transpose gives other pixels: the digest of these
"pillow_rgb" beside "rgb": Pillow gives other pixels than the right ones, which "rgb" is the digest of
"""

import hashlib
import importlib
import io
import json
import pathlib
import warnings

import numpy as np
import PIL
from PIL import Image, ImageOps

ROOT = pathlib.Path(__file__).parent / "pictures"
MAKERS = ["bmp", "simple", "gif", "tiff", "orientation", "jpeg2000", "avif"]
warnings.simplefilter("ignore")


def pillow(data):
    """The pixels, or None where Pillow refuses the file."""
    try:
        return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    except (OSError, ValueError, SyntaxError, TypeError, Image.DecompressionBombError):
        return None


def digest(pixels):
    return hashlib.sha256(np.ascontiguousarray(pixels, np.uint8).tobytes()).hexdigest()


def entry(name, data):
    if name.split("/")[1].startswith("unread_"):
        return {"file": name}
    pixels = pillow(data)
    refused = name.split("/")[1].startswith("refused_")
    if (pixels is None) != refused:
        raise SystemExit(f"{name}: Pillow {'refuses' if pixels is None else 'takes'} it")
    if refused:
        return {"file": name}
    facts = {"file": name, "width": pixels.shape[1], "height": pixels.shape[0], "rgb": digest(pixels)}
    turned = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB"))
    if not np.array_equal(turned, pixels):
        facts["turned_rgb"] = digest(turned)
    return facts


def differing_entry(name, data, right):
    pixels = pillow(data)
    right = np.repeat(right[:, :, None], 3, axis=2) if right.ndim == 2 else right
    assert not np.array_equal(pixels, right), f"{name}: Pillow is right"
    largest = int(np.abs(pixels.astype(int) - right).max())
    return {"file": name, "width": right.shape[1], "height": right.shape[0], "rgb": digest(right),
            "pillow_rgb": digest(pixels), "largest_difference": largest}


def main():
    entries, names = [], set()
    for maker in MAKERS:
        module = importlib.import_module("picture_makers." + maker)
        made = [(name, data, entry(name, data)) for name, data in module.files()]
        if hasattr(module, "differing_files"):
            made += [(name, data, differing_entry(name, data, right)) for name, data, right in module.differing_files()]
        for name, data, facts in made:
            assert name not in names, f"{name}: made twice"
            names.add(name)
            path = ROOT / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            entries.append(facts)
    lines = ",\n    ".join(json.dumps(facts) for facts in sorted(entries, key=lambda facts: facts["file"]))
    (ROOT / "pictures.json").write_text('{"pillow": "%s", "files": [\n    %s\n]}\n' % (PIL.__version__, lines))


if __name__ == "__main__":
    main()
