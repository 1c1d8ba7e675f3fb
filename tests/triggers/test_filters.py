"""Event patterns, evaluated without AWS."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from workbench.core.errors import WorkbenchError
from workbench.core.files import resources_dir
from workbench.triggers.filters import Trial, doubts, matches, matching, problems, try_pattern
from workbench.triggers.kinds.table import SOURCES
from workbench.triggers.model import SourceKind

EVENT: dict[str, Any] = {
    "source": "aws.ec2",
    "detail": {
        "state": "running",
        "price": 12.5,
        "count": 0,
        "flag": True,
        "nothing": None,
        "empty": "",
        "tags": ["red", "blue"],
        "none": [],
        "lines": [{"sku": "a", "n": 1}, {"sku": "b", "n": 20}],
        "ip": "10.0.0.7",
        "file": "lib/x/a*b.PNG",
    },
}

LEAVES: list[tuple[str, Any, bool]] = [
    ("state", ["running"], True),
    ("state", ["Running"], False),
    ("state", ["stopped", "running"], True),
    ("state", [{"equals-ignore-case": "RUNNING"}], True),
    ("state", [{"equals-ignore-case": "stopped"}], False),
    ("state", [{"prefix": "run"}], True),
    ("state", [{"prefix": "Run"}], False),
    ("state", [{"prefix": {"equals-ignore-case": "RUN"}}], True),
    ("file", [{"suffix": ".PNG"}], True),
    ("file", [{"suffix": ".png"}], False),
    ("file", [{"suffix": {"equals-ignore-case": ".png"}}], True),
    ("state", [{"anything-but": "running"}], False),
    ("state", [{"anything-but": ["stopped", "ended"]}], True),
    ("state", [{"anything-but": {"prefix": "run"}}], False),
    ("state", [{"anything-but": {"suffix": ["x", "g"]}}], False),
    ("state", [{"anything-but": {"equals-ignore-case": "STOPPED"}}], True),
    ("missing", [{"anything-but": "running"}], False),
    ("price", [{"numeric": [">", 10, "<=", 20]}], True),
    ("price", [{"numeric": [">", 12.5]}], False),
    ("price", [{"numeric": ["=", 12.5]}], True),
    ("price", [12.50], True),
    ("price", ["12.5"], False),
    ("state", [{"numeric": [">", 0]}], False),
    ("flag", [{"numeric": ["=", 1]}], False),
    ("count", [0], True),
    ("count", [False], False),
    ("flag", [True], True),
    ("flag", [1], False),
    ("count", [{"anything-but": 1}], True),
    ("state", [{"exists": True}], True),
    ("state", [{"exists": False}], False),
    ("missing", [{"exists": False}], True),
    ("missing", [{"exists": True}], False),
    ("none", [{"exists": False}], True),
    ("nothing", [None], True),
    ("missing", [None], False),
    ("empty", [None], False),
    ("empty", [""], True),
    ("nothing", [""], False),
    ("tags", ["blue"], True),
    ("tags", ["green"], False),
    ("tags", [{"anything-but": "red"}], True),
    ("ip", [{"cidr": "10.0.0.0/24"}], True),
    ("ip", [{"cidr": "10.0.1.0/24"}], False),
    ("state", [{"cidr": "10.0.0.0/24"}], False),
    ("file", [{"wildcard": "lib/*/*.PNG"}], True),
    ("file", [{"wildcard": "*a\\*b*"}], True),
    ("state", [{"wildcard": "r\\*g"}], False),
    ("lines", {"sku": ["a"], "n": [1]}, True),
    ("lines", {"sku": ["a"], "n": [20]}, False),
    ("state", {"deeper": [{"exists": False}]}, True),
    ("state", {"deeper": ["x"]}, False),
    ("missing", {"deeper": [{"exists": False}], "x": {"y": [{"exists": False}]}}, True),
]


@pytest.mark.parametrize(("field", "wanted", "fits"), LEAVES)
def test_comparisons(field: str, wanted: Any, fits: bool) -> None:
    assert matches(json.dumps({"detail": {field: wanted}}), EVENT) is fits


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ({"source": ["aws.ec2"], "detail": {"state": ["running"]}}, True),
        ({"source": ["aws.s3"], "detail": {"state": ["running"]}}, False),
        ({"$or": [{"source": ["aws.s3"]}, {"detail": {"state": ["running"]}}]}, True),
        ({"$or": [{"source": ["aws.s3"]}, {"detail": {"state": ["ended"]}}]}, False),
        ({"detail": {"$or": [{"price": [1]}, {"flag": [True]}]}, "source": ["aws.ec2"]}, True),
        ({"$or": [{"x": ["1"]}, {"gone": {"y": [{"exists": False}]}}]}, True),
        ({"$or": ["running"]}, False),  # a field of that name
        ({"gone": {"$or": [{"y": ["1"]}, {"z": [{"exists": False}]}]}}, True),
    ],
)
def test_members_are_all_needed_and_or_needs_one(pattern: dict[str, Any], fits: bool) -> None:
    assert matches(json.dumps(pattern), EVENT) is fits


REFUSED: list[tuple[str, str]] = [
    ("", "not JSON"),
    ("{", "not JSON"),
    ('{"a": [NaN]}', "not JSON"),
    ("[" * 3000 + "]" * 1000, "not JSON"),
    ("[1]", "JSON object"),
    ('"x"', "JSON object"),
    ("{}", "empty"),
    ('{"a": "x"}', 'a: "x" must be in an array'),
    ('{"a": {"b": 5}}', "a.b: 5 must be in an array"),
    ('{"a": null}', "a: null must be"),
    ('{"a": []}', "a: the array is empty"),
    ('{"a": {}}', "a: the object is empty"),
    ('{"a": [["x"]]}', "cannot contain another array"),
    ('{"a": [{}]}', "exactly one comparison"),
    ('{"a": [{"prefix": "x", "suffix": "y"}]}', "exactly one comparison"),
    ('{"a": [{"regex": "x"}]}', "“regex” is not a comparison"),
    ('{"a": [{"prefix": 5}]}', "“prefix” needs a string"),
    ('{"a": [{"suffix": ["x"]}]}', "“suffix” needs a string"),
    ('{"a": [{"equals-ignore-case": {"equals-ignore-case": "x"}}]}', "needs a string"),
    ('{"a": [{"exists": "true"}]}', "true or false"),
    ('{"a": [{"exists": 1}]}', "true or false"),
    ('{"a": [{"numeric": []}]}', "pairs of an operator"),
    ('{"a": [{"numeric": [">"]}]}', "pairs of an operator"),
    ('{"a": [{"numeric": ["!=", 5]}]}', "not !="),
    ('{"a": [{"numeric": [">", "5"]}]}', "without quotation marks"),
    ('{"a": [{"numeric": [[], 5]}]}', "“numeric” supports"),
    ('{"a": [{"numeric": [">", 6000000000]}]}', "between"),
    ('{"a": [{"numeric": ["<", 5, ">", 1]}]}', "range with the lower limit first"),
    ('{"a": [{"numeric": [">", 5, "<", 5]}]}', "is empty"),
    ('{"a": [{"anything-but": []}]}', "is empty"),
    ('{"a": [{"anything-but": ["x", 1]}]}', "not both"),
    ('{"a": [{"anything-but": [true]}]}', "not both"),
    ('{"a": [{"anything-but": {"numeric": [">", 1]}}]}', "“anything-but” needs"),
    ('{"a": [{"anything-but": {"prefix": 5}}]}', "needs a string"),
    ('{"a": [{"cidr": "10.0.0.1"}]}', "address block"),
    ('{"a": [{"cidr": 5}]}', "address block"),
    ('{"a": [{"wildcard": "a**b"}]}', "two consecutive asterisks"),
    ('{"$or": [{"a": [1]}]}', "at least two objects"),
    ('{"$or": [{"a": [1]}, {}]}', "is empty"),
    ('{"$or": [{"a": [1]}, {"b": 2}]}', "$or.b: 2 must be"),
    (json.dumps({"a": ["x" * 4096]}), "4,096"),
    (
        json.dumps({f"a{n}": {"$or": [{f"{m}": [1]} for m in range(11)]} for n in range(3)}),
        "1,331 combinations",
    ),
]


@pytest.mark.parametrize(("pattern", "words"), REFUSED)
def test_what_aws_refuses_is_named_with_its_place(pattern: str, words: str) -> None:
    assert words in " ".join(problems(pattern))
    with pytest.raises(WorkbenchError, match="Could not test the pattern"):
        matches(pattern, EVENT)


def test_all_problems_are_named_at_once() -> None:
    assert len(problems('{"a": 1, "b": [], "c": {"d": "x"}}')) == 3


def test_a_good_pattern_has_no_problem() -> None:
    for field, wanted, _ in LEAVES:
        assert problems(json.dumps({"detail": {field: wanted}})) == ()


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ({"body": {"a": [{"wildcard": "x*"}]}}, "body.a: AWS documents “wildcard” for EventBridge rules"),
        ({"body": {"a": [{"anything-but": {"prefix": "x"}}]}}, "“anything-but prefix”"),
        ({"$or": [{"a": [{"cidr": "10.0.0.0/8"}]}, {"b": [1]}]}, "$or.a"),
    ],
)
def test_what_only_rules_are_known_to_have_is_doubtful_in_a_mapping(
    pattern: dict[str, Any], words: str
) -> None:
    assert words in " ".join(doubts(json.dumps(pattern)))


def test_what_mappings_are_documented_to_know_is_not_doubtful() -> None:
    pattern = {"body": {"a": [{"prefix": "x"}, {"anything-but": ["y"]}, {"numeric": ["<", 4]}, "z"]}}
    assert doubts(json.dumps(pattern)) == ()


def test_as_many_combinations_as_aws_takes_are_no_problem() -> None:
    def one_of(name: str, count: int) -> dict[str, object]:
        return {name: {"$or": [{"x": [number]} for number in range(count)]}}

    assert problems(json.dumps(one_of("a", 10) | one_of("b", 10) | one_of("c", 10))) == ()
    (found,) = problems(json.dumps(one_of("a", 7) | one_of("b", 11) | one_of("c", 13)))
    assert "1,001 combinations; AWS allows 1,000" in found


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
        ({"state.status": ["running"]}, {"state": {"status": "stopped"}}, False),
        ({"a.b.c": ["x"]}, {"a": [{"b.c": "y"}, {"b": {"c": "x"}}]}, True),
        ({"state.status": [{"exists": False}]}, {"state": {"status": "running"}}, False),
        ({"state.status": [{"exists": False}]}, {"state": {}}, True),
    ],
)
def test_names_are_joined_by_dots_on_both_sides(
    pattern: dict[str, Any], detail: dict[str, Any], fits: bool
) -> None:
    """AWS's recorded answers, and what follows from them."""
    assert matches(json.dumps({"detail": pattern}), {"detail": detail}) is fits
    assert try_pattern(json.dumps({"detail": pattern}), {"detail": detail}).fits is fits


