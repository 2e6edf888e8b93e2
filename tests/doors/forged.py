"""Requests that somebody else made up, or that were made for something else: nobody signed them so."""

from __future__ import annotations

import json
from urllib.parse import quote_plus

from gateway.channels import console
from gateway.demo.courier import sign
from tests.doors.genuine import STRANGER, Variants, digest, typed
from tests.doors.house import ACCOUNT
from tests.doors.posting import signed

REFUSED, UNREADABLE, NO_DOOR, NOT_SO = {403}, {400}, {404}, {405}
SETTINGS = "X-Twilio-Webhooks-Signature-Settings"

SIGNATURES: Variants = [
    ("no signature", lambda g: g.post.to(signature=None), REFUSED),
    ("an empty signature", lambda g: g.post.to(signature=""), REFUSED),
    ("a blank signature", lambda g: g.post.to(signature="   "), REFUSED),
    ("a signature with another token", lambda g: g.post.to(signature=sign(g.url, g.form, "guess")), REFUSED),
    ("a signature with no token", lambda g: g.post.to(signature=sign(g.url, g.form, "")), REFUSED),
    ("a signature with the account's sid for a token", lambda g: g.post.to(signature=sign(g.url, g.form, ACCOUNT.sid)), REFUSED),
    ("a signature without its padding", lambda g: g.post.to(signature=g.right.rstrip("=")), REFUSED),
    ("a signature cut in half", lambda g: g.post.to(signature=g.right[:14]), REFUSED),
    ("a signature with something behind it", lambda g: g.post.to(signature=g.right + "A"), REFUSED),
    ("two signatures in one, the wrong one first", lambda g: g.post.to(signature=f"AAAA, {g.right}"), REFUSED),
    ("a signature in small letters", lambda g: g.post.to(signature=g.right.lower()), REFUSED),
    ("a signature in hexadecimal", lambda g: g.post.to(signature=digest(g, "sha1", "hex")), REFUSED),
    ("a signature beyond ASCII", lambda g: g.post.to(signature="\xe9" * 28), REFUSED),
    ("a signature of broken UTF-8", lambda g: g.post.to(signature=b"\xff\xfe" * 14), REFUSED),
    ("a signature of 100 kB", lambda g: g.post.to(signature="A" * 100_000), {403, 431}),
    ("two signature headers, the right one last", lambda g: g.post.to(signature="AAAA").beside(("X-Twilio-Signature", g.right)), REFUSED),
    ("two signature headers, the right one first", lambda g: g.post.beside(("X-Twilio-Signature", "AAAA")), REFUSED),
    ("the signature as a parameter", lambda g: g.post.to(body=g.post.body + f"&X-Twilio-Signature={quote_plus(g.right)}".encode(),
                                                          signature=None), REFUSED),
    ("the signature in the query", lambda g: g.post.to(target=f"{g.post.target}?X-Twilio-Signature={quote_plus(g.right)}",
                                                        signature=None), REFUSED),
    ("SHA-256 where SHA-1 is named", lambda g: g.post.to(signature=digest(g, "sha256")), REFUSED),
    ("SHA-1 where SHA-256 is named", lambda g: g.post.beside((SETTINGS, "key=k,algorithm=HMAC_SHA256")), REFUSED),
    ("an algorithm nobody knows", lambda g: g.post.to(signature=digest(g, "md5")).beside((SETTINGS, "algorithm=HMAC_MD5")), REFUSED),
    ("no algorithm at all", lambda g: g.post.to(signature=None).beside((SETTINGS, "key=k,algorithm=none")), REFUSED),
    ("the signature of another text", lambda g: g.posted(list((g.form | {"Body": "LUZ P1105"}).items())), REFUSED),
    ("the signature of another sender", lambda g: g.posted(list((g.form | {"From": "+59170000002"}).items())), REFUSED),
    ("the signature of another message", lambda g: g.posted(list((g.form | {"MessageSid": "SM" + "e" * 32}).items())), REFUSED),
    ("signed by another account for itself", lambda g: signed(g.form | {"AccountSid": STRANGER.sid}, g.url, STRANGER), REFUSED),
    ("signed by another account in our name", lambda g: signed(g.form, g.url, STRANGER), REFUSED),
]

