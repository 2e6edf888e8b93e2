"""What a report is about, how urgent, and whether it must stay among few; pure, and every answer gives its reasons."""

from __future__ import annotations

from gateway.classification.rules import Classification, classify

__all__ = ["Classification", "classify"]