ORDER = {"body": {"kind": "order", "price": 12, "lines": [{"sku": "a", "n": 1}, {"sku": "b", "n": 2}]}}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ({"body": {"kind": ["order"]}}, Trial(fits=True)),
        ({"body": {"kind": ["offer"], "price": [12]}}, Trial(False, ("body.kind",))),
        (
            {"body": {"kind": ["offer"], "price": [{"numeric": [">", 99]}]}, "source": ["shop"]},
            Trial(False, ("body.kind", "body.price", "source")),
        ),
        ({"body": {"$or": [{"kind": ["x"]}, {"price": [1]}]}}, Trial(False, ("body.$or",))),
        # One object of the list must fit both.
        ({"body": {"lines": {"sku": ["a"], "n": [2]}}}, Trial(False, ("body.lines.sku", "body.lines.n"))),
    ],
)
def test_a_trial_names_what_fails(pattern: dict[str, object], expected: Trial) -> None:
    assert try_pattern(json.dumps(pattern), ORDER) == expected


def _compared(kind: str) -> Mapping[str, Any]:
    source = SOURCES[SourceKind(kind)]
    file = resources_dir() / "events" / source.sample_event
    return source.compared_record(json.loads(file.read_text("utf-8")))


@pytest.mark.parametrize("kind", [kind for kind, source in SOURCES.items() if source.sample_event])
def test_each_source_has_a_sample_to_try_on(kind: SourceKind) -> None:
    assert _compared(kind)


