"""Where a request comes from: what its connection says, or the last word of a proxy of ours. A stranger's header counts for nothing."""

from __future__ import annotations

import ipaddress

from flask import Request

from gateway.config import Config


def address_of(request: Request, config: Config) -> str:
    """Each proxy puts the address that called it at the end; of those that are ours the next before is looked at."""
    address = request.remote_addr or ""
    said = [part.strip() for line in request.headers.getlist("X-Forwarded-For") for part in line.split(",")]
    while said and _is_ours(address, config.web.proxies):
        address = said.pop()
    return address[:64]


def _is_ours(address: str, proxies: tuple[str, ...]) -> bool:
    try:
        there = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(there in ipaddress.ip_network(proxy, strict=False) for proxy in proxies)