ADDRESSES: Variants = [
    ("signed for https", lambda g: g.signed_for(g.url.replace("http:", "https:")), REFUSED),
    ("signed for another host", lambda g: g.signed_for("http://city.example/channels/twilio/inbound"), REFUSED),
    ("signed for localhost, which is not what we are called", lambda g: g.signed_for(g.url.replace("127.0.0.1", "localhost")), REFUSED),
    ("signed for another port", lambda g: g.signed_for(f"{g.site[:-1]}/channels/twilio/inbound"), REFUSED),
    ("signed for another case of the path", lambda g: g.signed_for(g.url.replace("twilio", "Twilio")), REFUSED),
    ("sent to another case of the path", lambda g: g.signed_for(g.url.replace("twilio", "Twilio")).to(
        target="/channels/Twilio/inbound"), NO_DOOR),
    ("signed for a slash at the end", lambda g: g.signed_for(g.url + "/"), REFUSED),
    ("sent to a slash at the end", lambda g: g.signed_for(g.url + "/").to(target="/channels/twilio/inbound/"), NO_DOOR),
    ("signed for the status door", lambda g: g.signed_for(f"{g.site}/channels/twilio/status"), REFUSED),
    ("signed without the query that is sent", lambda g: g.post.to(target="/channels/twilio/inbound?a=1"), REFUSED),
    ("signed with a query that is not sent", lambda g: g.signed_for(g.url + "?a=1"), REFUSED),
    ("the query in another order", lambda g: g.signed_for(g.url + "?a=1&b=2").to(target="/channels/twilio/inbound?b=2&a=1"), REFUSED),
    ("a proxy's headers name the host that was signed", lambda g: g.signed_for("https://evil.example/channels/twilio/inbound").beside(
        ("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Port", "443")), REFUSED),
    ("a proxy's headers name https", lambda g: g.signed_for(g.url.replace("http:", "https:")).beside(
        ("X-Forwarded-Proto", "https"), ("X-Forwarded-Ssl", "on"), ("Front-End-Https", "on")), REFUSED),
    ("a Forwarded header names the host that was signed", lambda g: g.signed_for("https://evil.example/channels/twilio/inbound").beside(
        ("Forwarded", "for=1.2.3.4;host=evil.example;proto=https")), REFUSED),
    ("a rewrite header names the path that was signed", lambda g: g.signed_for(f"{g.site}/other").beside(
        ("X-Original-URL", "/other"), ("X-Rewrite-URL", "/other"), ("X-Forwarded-Prefix", "/other")), REFUSED),
    ("the Host header names the host that was signed", lambda g: g.signed_for("http://evil.example/channels/twilio/inbound").to(
        host="evil.example"), REFUSED),
    ("two Host headers", lambda g: g.signed_for("http://evil.example/channels/twilio/inbound").beside(
        ("Host", "evil.example")), {400, 403}),
    ("the request line names the host that was signed", lambda g: g.signed_for("http://evil.example/channels/twilio/inbound").to(
        target="http://evil.example/channels/twilio/inbound"), REFUSED),
    ("up and down again", lambda g: g.post.to(target="/channels/../channels/twilio/inbound"), NO_DOOR),
    ("through another channel", lambda g: g.post.to(target="/channels/console/../twilio/inbound"), NO_DOOR),
    ("up and down again, encoded", lambda g: g.post.to(target="/channels/twilio/%2e%2e/twilio/inbound"), NO_DOOR),
    ("to a file of the machine", lambda g: g.post.to(target="/channels/twilio/../../../../etc/passwd"), NO_DOOR),
    ("two slashes", lambda g: g.post.to(target="//channels/twilio/inbound"), {400, 403, 404, 405}),
    ("a NUL in the path", lambda g: g.post.to(target="/channels/twilio/inbound%00"), NO_DOOR),
    ("a line's end in the path", lambda g: g.post.to(target="/channels/twilio/inbound%0a"), NO_DOOR),
    ("a path of broken UTF-8", lambda g: g.post.to(target="/channels/%ff%fe/inbound"), NO_DOOR),
    ("a raw byte in the query", lambda g: g.post.to(target="/channels/twilio/inbound?x=\xff"), {400, 403}),
    ("an unknown channel", lambda g: g.post.to(target="/channels/pigeon/inbound"), NO_DOOR),
    ("a channel whose name is a number", lambda g: g.post.to(target="/channels/59170000001/inbound"), NO_DOOR),
    ("a channel with a very long name", lambda g: g.post.to(target=f"/channels/{'a' * 9000}/inbound"), {404, 414}),
    ("no channel", lambda g: g.post.to(target="/channels//inbound"), NO_DOOR),
    ("a door nobody built", lambda g: g.post.to(target="/channels/twilio/outbound"), NO_DOOR),
]

