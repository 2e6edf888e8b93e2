"""The vault: one pseudonym a phone, different on every node; what is sealed opens only with its key."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from gateway.errors import Problem
from gateway.phone import Vault, create_secret, normalise


@pytest.mark.parametrize(("label", "written", "expected"), [
    ("as it should be", "+59170000001", "+59170000001"),
    ("spaces and hyphens", "+591 7000-0001", "+59170000001"),
    ("two zeros for the plus", "0059170000001", "+59170000001"),
    ("invisible marks", "\u202a+59170000001\u202c", "+59170000001"),
    ("by WhatsApp", "whatsapp:+59170000001", "+59170000001"),
    ("by RCS, shouted, with spaces", "RCS: +591 70000001", "+59170000001"),
    ("two zeros and a road", "tel:0059170000001", "+59170000001"),
    ("digits of an Arabic keyboard", "+٥٩١٧٠٠٠٠٠٠١", "+59170000001"),
    ("full width", "＋５９１７０００００01", "+59170000001"),
    ("a road without a number stays", "whatsapp:ALCALDIA", "whatsapp:ALCALDIA"),
    ("a short code stays", "2255", "2255"),
    ("a name stays", "ALCALDIA", "ALCALDIA"),
    ("something endless is cut", "x" * 500, "x" * 64),
])
def test_one_spelling_for_one_phone(label: str, written: str, expected: str) -> None:
    assert normalise(written) == expected


def test_a_phone_is_one_sender_here_and_a_stranger_elsewhere() -> None:
    here, there = Vault(b"one secret"), Vault(b"another secret")
    assert here.sender("+591 7000-0001") == here.sender("+59170000001") == Vault(b"one secret").sender("+59170000001")
    assert here.sender("+59170000001") != there.sender("+59170000001")
    assert here.sender("+59170000001") != here.sender("+59170000002")
    assert "7000" not in here.sender("+59170000001")


def test_what_is_sealed_opens_with_its_key_alone() -> None:
    sealed = Vault(b"one secret").seal(b"+59170000001")
    assert b"70000001" not in sealed
    assert Vault(b"one secret").open(sealed) == b"+59170000001"
    with pytest.raises(Problem) as fault:
        Vault(b"another secret").open(sealed)
    assert fault.value.code == "secret.mismatch"


def test_the_keys_of_a_vault_are_different_keys() -> None:
    vault = Vault(b"one secret")
    assert len({vault.cookie_key, vault.console_key.hex(), vault.fingerprint}) == 3


def test_a_secret_is_its_owners_alone_and_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    create_secret(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        create_secret(path)
