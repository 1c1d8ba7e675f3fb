"""Long lists are looked at member by member, with the same outcome as short ones, row by row."""

import time
from typing import Any

import pytest

from workbench.sandbox.launcher.door import constraints
from workbench.sandbox.launcher.door.models import Models, Operation
from workbench.sandbox.launcher.door.rules import Refused
from workbench.sandbox.launcher.door.wire import MANY_ROWS, WrongType, read_json

SOUND = {"timestamp": 1, "message": "m"}
ROWS: list[Any] = [
    SOUND,
    {"message": "m", "timestamp": 1},
    {"timestamp": 2**62, "message": "é"},
    {"timestamp": 1.5, "message": "m"},
    {"timestamp": 1, "message": "m", "unknown": []},
    {"timestamp": 1, "message": "m", "more": None},
    {"timestamp": 1},
    {"timestamp": None, "message": "m"},
    {"timestamp": 1, "message": ""},
    {"timestamp": -1, "message": "m"},
    {"timestamp": 2**63, "message": "m"},
    {"timestamp": True, "message": "m"},
    {"timestamp": 1, "message": 5},
    {"timestamp": 1, "message": "\ud800"},
    {},
    [],
    None,
    "text",
]


def outcome(operation: Operation, count: int, odd: Any, sound: Any = SOUND) -> Any:
    """What becomes of the last of so many rows, or why the request is refused."""
    assert operation.input is not None
    document = {"logGroupName": "g", "logStreamName": "s", "logEvents": [sound] * (count - 1) + [odd]}
    try:
        parameters = read_json(operation.input, document)
        constraints.check("logs", operation, parameters)
    except WrongType as error:
        return error.value, error.kind
    except Refused as error:
        return error.code, error.message.replace(f".{count}.", ".last.")
    return parameters["logEvents"][-1]


@pytest.fixture(scope="module")
def put() -> Operation:
    service = Models().service("logs")
    operation = service.operation("PutLogEvents") if service else None
    assert operation is not None
    return operation


@pytest.mark.parametrize("odd", ROWS, ids=repr)
def test_an_odd_row_fares_the_same_among_many_and_among_few(put: Operation, odd: Any) -> None:
    few = outcome(put, 3, odd)
    assert outcome(put, MANY_ROWS + 4, odd) == few
    if few == odd:
        assert outcome(put, MANY_ROWS + 4, odd, odd) == few


def test_a_row_that_is_refused_is_named(put: Operation) -> None:
    code, message = outcome(put, 100, {"timestamp": 1, "message": ""})
    assert code == "InvalidParameterException"
    assert "'logEvents.last.member.message' failed to satisfy constraint" in message


def test_a_thousand_events_take_a_fraction_of_what_rows_of_two_forms_take(put: Operation) -> None:
    assert put.input is not None
    alike = [{"timestamp": each, "message": f"line {each}"} for each in range(1000)]
    mixed = [*alike[:-1], {"message": "m", "timestamp": 1}]  # so that each row is looked at

    def took_s(rows: list[Any]) -> float:
        document = {"logGroupName": "g", "logStreamName": "s", "logEvents": rows}
        times = []
        for _ in range(20):
            started = time.perf_counter()
            assert put.input is not None
            constraints.check("logs", put, read_json(put.input, document))
            times.append(time.perf_counter() - started)
        return min(times)

    assert took_s(alike) < took_s(mixed) / 2
