"""The bench drains what it files: through a broker and a worker of its own, to the last report."""

from __future__ import annotations

import pytest

from gateway.bench import draining


def test_the_bench_measures_a_drain_through_broker_and_worker(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(draining, "ROUNDS", 1)
    draining.run(300)
    head, titles, _, line = capsys.readouterr().out.strip().splitlines()[-4:]
    assert "300 reports a round" in head
    assert titles.split() == ["worker", "reports/s", "spread", "floor", "rows/s", "of", "the", "floor", "RSS", "MiB"]
    rate, rss = float(line.split()[4]), float(line.split()[-1])
    assert rate > 0
    assert rss > 10


def test_a_worker_that_does_not_drain_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draining, "_ring", lambda settings: None)
    monkeypatch.setattr(draining, "PATIENCE", 0.5)
    with pytest.raises(SystemExit, match="does not drain"):
        draining.run(50)
