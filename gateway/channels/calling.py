"""What a call to a provider that broke says about the SMS it carried."""

from __future__ import annotations


def never_connected(fault: Exception) -> bool:
    """Refused, timed out or unknown before a byte of ours left, as against a connection that broke."""
    import requests
    from urllib3.exceptions import NewConnectionError
    cause = getattr(fault.args[0], "reason", fault.args[0]) if fault.args else None
    return isinstance(fault, requests.exceptions.ConnectTimeout) or isinstance(cause, NewConnectionError)
