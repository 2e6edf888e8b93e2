"""`barrio bench pages`: every page that it asks for answers, on a small city, on both databases' code."""

from __future__ import annotations

import pytest

from gateway.cli import main


def test_every_page_that_is_measured_answers(capsys: pytest.CaptureFixture[str]) -> None:
    from gateway.bench import pages
    assert main(["bench", "pages", "--reports", "300", "--needs", "60"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines() if line.startswith("/")]
    assert [line[0] for line in lines] == list(pages.PAGES)
    assert {line[1] for line in lines} == {"200"}
