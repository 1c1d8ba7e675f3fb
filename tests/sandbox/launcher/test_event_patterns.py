"""Event patterns match as EventBridge's do."""

import json
from typing import Any

import pytest

from tests.sandbox.launcher.server import Server

EVENT = {
    "id": "1",
    "source": "test-source",
    "detail-type": "test-detail-type",
    "account": "123456789012",
    "region": "us-east-2",
    "time": "2022-07-13T13:48:01Z",
    "resources": [],
}


@pytest.mark.parametrize(
    ("pattern", "detail", "fits"),
    [
        # events/test_events_patterns.py::TestEventPattern: dot_joining_pattern, dot_joining_pattern_NEG,
        # dot_joining_event, dot_joining_event_NEG
        ({"state.status": ["running"]}, {"state": {"status": "running"}}, True),
        ({"state.status": {"status": ["running"]}}, {"state": {"status": "running"}}, False),
        ({"state": {"status": ["running"]}}, {"state.status": "running"}, True),
        ({"state": {"status": ["running"]}}, {"state.status": {"status": "running"}}, False),
        ({"state.status": ["running"]}, {"state.status": "running"}, True),
        ({"a": {"b": {"c": [1], "d": [2]}}}, {"a.b.c": 1, "a": {"b.d": 2}}, True),
        ({"a": {"b": [1]}}, {"a": 5, "a.b": 1}, True),
        ({"a": [5]}, {"a": 5, "a.b": 1}, True),
        ({"a": {"b": [{"exists": False}]}}, {"a.b": 1}, False),
    ],
)
def test_names_are_joined_by_dots_on_both_sides(
    server: Server, pattern: dict[str, Any], detail: dict[str, Any], fits: bool
) -> None:
    asked = {"EventPattern": json.dumps({"detail": pattern}), "Event": json.dumps(EVENT | {"detail": detail})}
    assert server.client("events").test_event_pattern(**asked)["Result"] is fits
