"""What of a log line repeats its time and request ID."""

import pytest

from workbench.logs.parse import folded

ID = "8f5f6f3e-1b1c-4d8e-9a56-0123456789ab"
T = 1_773_414_144_250  # 2026-03-13T15:02:24.250Z
NOW = "2026-03-13T15:02:24.250Z"


def _left(text: str, time_ms: int | None = T) -> str:
    begin, end = folded(text, time_ms)
    return text[:begin] + text[end:]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"{NOW}\t{ID}\tINFO\thello", "INFO\thello"),
        (f"{NOW}\tundefined\tINFO\tat import", "INFO\tat import"),
        (f"[INFO]\t{NOW}\t{ID}\thello", "[INFO]\thello"),
        (f"[INFO]\t{NOW}\t\tat import", "[INFO]\tat import"),
        (f"START RequestId: {ID} Version: $LATEST", "START Version: $LATEST"),
        (f"END RequestId: {ID}", "END"),
        (f"REPORT RequestId: {ID}\tDuration: 1.23 ms\t", "REPORT\tDuration: 1.23 ms\t"),
        (f"{NOW} {ID} Task timed out after 3.00 seconds", "Task timed out after 3.00 seconds"),
        (
            f"RequestId: {ID} Error: Runtime exited with error: exit status 1",
            "Error: Runtime exited with error: exit status 1",
        ),
        (f"{NOW} my own line", "my own line"),
        ("2026-03-13 15:02:23,900 INFO my own line", "INFO my own line"),
    ],
)
def test_time_and_request_id_are_left_out(text: str, left: str) -> None:
    assert _left(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "2026-03-13T09:00:00Z is when it is due",  # another time than the event's: it says something
        "2026-99-99T15:02:24Z is no time",
        NOW,  # nothing but the time
        f"the request {ID}",
        f'{{"timestamp":"{NOW}","requestId":"{ID}","message":"hello"}}',
        f"START RequestId: {ID}x",
    ],
)
def test_what_says_more_stays(text: str) -> None:
    assert folded(text, T) == (0, 0)


def test_where_no_column_shows_the_time_it_stays() -> None:
    assert _left(f"{NOW} my own line", None) == f"{NOW} my own line"
