"""The second line of a row in the list of functions."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.functions.test_index import function
from tests.ui.hand_clock import HandClock
from workbench.ui.shell.function_rows import describe


@pytest.mark.parametrize(
    ("seconds", "age"), [(0, "just now"), (59, "just now"), (60, "1 min ago"), (7_300, "2 h ago")]
)
def test_when_it_was_changed_is_no_timeout(clock: HandClock, seconds: int, age: str) -> None:
    changed = datetime.fromtimestamp(clock.time_s, UTC) - timedelta(seconds=seconds)
    assert describe(function("one", last_modified=changed), clock) == f"python3.13 · 128 MB · {age}"
    image = replace(function("two", last_modified=None), runtime="", package_type="Image")
    assert describe(image, clock) == "Image · 128 MB"
