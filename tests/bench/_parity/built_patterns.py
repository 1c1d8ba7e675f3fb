"""Event patterns that EventBridge refuses, by the recorded refusal's key."""

import json

from tests.bench._parity.row import Row

_EVENT = json.dumps(
    {
        "id": "1",
        "source": "order",
        "detail-type": "Test",
        "account": "123456789012",
        "region": "us-east-1",
        "time": "2022-07-13T13:48:01Z",
        "resources": [],
        "detail": {},
    }
)
# Words of the key, and the pattern.
_PATTERNS: tuple[tuple[str, str], ...] = (
    ("[int_nolist_EXC]", '{"detail": {"int": 42}}'),
    ("[string_nolist_EXC]", '{"detail": {"string": "my-value"}}'),
    ("[content_numeric_EXC]", '{"detail": {"n": [{"numeric": [">", 0, ">", 0]}]}}'),
    (
        "[content_wildcard_repeating_star_EXC]",
        '{"detail": {"abc": [{"wildcard": "arn:aws:events:us-east-1:**:event-bus/*"}]}}',
    ),
    ("[arrays_empty_EXC]", '{"resources": []}'),
    ('["not", "a", "dict"', '["not", "a", "dict", "but valid json"]'),
    (
        "[content_anything_but_string_list_null_type_EXC]",
        '{"detail": {"a": [{"anything-but": ["x", null]}]}}',
    ),
    (
        "[content_anything_but_ignorecase_EXC]",
        '{"detail": {"a": [{"anything-but": {"equals-ignore-case": 12}}]}}',
    ),
    ("[content_ip_address_bad_mask_EXC]", '{"detail": {"ip": [{"cidr": "10.0.0.0/x"}]}}'),
    ("[content_ip_address_v6_bad_ip_EXC]", '{"detail": {"ip": [{"cidr": "xxxx:db8:1234:1a00::/64"}]}}'),
    ("[content_anything_prefix_empty_EXC]", '{"detail": {"a": [{"anything-but": {"prefix": ""}}]}}'),
    ("[content_wildcard_complex_EXC]", '{"detail": {"a": [{"wildcard": "*:*:*:*:*:event-bus/*"}]}}'),
    ("[operator_case_sensitive_EXC]", '{"detail": {"a": [{"EXISTS": true}]}}'),
    ("this is valid json but not a dict", "this is valid json but not a dict"),
    ("[content_numeric_syntax_EXC]", '{"detail": {"n": [{"numeric": [">", 0, "<", "x"]}]}}'),
    (
        "[content_anything_prefix_ignorecase_EXC]",
        '{"detail": {"a": [{"anything-but": {"prefix": {"equals-ignore-case": "x"}}}]}}',
    ),
    ("[content_numeric_number_EXC]", '{"detail": {"n": [{"numeric": 5}]}}'),
    ("[content_ignorecase_EXC]", '{"detail": {"a": [{"equals-ignore-case": ["x"]}]}}'),
    ("[content_prefix_list_EXC]", '{"detail": {"a": [{"prefix": ["x"]}]}}'),
    ("[content_anything_suffix_list_type_EXC]", '{"detail": {"a": [{"anything-but": {"suffix": [1]}}]}}'),
    ("[content_suffix_int_EXC]", '{"detail": {"a": [{"suffix": 5}]}}'),
    ("[content_wildcard_int_EXC]", '{"detail": {"a": [{"wildcard": 5}]}}'),
)

EVENT_PATTERNS: tuple[Row, ...] = tuple(
    Row(key, "events.TestEventPattern", {"Event": _EVENT, "EventPattern": pattern})
    for key, pattern in _PATTERNS
)
