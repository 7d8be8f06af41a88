#!/usr/bin/env python3
"""Generated CSV files, and what Python's own csv module reads from them.

usage: csv_corpus.py FOLDER [--files N] [--seed S]

Writes FOLDER/00000.csv (or .csv.gz) and so on, and FOLDER/expected.jsonl: for each file its name, whether it has a header, the
features as the bits of float32, and the labels. The files differ in line breaks (LF, CRLF, CR), quotes, a byte order mark, empty lines, a last line break or
none, gzip in one or several members, and in length: many reach over a reader's buffer, and a header that grows letter by letter
moves every kind of token over its edge.
"""
import argparse
import csv
import gzip
import io
import json
import pathlib
import random
import struct

parser = argparse.ArgumentParser()
parser.add_argument("folder", type=pathlib.Path)
parser.add_argument("--files", type=int, default=100)
parser.add_argument("--seed", type=int, default=1)
options = parser.parse_args()

EDGES = (4096, 16384, 65536, 131072)
NAMES = ("x", "größe", "a b", 'in"ch', "two\nlines", "semi;colon", 'a "b", c')
WORDS = ("ant", "bee", "cat's", "d,e", 'f"g"', '"h" i', "j\nk", "l\r\nm", "été", "東京", " padded ", 'n"o')


def number(dice):
    value = dice.choice((dice.gauss(0, 100), dice.randrange(-9999999, 10000000), dice.random() * 10 ** dice.randrange(-8, 8)))
    return dice.choice((f"{value:.4f}", f"{value:g}", f"{value:.9e}", f"{value:+.2f}", f"{int(value)}", f" {value:.3f}"))


def cell(dice, text, quotes):
    """In quotes where it must be, or by chance; a quote in the middle of a word needs none."""
    must = any(c in text for c in ",\r\n") or text.startswith('"')
    return '"' + text.replace('"', '""') + '"' if must or dice.random() < quotes else text


def table(dice):
    columns = dice.randrange(1, 6)
    breaks = dice.choice(("\n", "\r\n", "\r"))
    quotes = dice.choice((0, 0.1, 0.5, 1))
    words = dice.sample(WORDS, dice.randrange(2, 6))
    empty = dice.choice((0, 0, 0.05))
    edge = dice.choice(EDGES) if dice.random() < 0.3 else 0
    lines = []
    if edge or dice.random() < 0.7:
        names = [dice.choice(NAMES) + str(i) for i in range(columns)]
        names[0] += "x" * dice.randrange(0, 70)
        lines.append(",".join(cell(dice, name, quotes) for name in [*names, "label"]))
    length, wanted = 0, edge * dice.randrange(1, 3) + dice.randrange(20, 3000)
    while length < wanted:
        lines.append(",".join([cell(dice, number(dice), quotes) for _ in range(columns)] + [cell(dice, dice.choice(words), quotes)]))
        length += len(lines[-1])
        if dice.random() < empty:
            lines.append("")
    return breaks.join(lines) + (breaks * dice.choice((1, 1, 1, 3)) if dice.random() < 0.7 else "")


def packed(dice, data):
    if dice.random() < 0.7:
        return data, ".csv"
    cuts = sorted(dice.randrange(0, len(data) + 1) for _ in range(dice.randrange(0, 4)))
    return b"".join(gzip.compress(data[a:b]) for a, b in zip([0, *cuts], [*cuts, len(data)])), ".csv.gz"


def expected(text):
    rows = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
    header = rows[0][-1] == "label"
    rows = rows[header:]
    return header, [struct.unpack("<I", struct.pack("<f", float(value)))[0] for row in rows for value in row[:-1]], [row[-1] for row in rows]


options.folder.mkdir(parents=True, exist_ok=True)
with open(options.folder / "expected.jsonl", "w", encoding="utf-8") as lines:
    for index in range(options.files):
        dice = random.Random(options.seed * 1_000_003 + index)
        text = table(dice)
        header, features, labels = expected(text)
        data, suffix = packed(dice, (b"\xef\xbb\xbf" if dice.random() < 0.2 else b"") + text.encode("utf-8"))
        name = f"{index:05}{suffix}"
        (options.folder / name).write_bytes(data)
        json.dump({"name": name, "header": header, "features": features, "labels": labels}, lines)
        lines.write("\n")
