"""What `barrio check` says of how people reach the pages."""

from __future__ import annotations

import pytest

from gateway.machine import doctor
from tests.conftest import MakeNode

PLAIN, COOKIES, ONE_CALLER = "public_url is plain http", "set web.secure_cookies = true", "web.proxies is empty"


@pytest.mark.parametrize(("label", "web", "said"), [
    ("on this machine alone", {"public_url": "http://127.0.0.1:8000"}, []),
    ("in the city's net without TLS", {"public_url": "http://barrio.example"}, [PLAIN]),
    ("behind a proxy that nobody told of", {"public_url": "https://barrio.example"}, [COOKIES, ONE_CALLER]),
    ("behind one that is told of", {"public_url": "https://barrio.example", "secure_cookies": True, "proxies": ("127.0.0.1",)}, []),
])
def test_the_doctor_says_how_people_reach_the_pages(label: str, web: dict[str, object], said: list[str], make_node: MakeNode) -> None:
    config = make_node().config
    config = config.model_copy(update={"web": config.web.model_copy(update=web)})
    found = [one.words for one in doctor.examine(config) if one.subject == "web"]
    assert [next(part for part in (PLAIN, COOKIES, ONE_CALLER) if part in words) for words in found] == said, label
