#!/usr/bin/env python3
"""Marks a version that an ELF library needs as weak, so that the loader goes on where the library that should have it is older.

usage: weaken.py LIBRARY VERSION
"""
import struct
import sys

NEEDED_VERSIONS = 0x6FFFFFFE  # the section type SHT_GNU_verneed
WEAK = 2  # the flag VER_FLG_WEAK

path, version = sys.argv[1:]
with open(path, "rb") as file:
    data = bytearray(file.read())
table, = struct.unpack_from("<Q", data, 0x28)
size, count = struct.unpack_from("<HH", data, 0x3A)
sections = [struct.unpack_from("<IIQQQQIIQQ", data, table + i * size) for i in range(count)]
marked = 0
for _, kind, _, _, offset, _, link, needed, _, _ in sections:
    if kind != NEEDED_VERSIONS:
        continue
    names, library = sections[link][4], offset
    for _ in range(needed):
        _, versions, _, first, following = struct.unpack_from("<HHIII", data, library)
        entry = library + first
        for _ in range(versions):
            _, flags, _, name, after = struct.unpack_from("<IHHII", data, entry)
            start = names + name
            if data[start:data.index(0, start)].decode() == version:
                struct.pack_into("<H", data, entry + 4, flags | WEAK)
                marked += 1
            entry += after
        library += following
if not marked:
    sys.exit(f"{path} does not need {version}")
with open(path, "wb") as file:
    file.write(data)
