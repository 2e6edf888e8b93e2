"""What a report is about, how urgent, for whom, and whether it must stay among few; pure, and every answer gives its reasons."""

from __future__ import annotations

from gateway.classification.rules import Category, Classification, Judge

__all__ = ["Category", "Classification", "Judge"]
