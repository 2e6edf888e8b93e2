"""Finding phone numbers where none may be: in any file, in any spelling a program might give them."""

from __future__ import annotations

import base64
import binascii
import gzip
import hashlib
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

RUN = re.compile(rb"\d{8,}")
PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")
ESCAPED = re.compile(rb"\\(?:u00|x)([0-9A-Fa-f]{2})")
BETWEEN = re.compile(rb"(?<=\d)[ ().\-_/]{1,2}(?=\d)")
BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{10,}")
HEX = re.compile(rb"(?:[0-9A-Fa-f]{2}){8,}")
HEXES = b"0123456789abcdefABCDEF"


class Canaries:
    """Numbers like `+59171234567` that must not be found. `national` is how many digits come after the country's code."""

    def __init__(self, numbers: Iterable[str], national: int = 8) -> None:
        self.numbers = frozenset(numbers)
        self._whole = {number[1:].encode(): number for number in self.numbers}
        self._national = {number[-national:].encode(): number for number in self.numbers}
        (self._length,) = {len(number) - 1 for number in self.numbers}

    def in_folder(self, *folders: Path) -> dict[str, set[str]]:
        """{file: numbers found in it, its name included}, for every file that holds one."""
        found = {}
        for folder in folders:
            for path in sorted(folder.rglob("*")):
                if path.is_file() and (met := self.within(path.read_bytes()) | self.within(str(path.relative_to(folder)).encode())):
                    found[str(path.relative_to(folder))] = met
        return found

    def within(self, content: bytes) -> set[str]:
        """The numbers that stand in these bytes in one of the spellings."""
        found = {number for digest, number in self._digests.items() if digest in content}
        for view in _views(content):
            found |= self._digits(view)
        return found

    def _digits(self, view: bytes) -> set[str]:
        found = set()
        for run in RUN.finditer(view):
            digits, start = run.group(), run.start()
            for at in range(len(digits) - self._length + 1):
                if number := self._whole.get(digits[at:at + self._length]):
                    found.add(number)
            # eight digits stand in many a digest; a number written so stands alone
            around = view[max(0, start - 1):start] + view[run.end():run.end() + 1]
            if (number := self._national.get(digits)) and not any(byte in HEXES for byte in around):
                found.add(number)
        return found

    @cached_property
    def _digests(self) -> dict[bytes, str]:
        """What anybody can compute from a number: a digest without a key hides nothing among ten million numbers."""
        made = {}
        for number in self.numbers:
            for spelling in (number, number[1:]):
                for name in ("md5", "sha1", "sha256"):
                    digest = hashlib.new(name, spelling.encode(), usedforsecurity=False)
                    made |= {digest.digest(): number, digest.hexdigest()[:24].encode(): number}
        return made


def _views(content: bytes) -> Iterator[bytes]:
    """The bytes as they are, and as each decoder would read them."""
    yield content
    yield BETWEEN.sub(b"", content)
    yield content.replace(b"\x00", b"")  # UTF-16 and UTF-32
    yield PERCENT.sub(lambda m: bytes.fromhex(m[1].decode()), content)
    yield ESCAPED.sub(lambda m: bytes.fromhex(m[1].decode()), content)
    yield b"\n".join(_decoded(content))
    yield from (view for member in _unpacked(content) for view in _views(member))


def _decoded(content: bytes) -> Iterator[bytes]:
    for run in BASE64.finditer(content):
        text = run.group().replace(b"-", b"+").replace(b"_", b"/")
        for offset in range(4):
            part = text[offset:]
            yield base64.b64decode(part[:len(part) // 4 * 4] or b"")
            yield base64.b64decode(part + b"=" * (-len(part) % 4)) if len(part) % 4 != 1 else b""
    for run in HEX.finditer(content):
        yield binascii.unhexlify(run.group())
        yield binascii.unhexlify(run.group()[1:-1])


def _unpacked(content: bytes) -> Iterator[bytes]:
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            yield from (archive.read(name) for name in archive.namelist())
    elif content.startswith(b"\x1f\x8b"):
        yield gzip.decompress(content)
