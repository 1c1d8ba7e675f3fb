"""What a function printed becomes a test event again."""

import json

import pytest

from workbench.invoke.payload import event_in


@pytest.mark.parametrize(
    ("text", "event"),
    [
        ('{"a": 1}', {"a": 1}),
        ('GOT {"Records": [{"body": "x}"}]} in 3 ms', {"Records": [{"body": "x}"}]}),
        ("GOT {'a': None, 'b': True, 'c': \"it's\"}", {"a": None, "b": True, "c": "it's"}),
        ("[INFO]\t2026-11-26T12:00:00Z\tid\t{'a': [1, 2]}", {"a": [1, 2]}),
        ("[1, 2, 3]", [1, 2, 3]),
        ('{"grüße": "東京"}', {"grüße": "東京"}),
        ("no event at all", None),
        ("", None),
        ("[INFO] nothing", None),
        ("{broken", None),
        ("{'a': open('x')}", None),
        ("{'a': b'bytes'}", None),
        ("{'a': float('nan')}", None),
        ("{'a', 'b'}", None),
        ("{}", None),
        ("[" * 5000, None),
        ("{" * 5000, None),
        ('{"a": "' + "x" * 400_000 + '"}', None),
    ],
)
def test_the_event_in_a_log_line(text: str, event: object) -> None:
    found = event_in(text)
    assert (json.loads(found) if found else None) == event
