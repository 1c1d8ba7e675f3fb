"""Shareable test events, in the form of the Lambda console, with AWS's exact answers."""

import json
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.invoke.events import TestEvent, delete_shareable, list_shareable, save_shareable

PLACE = {"RegistryName": "lambda-testevent-schemas", "SchemaName": "_hello-schema"}
CTX = JobContext()


def document(**events: object) -> dict[str, Any]:
    """As the console writes it."""
    return {
        "openapi": "3.0.0",
        "info": {"version": "1.0.0", "title": "Event"},
        "paths": {},
        "components": {
            "schemas": {"Event": {"type": "object", "required": ["key"], "properties": {"key": {}}}},
            "examples": {name: {"value": value} for name, value in events.items()},
        },
    }


def holds(aws: StubbedAws, content: object) -> None:
    text = content if isinstance(content, str) else json.dumps(content)
    aws.answer("schemas", "describe_schema", {"Content": text, "SchemaVersion": "3"}, PLACE)


def has_versions(aws: StubbedAws, *versions: str) -> None:
    found = [{"SchemaVersion": version} for version in versions]
    aws.answer("schemas", "list_schema_versions", {"SchemaVersions": found}, PLACE)


class Written:
    """Takes what is written for a look at it."""

    def __init__(self) -> None:
        self.content: Any = None

    def __eq__(self, other: object) -> bool:
        self.content = json.loads(str(other))
        return True

    __hash__ = None  # type: ignore[assignment]


def test_the_consoles_events_are_listed(aws: StubbedAws) -> None:
    holds(aws, document(b={"key": "ü"}, a=[1]))
    found = list_shareable(aws.connection, "hello", CTX)
    assert found == (
        TestEvent("a", "[\n  1\n]", is_shared=True),
        TestEvent("b", '{\n  "key": "ü"\n}', is_shared=True),
    )


def test_a_function_that_shares_nothing_has_no_schema(aws: StubbedAws) -> None:
    aws.refuse("schemas", "describe_schema", "NotFoundException", "Schema not found.", 404)
    assert list_shareable(aws.connection, "hello", CTX) == ()


def test_an_event_is_added_and_the_others_and_their_schema_stay(aws: StubbedAws) -> None:
    old, written = document(theirs={"key": 1}), Written()
    holds(aws, old)
    has_versions(aws, "1", "3", "2")
    aws.answer("schemas", "update_schema", {}, {**PLACE, "Type": "OpenApi3", "Content": written})
    save_shareable(aws.connection, "hello", " mine ", '{"key": 2}', CTX)
    examples = written.content["components"]["examples"]
    assert examples == {"theirs": {"value": {"key": 1}}, "mine": {"value": {"key": 2}}}
    assert written.content["components"]["schemas"] == old["components"]["schemas"]


def test_the_first_event_makes_registry_and_schema(aws: StubbedAws) -> None:
    written = Written()
    aws.refuse("schemas", "describe_schema", "NotFoundException", "Registry not found.", 404)
    aws.refuse("schemas", "describe_registry", "NotFoundException", "Registry not found.", 404)
    aws.answer("schemas", "create_registry", {}, {"RegistryName": PLACE["RegistryName"]})
    aws.answer("schemas", "create_schema", {}, {**PLACE, "Type": "OpenApi3", "Content": written})
    save_shareable(aws.connection, "hello", "first", "", CTX)
    assert written.content["openapi"] == "3.0.0"
    assert written.content["components"]["examples"] == {"first": {"value": {}}}


def test_old_versions_make_room(aws: StubbedAws) -> None:
    holds(aws, document(a=1, b=2))
    has_versions(aws, "10", "6", "7", "8", "9")
    aws.answer("schemas", "delete_schema_version", {}, {**PLACE, "SchemaVersion": "6"})
    aws.answer("schemas", "update_schema", {})
    delete_shareable(aws.connection, "hello", "a", CTX)
    assert [call.operation for call in aws.calls if call.is_write] == ["DeleteSchemaVersion", "UpdateSchema"]


def test_the_last_event_takes_the_schema_along_and_a_missing_one_nothing(aws: StubbedAws) -> None:
    holds(aws, document(a=1))
    aws.answer("schemas", "delete_schema", {}, PLACE)
    delete_shareable(aws.connection, "hello", "a", CTX)
    holds(aws, document(a=1))
    delete_shareable(aws.connection, "hello", "gone", CTX)
    assert [call.operation for call in aws.calls] == ["DescribeSchema", "DeleteSchema", "DescribeSchema"]


@pytest.mark.parametrize("content", ["no JSON", "[]", "{}", '{"components": 3}'])
def test_what_is_in_another_form_is_left_alone(aws: StubbedAws, content: str) -> None:
    holds(aws, content)
    with pytest.raises(WorkbenchError, match="not in the console's form"):
        save_shareable(aws.connection, "hello", "mine", "{}", CTX)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("  ", "{}", "no name"),
        ("mine", "{", "not JSON"),
        ("mine", json.dumps("x" * 100_001), "100,000 characters"),
    ],
)
def test_what_cannot_be_shared_is_said_before_it_is_sent(
    aws: StubbedAws, name: str, text: str, words: str
) -> None:
    if "characters" in words:
        aws.refuse("schemas", "describe_schema", "NotFoundException", "no", 404)
    with pytest.raises(WorkbenchError, match=words):
        save_shareable(aws.connection, "hello", name, text, CTX)


def test_a_missing_permission_is_said_with_its_name(aws: StubbedAws) -> None:
    words = "User: arn:aws:iam::123456789012:user/me is not authorized to perform: schemas:DescribeSchema"
    aws.refuse("schemas", "describe_schema", "ForbiddenException", words, 403)
    with pytest.raises(WorkbenchError) as caught:
        list_shareable(aws.connection, "hello", CTX)
    assert caught.value.aws_code == "ForbiddenException"
    assert "schemas:DescribeSchema" in str(caught.value)
