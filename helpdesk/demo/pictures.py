"""Small pictures made here: a phone's screen with an error, as customers attach it."""

import struct
import zlib

Colour = tuple[int, int, int]
PAPER, INK, BAR, RED, GREY = (246, 247, 250), (70, 78, 92), (32, 107, 196), (214, 57, 57), (205, 210, 218)


def screenshot(width: int = 360, height: int = 640) -> bytes:
    """A PNG: a blue bar, a list of grey rows, and a red box with lines like text."""
    rows = [[PAPER] * width for _ in range(height)]
    _box(rows, 0, 0, width, 56, BAR)
    for top in range(80, height - 160, 84):
        _box(rows, 20, top, 64, 64, GREY)
        _box(rows, 100, top + 8, width - 160, 12, INK)
        _box(rows, 100, top + 34, width - 200, 10, GREY)
    _box(rows, 20, height - 140, width - 40, 110, RED)
    _box(rows, 40, height - 115, width - 120, 12, PAPER)
    _box(rows, 40, height - 90, width - 160, 10, PAPER)
    return _png(rows)


def _box(rows: list[list[Colour]], left: int, top: int, width: int, height: int, colour: Colour) -> None:
    for row in rows[top : top + height]:
        row[left : left + width] = [colour] * width


def _png(rows: list[list[Colour]]) -> bytes:
    raw = b"".join(b"\x00" + bytes(value for pixel in row for value in pixel) for row in rows)
    header = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(raw, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        for name, content in parts
    )
