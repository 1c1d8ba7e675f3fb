"""Figures read well."""

import pytest

from workbench.ui.kit.text import duration_text, size_text


@pytest.mark.parametrize(
    ("duration_ms", "text"),
    [(0.4, "0 ms"), (999, "999 ms"), (1240, "1.24 s"), (59_940, "59.9 s"), (125_000, "2 min 5 s")],
)
def test_durations_read_well(duration_ms: float, text: str) -> None:
    assert duration_text(duration_ms) == text


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [(0, "0 bytes"), (299, "299 bytes"), (1024, "1.0 KB"), (50_331_648, "48 MB"), (3 << 40, "3072 GB")],
)
def test_sizes_read_well(size_bytes: int, text: str) -> None:
    assert size_text(size_bytes) == text
