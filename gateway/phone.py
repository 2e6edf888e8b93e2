"""Phone numbers live in one place, sealed; everybody else sees a pseudonym.

A pseudonym is HMAC-SHA256(this node's secret, number), so the same phone is the same sender here and a stranger elsewhere.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import unicodedata
from pathlib import Path

import nacl.exceptions
from nacl.secret import SecretBox

from gateway.config import SECRET_FILE, Config
from gateway.errors import Problem

_E164 = re.compile(r"\+[1-9][0-9]{6,14}\Z")
_ROAD = re.compile(r"(?:whatsapp|rcs|sms|mms|tel):", re.IGNORECASE)  # how a provider writes by which road a phone came
_NOISE = re.compile(r"[\s().\-\u200b-\u200f\u202a-\u202e]")


def normalise(number: str) -> str:
    """One spelling per phone: `+591 7000-0001`, `whatsapp:+59170000001` -> `+59170000001`; a sender that is no number stays, trimmed.

    Who says stop by one road has said it by all.
    """
    if _E164.match(number):
        return number
    bare = "".join(str(unicodedata.decimal(char, char)) for char in _NOISE.sub("", number)).replace("\uff0b", "+")
    bare = _ROAD.sub("", bare, count=1) if _ROAD.match(bare) else bare
    if bare.startswith("00"):
        bare = "+" + bare[2:]
    return bare if _E164.match(bare) else number.strip()[:64]


def is_phone(number: str) -> bool:
    return _E164.match(normalise(number)) is not None


class Vault:
    """Seals what may identify a person and derives pseudonyms; built from the instance's one secret."""

    def __init__(self, secret: bytes) -> None:
        self._sender_key = _derive(secret, b"sender")
        self._box = SecretBox(_derive(secret, b"contact"))
        self.console_key = _derive(secret, b"console")
        self.canary_key = _derive(secret, b"canary")
        self.text_key = _derive(secret, b"text")
        self.cookie_key = _derive(secret, b"cookie").hex()
        self.fingerprint = _derive(secret, b"fingerprint").hex()[:16]

    def sender(self, number: str) -> str:
        return hmac.digest(self._sender_key, normalise(number).encode("utf-8", "replace"), "sha256").hex()[:24]

    def seal(self, plain: bytes) -> bytes:
        return bytes(self._box.encrypt(plain))

    def open(self, sealed: bytes) -> bytes:
        try:
            return self._box.decrypt(sealed)
        except nacl.exceptions.CryptoError:
            raise Problem("secret.mismatch") from None


def open_vault(config: Config) -> Vault:
    """The vault of an instance: BARRIO_SECRET_KEY when set, else the key file `barrio init` made."""
    if from_environment := os.environ.get("BARRIO_SECRET_KEY"):
        return Vault(from_environment.encode())
    path = config.data / SECRET_FILE
    try:
        return Vault(path.read_bytes().strip())
    except OSError as fault:
        raise Problem("secret.unreadable", path=path, reason=fault.strerror) from None


def create_secret(path: Path) -> None:
    """Write a new key readable by its owner alone; an existing one is never replaced."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_hex(32) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _derive(secret: bytes, purpose: bytes) -> bytes:
    return hashlib.blake2b(hashlib.sha256(secret).digest(), person=b"barrio", salt=purpose[:16], digest_size=32).digest()