PARAMETERS: Variants = [
    ("the text twice, alike", lambda g: g.posted([*g.form.items(), ("Body", g.form["Body"])]), UNREADABLE),
    ("the text twice, the signed one last", lambda g: g.posted([("Body", "LUZ P1105"), *g.form.items()]), UNREADABLE),
    ("the text twice, the signed one first", lambda g: g.posted([*g.form.items(), ("Body", "LUZ P1105")]), UNREADABLE),
    ("two senders", lambda g: g.posted([*g.form.items(), ("From", "+59170000002")]), UNREADABLE),
    ("two accounts, ours first", lambda g: g.posted([*g.form.items(), ("AccountSid", STRANGER.sid)]), UNREADABLE),
    ("one parameter more than was signed", lambda g: g.posted([*g.form.items(), ("MediaUrl0", "http://evil.example/")]), REFUSED),
    ("one parameter less than was signed", lambda g: g.posted([*g.form.items()][1:]), REFUSED),
    ("a parameter moved into the query", lambda g: g.posted([p for p in g.form.items() if p[0] != "Body"]).to(
        target=f"/channels/twilio/inbound?Body={quote_plus(g.form['Body'])}"), REFUSED),
    ("an empty parameter dropped", lambda g: g.posted([p for p in g.form.items() if p[1]] + [("Extra", "")]), REFUSED),
    ("another account, signed rightly", lambda g: g.altered(AccountSid=STRANGER.sid), REFUSED),
    ("no account, signed rightly", lambda g: g.altered(AccountSid=None), REFUSED),
    ("an empty account, signed rightly", lambda g: g.altered(AccountSid=""), REFUSED),
    ("our account with a space behind it", lambda g: g.altered(AccountSid=ACCOUNT.sid + " "), REFUSED),
    ("the name of the account in small letters", lambda g: g.altered(AccountSid=None, accountsid=ACCOUNT.sid), REFUSED),
    ("no MessageSid, signed rightly", lambda g: g.altered(MessageSid=None, SmsSid=None, SmsMessageSid=None), UNREADABLE),
    ("a MessageSid that is too short", lambda g: g.altered(MessageSid=g.sid[:-1]), UNREADABLE),
    ("a MessageSid with a letter no sid has", lambda g: g.altered(MessageSid=g.sid[:-1] + "g"), UNREADABLE),
    ("a MessageSid with a line's end", lambda g: g.altered(MessageSid=g.sid + "\n"), UNREADABLE),
    ("a MessageSid with a NUL", lambda g: g.altered(MessageSid=g.sid[:-1] + "\x00"), UNREADABLE),
    ("the sid of a call", lambda g: g.altered(MessageSid="CA" + g.sid[2:]), UNREADABLE),
    ("a MessageSid that is SQL", lambda g: g.altered(MessageSid="SM'; DROP TABLE message; --"), UNREADABLE),
    ("no sender, signed rightly", lambda g: g.altered(From=None), UNREADABLE),
    ("an empty sender, signed rightly", lambda g: g.altered(From=""), UNREADABLE),
    ("no text, signed rightly", lambda g: g.altered(Body=None), UNREADABLE),
]

