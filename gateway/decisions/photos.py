"""Photos from a visit: known by their first bytes, stripped of everything that is not the picture, kept as files of this node.

A telephone writes into a picture where it was taken, when, and with which telephone; a second picture may hide behind the first.
What is kept is the picture alone: of a JPEG its tables and scans, with which way up it is, of a PNG the chunks that are drawn.
"""

from __future__ import annotations

import hashlib
import os
import re
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from gateway.lasting import make_folder, sync_folder

FOLDER = "photos"
MOST_BYTES = 8 * 1024 * 1024
MOST_SENT = MOST_BYTES + 256 * 1024  # with the words of its form
MOST_PIXELS = 64_000_000  # what a reader's browser unpacks
SUFFIX = {"image/jpeg": "jpg", "image/png": "png"}
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_PNG = b"\x89PNG\r\n\x1a\n"
_DRAWN = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB"}
_TABLES = {0xC4, 0xCC, 0xDB, 0xDD}  # how a JPEG is coded, beside its frames
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


class Unfit(ValueError):
    """It cannot be kept: `empty`, `big`, `kind` (neither JPEG nor PNG) or `damaged`."""


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture as it is kept; `digest` is the SHA-256 of its bytes."""

    content: bytes
    media: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def cleaned(content: bytes) -> Photo:
    """The picture alone, or Unfit with why: `cleaned(file.read(MOST_BYTES + 1))`."""
    if not content:
        raise Unfit("empty")
    if len(content) > MOST_BYTES:
        raise Unfit("big")
    try:
        if content.startswith(b"\xff\xd8\xff"):
            return Photo(_jpeg(content), "image/jpeg")
        if content.startswith(_PNG):
            return Photo(_png(content), "image/png")
    except (struct.error, IndexError):
        raise Unfit("damaged") from None
    raise Unfit("kind")


def keep(data: Path, photo: Photo) -> None:
    """Write it under its digest, whole or not at all; one that is there already is the same one."""
    path = _path(data, photo.digest, photo.media)
    if path.is_file():
        return
    make_folder(path.parent, 0o700)
    new = path.with_suffix(".new")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(photo.content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    sync_folder(path.parent)


def find(data: Path, digest: str, media: str) -> bytes | None:
    """The bytes of a photo that is kept here; None for one that another node keeps, or whose file is not what its name says."""
    if not is_digest(digest) or media not in SUFFIX:
        return None
    try:
        content = _path(data, digest, media).read_bytes()
    except OSError:
        return None
    return content if hashlib.sha256(content).hexdigest() == digest else None


def kept(data: Path) -> Iterator[Photo]:
    """All that are kept here, one at a time; a file that is not what its name says is passed over."""
    media = {suffix: media for media, suffix in SUFFIX.items()}
    for path in sorted((data / FOLDER).glob("*.*")):
        if path.suffix[1:] in media and (content := find(data, path.stem, media[path.suffix[1:]])) is not None:
            yield Photo(content, media[path.suffix[1:]])


def is_digest(text: object) -> bool:
    return isinstance(text, str) and bool(_DIGEST.match(text))


def drop(data: Path, digests: Iterable[str]) -> None:
    """Delete these, where they are kept here."""
    for digest in digests:
        for media in SUFFIX if is_digest(digest) else ():
            _path(data, digest, media).unlink(missing_ok=True)


def is_here(data: Path, digest: str, media: str) -> bool:
    return is_digest(digest) and media in SUFFIX and _path(data, digest, media).is_file()


def _path(data: Path, digest: str, media: str) -> Path:
    return data / FOLDER / f"{digest}.{SUFFIX[media]}"


# ------------------------------------------------------------------------------------------------------------- JPEG

def _jpeg(content: bytes) -> bytes:
    kept, at, turned, framed, scanned = [b"\xff\xd8"], 2, 1, False, False
    while True:
        if content[at] != 0xFF:
            raise Unfit("damaged")
        marker = content[at + 1]
        if marker == 0xFF:  # filling
            at += 1
            continue
        if marker == 0xD9:
            break
        size = int(struct.unpack_from(">H", content, at + 2)[0])
        segment, body = content[at:at + 2 + size], content[at + 4:at + 2 + size]
        if size < 2 or len(segment) != 2 + size:
            raise Unfit("damaged")
        at += 2 + size
        if marker == 0xE1 and body.startswith(b"Exif\0\0"):
            turned = _turned(body[6:])
        elif marker == 0xE0 and body.startswith(b"JFIF\0") and len(body) >= 14:
            kept.append(_segment(0xE0, body[:12] + b"\0\0"))  # without its thumbnail
        elif marker == 0xEE and body.startswith(b"Adobe") and len(body) == 12:
            kept.append(segment)  # says how the colours are coded
        elif marker in _FRAMES:
            _must_be_small(*struct.unpack_from(">HH", body, 1))
            kept.append(segment)
            framed = True
        elif marker in _TABLES:
            kept.append(segment)
        elif marker == 0xDA:
            end = _end_of_scan(content, at)
            kept.append(segment + content[at:end])
            at, scanned = end, True
    if not (framed and scanned):
        raise Unfit("damaged")
    if turned != 1:
        kept.insert(1, _segment(0xE1, b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01" + struct.pack(">H", turned) + bytes(6)))
    return b"".join([*kept, b"\xff\xd9"])


def _segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def _end_of_scan(content: bytes, at: int) -> int:
    """Where the next marker stands that is part of no scan."""
    while True:
        at = content.find(b"\xff", at)
        if not 0 <= at < len(content) - 1:
            raise Unfit("damaged")  # cut off
        if content[at + 1] == 0xFF:
            at += 1
        elif content[at + 1] == 0 or 0xD0 <= content[at + 1] <= 0xD7:
            at += 2
        else:
            return at


def _turned(tiff: bytes) -> int:
    """Which way up the picture is (1 to 8), out of its EXIF; 1 where that cannot be read."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    try:
        if order is None:
            return 1
        first, = struct.unpack_from(order + "I", tiff, 4)
        count, = struct.unpack_from(order + "H", tiff, first)
        for n in range(min(count, 200)):
            tag, kind, _, value = struct.unpack_from(order + "HHIH", tiff, first + 2 + 12 * n)
            if (tag, kind) == (0x0112, 3):
                return int(value) if 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1


# -------------------------------------------------------------------------------------------------------------- PNG

def _png(content: bytes) -> bytes:
    kept, at = [_PNG], len(_PNG)
    names: list[bytes] = []
    while not names or names[-1] != b"IEND":
        size, name = struct.unpack_from(">I4s", content, at)
        chunk = content[at:at + 12 + size]
        if len(chunk) != 12 + size or zlib.crc32(chunk[4:-4]) != struct.unpack(">I", chunk[-4:])[0]:
            raise Unfit("damaged")
        if (not names) != (name == b"IHDR"):
            raise Unfit("damaged")
        if name == b"IHDR":
            _must_be_small(*struct.unpack_from(">II", chunk, 8))
        if name in _DRAWN:
            kept.append(chunk)
        names.append(name)
        at += 12 + size
    if b"IDAT" not in names:
        raise Unfit("damaged")
    return b"".join(kept)


def _must_be_small(one: int, other: int) -> None:
    if not 0 < one * other <= MOST_PIXELS:
        raise Unfit("big" if one * other else "damaged")
