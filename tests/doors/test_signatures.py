"""`verify` says yes exactly where the provider's own library does, for the address we configured."""

from __future__ import annotations

import string
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator, get_signature_algorithm

from gateway.channels import twilio
from gateway.channels.values import Request
from gateway.errors import Problem

AT = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
SID, TOKEN, OLD = "AC" + "1" * 32, "the-token-of-today", "the-token-of-yesterday"
SIGNED, SETTINGS = "X-Twilio-Signature", "X-Twilio-Webhooks-Signature-Settings"

# everything UTF-8 can carry, with a bias to what breaks signatures: separators, NUL, right-to-left, astral, combining
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.sampled_from(
    ["", "\x00", "a&b=c", "+ %20", "שלום", "\u202e", "👨‍👩‍👧", "e\u0301", "ß", "\r\n", "From", "AccountSid" + SID])
names = st.text(string.ascii_letters + string.digits + "_.", min_size=1, max_size=20) | st.text(
    st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
forms = st.dictionaries(names, words, max_size=15).map(lambda form: form | {"AccountSid": SID})
hosts = st.from_regex(r"[a-z]([a-z0-9-]{0,10}[a-z0-9])?(\.[a-z]{2,6})?", fullmatch=True)
ports = st.none() | st.sampled_from([80, 443, 8000, 8443]) | st.integers(1, 65535)
queries = st.none() | st.lists(st.tuples(names, words), min_size=1, max_size=3).map(urlencode) | st.sampled_from(
    ["a=1&a=2", "b=%20+%2B&a", "=", "x=%zz", "a=/?b"])


@st.composite
def addresses(draw: st.DrawFn) -> str:
    port, query = draw(ports), draw(queries)
    return (f"{draw(st.sampled_from(['http', 'https']))}://{draw(hosts)}{f':{port}' if port else ''}"
            f"/{quote(draw(st.text(max_size=10).filter(_speakable)))}{f'?{query}' if query else ''}")


def _speakable(text: str) -> bool:
    return text.isprintable() and text.isascii()


def settings_for(*tokens: str) -> twilio.Settings:
    return twilio.Settings(SID, tokens, "+59122000000", "http://127.0.0.1:9", 1.0, "http://127.0.0.1/status")


def request(url: str, form: dict[str, str], **headers: str) -> Request:
    return Request(url, "application/x-www-form-urlencoded; charset=utf-8", {k.replace("_", "-"): v for k, v in headers.items()},
                   urlencode(form).encode(), AT)


def is_let_in(url: str, form: dict[str, str], signature: str, *tokens: str, said: str | None = None) -> bool:
    headers = {SIGNED: signature} | ({SETTINGS: said} if said is not None else {})
    try:
        return twilio.verify(request(url, form, **headers), settings_for(*tokens)) == form
    except Problem as fault:
        if fault.code != "channel.unsigned":
            raise
        return False


@settings(max_examples=150, deadline=None, database=None)
@given(addresses(), forms)
@example("https://barrio.example.org/channels/twilio/inbound", {"AccountSid": SID, "Body": "\x00", "From": "+59170000001"})
def test_what_the_provider_signs_is_let_in_and_comes_out_as_it_was(url: str, form: dict[str, str]) -> None:
    assert is_let_in(url, form, RequestValidator(TOKEN).compute_signature(url, form), TOKEN)


@settings(max_examples=150, deadline=None, database=None)
@given(addresses(), addresses(), forms, forms, st.sampled_from([TOKEN, OLD, ""]), st.booleans())
def test_yes_and_no_are_the_same_as_the_oracles(here: str, signed_for: str, form: dict[str, str], signed_form: dict[str, str],
                                                token: str, mostly_right: bool) -> None:
    if mostly_right:  # else nearly every draw would be refused for several reasons at once
        signed_for, signed_form = here, form
    signature = RequestValidator(token).compute_signature(signed_for, signed_form)
    assert is_let_in(here, form, signature, TOKEN) == RequestValidator(TOKEN).validate(here, form, signature)


@pytest.mark.parametrize(("label", "configured", "signed_for"), [
    ("https, its port named by the provider", "https://city.example/in", "https://city.example:443/in"),
    ("https, its port named by us", "https://city.example:443/in", "https://city.example/in"),
    ("http, its port named by the provider", "http://city.example/in", "http://city.example:80/in"),
    ("http, its port named by us", "http://city.example:80/in", "http://city.example/in"),
    ("another port, named by both", "http://city.example:8000/in", "http://city.example:8000/in"),
    ("another port, left out by the provider", "http://city.example:8000/in", "http://city.example/in"),
    ("a port of another scheme", "https://city.example:80/in", "https://city.example:80/in"),
    ("an IPv6 address", "http://[::1]:8000/in", "http://[::1]:8000/in"),
    ("a host whose name is part of the scheme's", "http://t/in", "http://t:80/in"),
    ("a query is part of it", "https://city.example/in?a=1&b=2", "https://city.example:443/in?a=1&b=2"),
    ("the port's digits elsewhere in it", "https://city.example/443:443/in", "https://city.example:443/443:443/in"),
])
def test_addresses_that_mean_the_same(label: str, configured: str, signed_for: str) -> None:
    form = {"AccountSid": SID, "Body": "AGUA"}
    assert is_let_in(configured, form, RequestValidator(TOKEN).compute_signature(signed_for, form), TOKEN)


@pytest.mark.parametrize(("label", "configured", "signed_for"), [
    ("another scheme", "https://city.example/in", "http://city.example/in"),
    ("another scheme with its port", "https://city.example/in", "http://city.example:80/in"),
    ("another port", "http://city.example:8000/in", "http://city.example:8001/in"),
    ("a port where none was named", "http://city.example/in", "http://city.example:8000/in"),
    ("another host", "https://city.example/in", "https://city.example.evil/in"),
    ("another case of the path", "https://city.example/in", "https://city.example/In"),
    ("a slash at the end", "https://city.example/in", "https://city.example/in/"),
    ("the query in another order", "https://city.example/in?a=1&b=2", "https://city.example/in?b=2&a=1"),
    ("the query spelt otherwise", "https://city.example/in?a=%20", "https://city.example/in?a=+"),
    ("no query", "https://city.example/in?a=1", "https://city.example/in"),
    ("a query we did not get", "https://city.example/in", "https://city.example/in?a=1"),
    ("credentials in it", "https://city.example/in", "https://a:b@city.example/in"),
])
def test_addresses_that_do_not(label: str, configured: str, signed_for: str) -> None:
    form = {"AccountSid": SID, "Body": "AGUA"}
    assert not is_let_in(configured, form, RequestValidator(TOKEN).compute_signature(signed_for, form), TOKEN)


@settings(max_examples=60, deadline=None, database=None)
@given(addresses(), forms)
def test_sha256_of_a_shared_key(url: str, form: dict[str, str]) -> None:
    said = "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"
    assert is_let_in(url, form, RequestValidator(TOKEN).compute_signature(url, form, "HMAC_SHA256"), TOKEN, said=said)


@pytest.mark.parametrize("said", [
    None, "", "key=k", "key=k,algorithm=HMAC_SHA1", "key=k,algorithm=HMAC_SHA256", "algorithm=HMAC_SHA256", " algorithm = HMAC_SHA256 ",
    "algorithm=hmac_sha256", "algorithm=", "algorithm=HMAC_MD5", "algorithm=HMAC_SHA512", "key=HMAC_SHA256,algorithm=HMAC_SHA1",
    "key=HMAC_SHA256", "algorithm=HMAC_SHA1,algorithm=HMAC_SHA256", "HMAC_SHA256", "algorithm=none", "algorithm=HMAC_SHA2566", ",,=,",
    "algorithm=HMAC_SHA256\t"])
@pytest.mark.parametrize("used", ["HMAC_SHA1", "HMAC_SHA256"])
def test_the_algorithm_is_the_one_the_header_names(said: str | None, used: str) -> None:
    url, form = "https://city.example/in", {"AccountSid": SID, "Body": "AGUA"}
    signature = RequestValidator(TOKEN).compute_signature(url, form, used)
    assert is_let_in(url, form, signature, TOKEN, said=said) == RequestValidator(TOKEN).validate(
        url, form, signature, get_signature_algorithm(said))


@pytest.mark.parametrize(("label", "signer", "accepted", "expected"), [
    ("the new token, while both are accepted", TOKEN, (TOKEN, OLD), True),
    ("the old token, while both are accepted", OLD, (TOKEN, OLD), True),
    ("the old token, whichever way round they stand", OLD, (OLD, TOKEN), True),
    ("the old token, once it is gone", OLD, (TOKEN,), False),
    ("the new token before it is known", TOKEN, (OLD,), False),
    ("both in one, as the variable spells them", f"{TOKEN},{OLD}", (TOKEN, OLD), False),
    ("no token", "", (TOKEN, OLD), False),
])
def test_tokens_while_they_rotate(label: str, signer: str, accepted: tuple[str, ...], expected: bool) -> None:
    url, form = "https://city.example/in", {"AccountSid": SID, "Body": "AGUA"}
    assert is_let_in(url, form, RequestValidator(signer).compute_signature(url, form), *accepted) == expected


@settings(max_examples=100, deadline=None, database=None)
@given(st.text(max_size=60) | st.binary(max_size=40).map(lambda raw: raw.decode("latin-1")))
def test_no_header_whatever_it_holds_is_let_in_or_breaks(signature: str) -> None:
    assert not is_let_in("https://city.example/in", {"AccountSid": SID, "Body": "AGUA"}, signature, TOKEN)


@settings(max_examples=100, deadline=None, database=None)
@given(forms, st.data())
def test_one_character_changed_anywhere_is_refused(form: dict[str, str], data: st.DataObject) -> None:
    url = "https://city.example/in"
    right = RequestValidator(TOKEN).compute_signature(url, form)
    place = data.draw(st.integers(0, len(right) - 2))  # the last one is padding
    wrong = data.draw(st.sampled_from(string.ascii_letters + string.digits + "+/").filter(lambda c: c != right[place]))
    assert not is_let_in(url, form, right[:place] + wrong + right[place + 1:], TOKEN)


def test_parameters_nobody_announced_are_part_of_it() -> None:
    url, form = "https://city.example/in", {"AccountSid": SID, "Body": "AGUA", "AddOns": '{"status": "successful"}', "Tomorrow": "ñ"}
    assert is_let_in(url, form, RequestValidator(TOKEN).compute_signature(url, form), TOKEN)
