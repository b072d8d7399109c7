#!/usr/bin/python3
"""Usage: make_shards.py FOLDER SHARDS PICTURES
Writes FOLDER/00000.tar and so on: in all PICTURES small PNG pictures in so many SHARDS. The same bytes at every call."""
import io
import os
import struct
import sys
import tarfile
import zlib


def png(width, height, seed):
    def chunk(kind, data):
        return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))

    rows = b''.join(
        b'\0' + bytes((x * (seed % 7 + 1) + y * (seed % 5 + 1) * c + seed * 37) % 256 for x in range(width) for c in range(3))
        for y in range(height))
    header = struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)
    return b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', header) + chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b'')


def main():
    folder, shards, pictures = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    os.makedirs(folder)
    for shard in range(shards):
        with tarfile.open(os.path.join(folder, f'{shard:05d}.tar'), 'w') as tar:
            for index in range(shard, pictures, shards):
                data = png(40 + index % 9, 36 + index % 11, index)
                member = tarfile.TarInfo(f'{index:07d}.png')
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))


main()
