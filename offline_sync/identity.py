"""Who a node is: an Ed25519 key in its data directory. What it signs, others can check; what it keeps, nobody can copy.

The database id and the epoch, the other two parts of an identity, are in the journal's Writer.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import nacl.exceptions
from nacl.signing import SigningKey, VerifyKey

from gateway.errors import Problem

KEY_FILE = "node.key"


@dataclass(frozen=True)
class Identity:
    key: SigningKey

    def __repr__(self) -> str:
        return f"Identity({self.public})"

    @property
    def public(self) -> str:
        """The public key, 64 hex digits."""
        return bytes(self.key.verify_key).hex()

    def sign(self, signed: bytes) -> bytes:
        """A signature of 64 bytes."""
        return self.key.sign(signed).signature


def is_signed_by(public: str, signed: bytes, signature: bytes) -> bool:
    """Whether the holder of that public key signed exactly these bytes."""
    try:
        VerifyKey(bytes.fromhex(public)).verify(signed, signature)
    except (nacl.exceptions.BadSignatureError, ValueError):
        return False
    return True


def create_identity(directory: Path) -> Identity:
    """Make this node's key, readable by its owner alone; an existing one is kept."""
    path = directory / KEY_FILE
    if path.exists():
        return open_identity(directory)
    key = SigningKey.generate()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(bytes(key).hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
    return Identity(key)


def open_identity(directory: Path) -> Identity:
    path = directory / KEY_FILE
    try:
        return Identity(SigningKey(bytes.fromhex(path.read_text("ascii").strip())))
    except OSError as fault:
        raise Problem("secret.unreadable", path=path, reason=fault.strerror) from None
    except ValueError:
        raise Problem("secret.unreadable", path=path, reason="it is not a key of 64 hex digits") from None
