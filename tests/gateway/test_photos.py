"""Photos: what is no picture is refused, and nothing but the picture is kept of one that is."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from gateway.decisions import photos
from gateway.decisions.photos import MOST_BYTES, Unfit, cleaned
from tests.gateway.pictures import SECRET, jpeg, png, segment


@pytest.mark.parametrize(("label", "content", "media"), [
    ("a JPEG with a position, a remark and a tail", jpeg(), "image/jpeg"),
    ("one that is turned", jpeg(turned=6), "image/jpeg"),
    ("one whose EXIF is little-endian", jpeg(turned=8, order="<"), "image/jpeg"),
    ("a PNG with a position and a remark", png(), "image/png"),
])
def test_only_the_picture_is_kept(label: str, content: bytes, media: str) -> None:
    assert SECRET in content
    photo = cleaned(content)
    assert (photo.media, SECRET in photo.content) == (media, False)
    assert cleaned(photo.content) == photo, "what is clean stays as it is"


@pytest.mark.parametrize(("turned", "order"), [(1, ">"), (3, ">"), (6, "<"), (8, ">"), (9, ">"), (0, "<")])
def test_which_way_up_a_picture_is_stays(turned: int, order: str) -> None:
    kept = cleaned(jpeg(turned=turned, order=order)).content
    assert (b"Exif" in kept) == (turned in (3, 6, 8))
    if turned in (3, 6, 8):
        assert photos._turned(kept[kept.index(b"Exif") + 6:]) == turned


@pytest.mark.parametrize(("label", "content", "why"), [
    ("nothing", b"", "empty"),
    ("a text", b"<script>alert(1)</script>", "kind"),
    ("a GIF", b"GIF89a" + bytes(40), "kind"),
    ("a page that calls itself a picture", b"\xff\xd8\xff<html>" + bytes(40), "damaged"),
    ("a JPEG without a picture", b"\xff\xd8" + segment(0xFE, b"x") + b"\xff\xd9", "damaged"),
    ("a JPEG that was cut off in its scan", jpeg(tail=b"")[:-3], "damaged"),
    ("a PNG with a flipped bit", png()[:40] + bytes([png()[40] ^ 1]) + png()[41:], "damaged"),
    ("a PNG that was cut off", png()[:50], "damaged"),
    ("more bytes than we keep", jpeg(tail=bytes(MOST_BYTES)), "big"),
    ("more pixels than a browser should unpack", jpeg(size=(60000, 60000)), "big"),
    ("a PNG of no size", png(size=(0, 2)), "damaged"),
])
def test_what_cannot_be_kept_is_refused_with_its_reason(label: str, content: bytes, why: str) -> None:
    with pytest.raises(Unfit, match=why):
        cleaned(content)


def test_no_damage_breaks_the_reader() -> None:
    rng, refused = random.Random(4), 0
    for content in (jpeg(turned=6), png()):
        for at in range(len(content)):
            for bad in (content[:at], content[:at] + bytes([content[at] ^ 1 << rng.randrange(8)]) + content[at + 1:]):
                try:
                    cleaned(bad)
                except Unfit:
                    refused += 1
    assert refused > 300


def test_a_photo_is_found_by_its_digest_and_only_whole(tmp_path: Path) -> None:
    photo = cleaned(jpeg())
    assert photos.find(tmp_path, photo.digest, photo.media) is None
    photos.keep(tmp_path, photo)
    photos.keep(tmp_path, photo)
    assert photos.find(tmp_path, photo.digest, photo.media) == photo.content
    assert [path.stat().st_mode & 0o777 for path in (tmp_path / "photos").iterdir()] == [0o600]
    assert photos.find(tmp_path, "../../etc/passwd", photo.media) is None
    next((tmp_path / "photos").iterdir()).write_bytes(b"another picture")
    assert photos.find(tmp_path, photo.digest, photo.media) is None
