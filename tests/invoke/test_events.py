"""Test events survive anything a name, a text or a disk can do; shareable ones are in Lambda's form."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from workbench.core.errors import WorkbenchError
from workbench.core.files import resources_dir
from workbench.core.jobs import JobContext
from workbench.invoke.events import (
    EventStore,
    TestEvent,
    delete_shareable,
    list_shareable,
    load_samples,
    save_shareable,
)
from workbench.invoke.payload import check_payload


@pytest.fixture
def store(tmp_path: Path) -> EventStore:
    return EventStore(tmp_path / "events", "123456789012", "eu-central-1", "hello-http")


def test_an_event_comes_back_as_it_was_written(store: EventStore) -> None:
    text = '{\n\t"not yet JSON": \r\n ☃'
    store.save("half written", text.replace("\r", ""))
    assert EventStore(store.folder.parents[2], "123456789012", "eu-central-1", "hello-http").list() == (
        TestEvent("half written", text.replace("\r", "")),
    )


@pytest.mark.parametrize(
    "name",
    ["plain", "a/b", "../../escape", ".hidden", "..", "con.json", "日本語", "a\\b:c*?", "~", "x" * 60, "é\n"],
)
def test_any_name_is_one_file_in_the_functions_folder(store: EventStore, name: str) -> None:
    event = store.save(name, "{}")
    assert [each.name for each in store.list()] == [event.name] == [name.strip()]
    assert len(list(store.folder.iterdir())) == 1
    store.delete(name.strip())
    assert store.list() == ()


@pytest.mark.parametrize("name", ["", "  ", "x" * 300])
def test_a_name_that_is_no_name_is_refused(store: EventStore, name: str) -> None:
    with pytest.raises(WorkbenchError, match="name"):
        store.save(name, "{}")


def test_functions_do_not_share_events(store: EventStore, tmp_path: Path) -> None:
    store.save("mine", "{}")
    for other in (
        EventStore(tmp_path / "events", "123456789012", "eu-central-1", "other"),
        EventStore(tmp_path / "events", "123456789012", "us-east-1", "hello-http"),
        EventStore(tmp_path / "events", "210987654321", "eu-central-1", "hello-http"),
    ):
        assert other.list() == ()


def test_saving_again_replaces(store: EventStore) -> None:
    store.save("e", "1")
    store.save("e", "2")
    assert store.list() == (TestEvent("e", "2"),)


def test_foreign_files_do_not_disturb(store: EventStore) -> None:
    store.save("good", "{}")
    (store.folder / "bad.json").write_bytes(b"\xff\xfe")
    (store.folder / "folder.json").mkdir()
    (store.folder / ".git").mkdir()
    (store.folder / "README.md").write_text("mine")
    assert [event.name for event in store.list()] == ["good"]


def test_the_last_used_event_is_remembered(store: EventStore) -> None:
    assert store.last_used() is None
    event = store.save("mine", "{}")
    store.remember_used(event)
    assert store.last_used() == event
    assert store.list() == (event,)  # what is remembered is no event

    sample = TestEvent("sqs", '{"Records": []}', is_sample=True)
    store.remember_used(sample)
    assert store.last_used() == sample


def test_a_text_that_was_typed_over_and_not_saved_is_remembered(store: EventStore) -> None:
    store.save("mine", "{}")
    typed = TestEvent("mine", '{"typed": 1')
    store.remember_used(typed)
    assert store.last_used() == typed
    assert store.list() == (TestEvent("mine", "{}"),)


def test_a_saved_text_is_read_anew(store: EventStore) -> None:
    store.remember_used(store.save("mine", "{}"))
    store.save("mine", "[]")  # as another program, or git, may do
    assert store.last_used() == TestEvent("mine", "[]")


def test_a_last_used_event_that_is_gone_is_forgotten(store: EventStore) -> None:
    store.remember_used(store.save("mine", "{}"))
    store.delete("mine")
    store.delete("mine")
    assert store.last_used() is None


@pytest.mark.parametrize("damage", [b"", b"[]", b"null", b'{"name": 3}', b"\xff", b'{"is_sample": true}'])
def test_a_damaged_memory_is_no_message(
    store: EventStore, damage: bytes, expect_log: Callable[[str], None]
) -> None:
    store.save("mine", "{}")
    (store.folder / ".last-used").write_bytes(damage)
    assert store.last_used() is None
    expect_log("last-used was damaged")
    assert [event.name for event in store.list()] == ["mine"]


@pytest.mark.parametrize(
    ("memory", "expected"),
    [
        (r'{"name": "s3-put", "is_sample": true, "changed": false, "text": "{\u00e4"}', ("s3-put", "{ä")),
        ('{"name": "mine", "is_sample": false, "changed": true, "text": "[1]"}', ("mine", "[1]")),
        ('{"name": "mine", "is_sample": false, "text": ""}', ("mine", "{}")),
    ],
)
def test_what_an_earlier_version_used_last_is_read(
    store: EventStore, memory: str, expected: tuple[str, str]
) -> None:
    store.save("mine", "{}")
    (store.folder / ".last-used").write_text(memory)
    last = store.last_used()
    assert last is not None
    assert (last.name, last.text) == expected


def test_the_disk_refusing_is_said(store: EventStore) -> None:
    store.folder.parent.mkdir(parents=True)
    store.folder.write_text("a file is in the way")
    with pytest.raises(WorkbenchError, match=r"e\.json could not be saved"):
        store.save("e", "{}")


def test_the_samples_are_valid_and_the_empty_event_comes_first() -> None:
    samples = load_samples(resources_dir() / "events")
    assert samples[0].name == "empty"
    assert {"http-api-v2", "s3-put", "sqs"} <= {sample.name for sample in samples}
    for sample in samples:
        assert sample.is_sample
        assert check_payload(sample.text.encode())
    http = json.loads(next(sample.text for sample in samples if sample.name == "http-api-v2"))
    assert len(http["body"]) == int(http["headers"]["content-length"])


def test_the_samples_hold_documentation_addresses_only() -> None:
    text = "".join(sample.text for sample in load_samples(resources_dir() / "events"))
    assert set(re.findall(r"\b\d{1,3}(?:\.\d{1,3}){3}\b", text)) == {"192.0.2.17"}
    assert set(re.findall(r"(?<!shardId-)\b\d{12}\b", text)) == {"123456789012"}


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
