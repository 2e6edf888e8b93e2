"""A batch as bytes: sealed to its recipient, signed by its sender, the same on a stick and in an HTTP request.

    magic  fingerprint of the recipient  length of the manifest  length of all  digest of all  |  manifest  |  frame ...  photo ...

The digest is there for words only (a torn copy, a flipped bit); what counts is the signature in the sealed manifest, which
names the digest of every part. There are no paths in it, nothing to extract, and every size is bounded before it is unpacked.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nacl.exceptions
from nacl.public import PrivateKey, SealedBox
from nacl.signing import VerifyKey

from gateway import lasting
from gateway.errors import Problem
from offline_sync.frames import Damaged, Frame, inflate, unpack
from offline_sync.identity import Identity, is_signed_by

MAGIC = b"barrio bundle 1\n"
MOST_BYTES = 64 * 1024 * 1024
MOST_MANIFEST = 8_000_000
MOST_FRAMES = 4096
_HEAD = struct.Struct(">16s8sIQ16s")
_NOTHING: dict[str, Any] = {"runs": [], "frames": [], "more": False, "ask": False, "lack": "", "recall": {},
                            "want": 0, "photos": [], "wants": []}  # is not said
_AGAIN = "Ask {whose} for it again: barrio sync export."


@dataclass(frozen=True, slots=True)
class Batch:
    """An opened bundle: its manifest as it was signed, and its frames, still sealed, whose bytes are the ones that the manifest names."""

    id: str
    manifest: Mapping[str, Any]
    sealed: Sequence[memoryview]
    box: SealedBox[PrivateKey]
    size: int

    @property
    def sender(self) -> str:
        return str(self.manifest["from"])

    @property
    def frames(self) -> int:
        """How many of its parts are frames; the others are photos."""
        return len(self.sealed) - len(self.manifest["photos"])

    def frame(self, at: int) -> Frame:
        """Opened when it is asked for: a large history never lies in memory at once, nor twice as it came."""
        try:
            return unpack(self.part(at), runs=len(self.manifest["runs"]))
        except Damaged as fault:
            raise self._damaged(at, str(fault)) from None

    def photo(self, at: int) -> bytes:
        return self.part(self.frames + at)

    def part(self, at: int) -> bytes:
        """What was sealed as its part `at`."""
        try:
            return bytes(self.box.decrypt(bytes(self.sealed[at])))
        except nacl.exceptions.CryptoError:
            raise self._damaged(at, "it cannot be opened") from None

    def _damaged(self, at: int, why: str) -> Problem:
        return refused(f"part {at + 1} of {len(self.sealed)} is damaged ({why})", f"{self.sender}'s batch", self.sender)


def refused(reason: str, source: str, whose: str = "its sender", hint: str = _AGAIN) -> Problem:
    return Problem("sync.refused", source=source, reason=reason, hint=hint.format(whose=whose))


def fingerprint(public: str) -> bytes:
    return hashlib.sha256(bytes.fromhex(public)).digest()[:8]


def seal(identity: Identity, to: str, manifest: Mapping[str, Any], frames: Sequence[bytes]) -> bytes:
    """The bytes of a batch for the holder of the public key `to`."""
    box = SealedBox(VerifyKey(bytes.fromhex(to)).to_curve25519_public_key())
    sealed = [box.encrypt(frame) for frame in frames]
    named = {**manifest, "public": identity.public, "frames": [[len(s), hashlib.sha256(s).hexdigest()] for s in sealed]}
    named = {name: value for name, value in named.items() if name not in _NOTHING or value != _NOTHING[name]}
    said = zlib.compress(json.dumps(named, separators=(",", ":"), ensure_ascii=False).encode(), 9)
    inner = bytes(box.encrypt(identity.sign(MAGIC + bytes.fromhex(to) + said) + said))
    rest = b"".join((inner, *sealed))
    known = (MAGIC, fingerprint(to), len(inner), _HEAD.size + len(rest))
    return _HEAD.pack(*known, _digest(known, rest)) + rest


def unseal(identity: Identity, content: bytes, source: str) -> Batch:
    """Open what came, or say what is wrong with it; nothing is believed of it but what its sender signed."""
    if len(content) > MOST_BYTES:
        raise refused(f"it has {len(content):,} bytes, and none of ours has more than {MOST_BYTES:,}", source)
    if content[:len(MAGIC)] != MAGIC:
        raise refused("it is not a bundle of Barrio's" if content else "it is empty", source)
    if len(content) < _HEAD.size:
        raise refused(f"it was cut off after {len(content)} bytes", source)
    _, whose, size, total, digest = _HEAD.unpack_from(content)
    if total != len(content):
        raise refused(f"it has {len(content):,} bytes and should have {total:,}: the copy is torn", source)
    rest = memoryview(content)[_HEAD.size:]
    if _digest((MAGIC, whose, size, total), rest) != digest or size > len(rest):
        raise refused("it was damaged on the way (its digest does not fit)", source)
    if whose != fingerprint(identity.public):
        raise refused("it is sealed for another node", source, hint="Bring it to the node it was exported to; only that one can open it.")
    box = SealedBox(identity.key.to_curve25519_private_key())
    try:
        inner = box.decrypt(bytes(rest[:size]))
        signature, said = inner[:64], inner[64:]
        manifest = _NOTHING | json.loads(inflate(said, MOST_MANIFEST))
        public, frames = str(manifest["public"]), manifest["frames"]
        if not is_signed_by(public, MAGIC + bytes.fromhex(identity.public) + said, signature):
            raise refused("its signature is not its sender's", source)
        sealed, at = [], size
        for length, named in frames:
            piece = rest[at:at + length]
            if hashlib.sha256(piece).hexdigest() != named:
                raise refused("its parts are not the ones that were signed", source)
            sealed.append(piece)
            at += length
        if at != len(rest) or len(sealed) > MOST_FRAMES:
            raise refused("it has other parts than were signed", source)
    except (nacl.exceptions.CryptoError, Damaged, ValueError, KeyError, TypeError, RecursionError):
        raise refused("what is sealed in it cannot be opened", source) from None
    return Batch(hashlib.sha256(content).hexdigest()[:32], manifest, sealed, box, len(content))


def read(path: Path) -> bytes:
    """The bytes of a bundle file; its size is looked at first."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise refused(f"it has {path.stat().st_size:,} bytes, and none of ours has more than {MOST_BYTES:,}", path.name)
        return path.read_bytes()
    except OSError as fault:
        raise refused(f"it cannot be read ({fault.strerror})", path.name, hint="Look whether the stick is well and in place.") from None


def write(path: Path, content: bytes) -> None:
    """Put a bundle where a stick is: a new file beside it, synced, renamed, and read again. A torn one never has its name."""
    new = path.with_name(f".{path.name}.new")
    try:
        try:
            with new.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            new.replace(path)
            lasting.sync_folder(path.parent)
        finally:
            new.unlink(missing_ok=True)
        if hashlib.sha256(path.read_bytes()).digest() != hashlib.sha256(content).digest():
            raise Problem("data.not_writable", path=path, reason="what was written is not what is read there; try another stick")
    except OSError as fault:
        raise Problem("data.not_writable", path=path, reason=fault.strerror or type(fault).__name__) from None


def _digest(known: tuple[bytes, bytes, int, int], rest: bytes | memoryview) -> bytes:
    digest = hashlib.sha256(repr(known).encode())
    digest.update(rest)
    return digest.digest()[:16]
