"""Letters are measured beside the bare filling of the same words."""

from __future__ import annotations

import pytest

from recovery.bench import rendering


def test_both_programs_write_every_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "CASES", 2)
    rates = rendering.render_rates()
    assert set(rates) == {"ours", "jinja2"}
    assert all(rate() > 0 for rate in rates.values())
