"""docs/replies.md, made anew: `python -m tests.gateway.reply_table > docs/replies.md`."""

from __future__ import annotations

from gateway.words.replies import Replies

HEAD = """# What each reply costs

Segments at worst, with septets (GSM-7) or 16-bit units (UCS-2) in brackets: every fill at the length that its text leaves room for, the
greeting of a language that is answered in another before it. An acknowledgement and what is told unasked cost one segment in every
language, all others one in Latin letters and two at most in Arabic script. `answer` stands before words of a person's own, which are
counted before they are sent. Made by `python -m tests.gateway.reply_table`; a test compares it with the texts.

"""


def page() -> str:
    return HEAD + Replies.load().preview_table()


if __name__ == "__main__":
    print(page(), end="")
