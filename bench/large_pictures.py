#!/usr/bin/env python3
"""Makes pictures as cameras do: the golden photographs enlarged to 4032x3024, JPEG of quality 90.

Usage: bench/large_pictures.py COUNT DIRECTORY   (needs Pillow)
"""
import pathlib
import sys

from PIL import Image

PHOTOGRAPHS = ("astronaut_512x512_q92.jpg", "chelsea_451x300_444.jpg", "coffee_301x200_progressive.jpg",
               "rocket_640x427_q75.jpg", "large_1281x853.jpg")


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__.strip())
    count, directory = int(sys.argv[1]), pathlib.Path(sys.argv[2])
    directory.mkdir(parents=True, exist_ok=True)
    golden = pathlib.Path(__file__).parent.parent / "tests/golden/images"
    for i in range(count):
        with Image.open(golden / PHOTOGRAPHS[i % len(PHOTOGRAPHS)]) as picture:
            large = picture.convert("RGB").resize((4032, 3024), Image.Resampling.BICUBIC)
        large.rotate(i % 4 * 180).save(directory / f"{i:05}.jpg", quality=90)


if __name__ == "__main__":
    main()
