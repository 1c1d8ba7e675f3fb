"""Test events survive anything a name, a text or a disk can do."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.core.errors import WorkbenchError
from workbench.core.paths import resources_dir
from workbench.invoke.events import EventStore, TestEvent, load_samples
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
