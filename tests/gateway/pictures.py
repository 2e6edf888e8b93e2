"""Small pictures as telephones write them: with where they were taken, a thumbnail, a remark and a tail."""

from __future__ import annotations

import struct
import zlib

SECRET = b"GPS-16.4957-68.1336"


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def exif(turned: int, order: str = ">") -> bytes:
    """EXIF with which way up the picture is and a position."""
    head = (b"MM\0*" if order == ">" else b"II*\0") + struct.pack(order + "I", 8)
    return b"Exif\0\0" + head + struct.pack(order + "HHHIHH", 1, 0x0112, 3, 1, turned, 0) + bytes(4) + SECRET


def jpeg(*, turned: int = 1, order: str = ">", size: tuple[int, int] = (8, 8), scan: bytes = b"\x12\xff\x00\x34\xff\xd0\x56",
         tail: bytes = SECRET) -> bytes:
    """The marks of a JPEG in their order; what is between them is nobody's picture."""
    return b"".join([
        b"\xff\xd8", segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\x01\x01" + SECRET), segment(0xE1, exif(turned, order)),
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + SECRET), segment(0xE2, b"MPF\0" + SECRET), segment(0xFE, SECRET),
        segment(0xDB, bytes(65)), segment(0xC0, struct.pack(">BHHB", 8, *size, 1) + b"\x01\x11\0"), segment(0xC4, bytes(20)),
        segment(0xDA, b"\x01\x01\0\0\x3f\0"), scan, b"\xff\xd9", tail])


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(*, size: tuple[int, int] = (2, 2)) -> bytes:
    rows = zlib.compress(b"\0" + bytes(2) + b"\0" + bytes(2))
    return b"".join([b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", struct.pack(">IIBBBBB", *size, 8, 0, 0, 0, 0)), chunk(b"eXIf", exif(6)[6:]),
                     chunk(b"tEXt", b"Comment\0" + SECRET), chunk(b"IDAT", rows), chunk(b"IEND", b""), SECRET])