@pytest.mark.parametrize(
    ("kind", "pattern"),
    [
        ("sqs", {"body": {"action": ["ship"]}}),
        ("kinesis", {"data": {"sensor": [7]}, "partitionKey": ["sensor-7"]}),
        ("sns", {"severity": ["warning"]}),
    ],
)
def test_what_lambda_reads_as_json_is_json_in_the_compared_record(
    kind: str, pattern: dict[str, object]
) -> None:
    assert try_pattern(json.dumps(pattern), _compared(kind)).fits


@pytest.mark.parametrize(
    "test",
    [
        [{"prefix": "aws."}, "my.app"],
        [{"anything-but": {"equals-ignore-case": ["workbench"]}}],
        [{"anything-but": {"wildcard": "W*"}}],
        [{"anything-but": {"prefix": ["W", "0"]}}],
        [{"anything-but": ["Workbench", "0-test-0"]}],
        [{"anything-but": [1, 7]}],
    ],
    ids=json.dumps,
)
def test_an_event_is_made_that_matches(test: list[Any]) -> None:
    pattern = {"detail": {"source": test}}
    event = matching(pattern)
    assert matches(json.dumps(pattern), event)
    assert not str(event["detail"]["source"]).startswith("aws.")  # AWS's own sources cannot be sent