STATUSES: Variants = [
    ("a status without a signature", lambda g: g.status().to(signature=None), REFUSED),
    ("a status signed with another token", lambda g: g.status().to(signature=g.right), REFUSED),
    ("another status than was signed", lambda g: g.status().to(body=g.status().body.replace(b"delivered", b"failed")), REFUSED),
    ("a status of another account, signed rightly", lambda g: g.status(AccountSid=STRANGER.sid), REFUSED),
    ("a status that is not one", lambda g: g.status(MessageStatus="eaten", SmsStatus="eaten"), UNREADABLE),
    ("a status without an SMS", lambda g: g.status(MessageSid="", SmsSid=""), UNREADABLE),
    ("a text at the status door", lambda g: signed(g.form, f"{g.site}/channels/twilio/status", ACCOUNT).to(
        target="/channels/twilio/status"), UNREADABLE),
    ("a status at the inbound door", lambda g: g.status().to(target="/channels/twilio/inbound"), REFUSED),
    ("GET at the status door", lambda g: g.status().to(method="GET"), NOT_SO),
]

CONSOLE: Variants = [
    ("the console without a signature", lambda g: g.at_console(typed(g), sig=""), REFUSED),
    ("the console with another key", lambda g: g.at_console(typed(g), key=b"guess"), REFUSED),
    ("the console with the provider's signature", lambda g: g.post.to(target="/channels/console/inbound"), REFUSED),
    ("the console with the signature of another text", lambda g: g.at_console(
        typed(g), sig=console.signature(b"{}", g.console_key)), REFUSED),
    ("the console with a signature beyond ASCII", lambda g: g.at_console(typed(g), sig="\xe9" * 64), REFUSED),
    ("the console's status door", lambda g: g.at_console(typed(g)).to(target="/channels/console/status"), UNREADABLE),
    ("the console without JSON, signed rightly", lambda g: g.at_console(b"AGUA"), UNREADABLE),
    ("the console with a list, signed rightly", lambda g: g.at_console(b"[]"), UNREADABLE),
    ("the console with broken UTF-8, signed rightly", lambda g: g.at_console(b'{"id":"\xff"}'), UNREADABLE),
    ("the console with a number for a text, signed rightly", lambda g: g.at_console(typed(g, text=5)), UNREADABLE),
    ("the console without a sender, signed rightly", lambda g: g.at_console(
        json.dumps({"id": g.sid, "text": "AGUA"}).encode()), UNREADABLE),
    ("the console with an empty sender, signed rightly", lambda g: g.at_console(typed(g, **{"from": ""})), UNREADABLE),
    ("the console with 20,000 brackets, signed rightly", lambda g: g.at_console(b"[" * 20_000), UNREADABLE),
    ("the console with a NUL in its id, signed rightly", lambda g: g.at_console(typed(g, id="a\x00b")), UNREADABLE),
    ("the console with a lone surrogate in its id, signed rightly", lambda g: g.at_console(typed(g, id="\ud800")), UNREADABLE),
    ("the console with an endless id, signed rightly", lambda g: g.at_console(typed(g, id="a" * 9000)), UNREADABLE),
    ("the console with an empty id, signed rightly", lambda g: g.at_console(typed(g, id="")), UNREADABLE),
]
FORGED = [*SIGNATURES, *ADDRESSES, *PARAMETERS, *STATUSES, *CONSOLE]
