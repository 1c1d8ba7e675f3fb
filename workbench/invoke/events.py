"""Test events: Workbench's samples, the user's own, and the shareable ones of the Lambda console.

The user's own are one JSON file each. An event may be invalid JSON: an unfinished one is stored, too.
Shareable ones are stored in the EventBridge schema registry: each function has one OpenAPI schema whose
examples are the events.
Source: https://docs.aws.amazon.com/lambda/latest/dg/testing-functions.html#creating-shareable-events
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from workbench.aws.connection import Connection
from workbench.aws.quotas import text_limit
from workbench.core.codec import Format
from workbench.core.errors import WorkbenchError
from workbench.core.files import explaining, path_below, write_atomic
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.invoke.payload import check_payload, parse_json

_LAST_USED = ".last-used"
_SUFFIX = ".json"
_MAX_FILE_NAME = 200


@dataclass(frozen=True, slots=True)
class TestEvent:
    """A named payload.

    Attributes:
        name: The user's name, or the file's for a sample ("s3-put").
        is_sample: Whether it is part of Workbench and cannot be changed or removed.
        is_shared: Whether it is in the registry of shareable test events.
    """

    __test__ = False  # not a test case, despite its name

    name: str
    text: str
    is_sample: bool = False
    is_shared: bool = False


@dataclass(frozen=True, slots=True)
class _LastUsed:
    """The last event that was used.

    Attributes:
        changed: Whether it had unsaved edits.
        text: Its text then; empty for a saved event of the user's.
    """

    name: str
    is_sample: bool
    changed: bool = False
    text: str = ""


_FORMAT = Format(_LastUsed)


def load_samples(folder: Path) -> tuple[TestEvent, ...]:
    """The samples in a folder (resources/events): the empty event, then the others by name."""
    files = sorted(folder.glob(f"*{_SUFFIX}"), key=lambda file: (file.stem != "empty", file.stem))
    return tuple(TestEvent(file.stem, file.read_text(encoding="utf-8"), is_sample=True) for file in files)


class EventStore:
    """The events of one function, in its own folder.

    Args:
        kept_in: Another folder for the events, such as one in the function's git repository; None for none.
    """

    def __init__(
        self, events_dir: Path, account_id: str, region: str, function_name: str, kept_in: Path | None = None
    ) -> None:
        own = path_below(events_dir, *map(_file_name, (account_id, region, function_name)))
        self.folder = kept_in or own
        self.memory = own / _LAST_USED
        """The file with the last event that was used; never in a git repository."""

    def list(self) -> tuple[TestEvent, ...]:
        """All events, by name; files that are not readable text are left out. Raises WorkbenchError."""
        with explaining(_("The test events could not be listed."), self.folder):
            files = sorted(self.folder.glob(f"[!.]*{_SUFFIX}"), key=lambda file: file.name.lower())
        events = []
        for file in files:
            try:
                events.append(TestEvent(unquote(file.stem), file.read_text(encoding="utf-8")))
            except (OSError, UnicodeDecodeError):
                continue
        return tuple(events)

    def save(self, name: str, text: str) -> TestEvent:
        """Stores an event; one of the same name is replaced.

        Raises WorkbenchError if the name is empty or too long, or the file cannot be written.
        """
        name = name.strip()
        write_atomic(self._path(name), text.encode())
        return TestEvent(name, text)

    def delete(self, name: str) -> None:
        path = self._path(name)
        with explaining(_("The test event “{name}” could not be removed.").format(name=name), path):
            path.unlink(missing_ok=True)

    def last_used(self) -> TestEvent | None:
        """The last event that was used, with its text then; None if there is none."""
        last = _FORMAT.load(self.memory)
        if last is None:
            return None
        if last.is_sample:
            return TestEvent(last.name, last.text, is_sample=True)
        try:
            saved = self._path(last.name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError, WorkbenchError):
            return None  # only a convenience, so not reported
        return TestEvent(last.name, last.text if last.changed else saved)

    def remember_used(self, event: TestEvent) -> None:
        """Stores which event was used, and its text if that was edited and not saved."""
        # A saved text is not stored again: the file may be edited, or updated by git.
        changed = not event.is_sample and event not in self.list()
        text = event.text if event.is_sample or changed else ""
        _FORMAT.write(self.memory, _LastUsed(event.name, event.is_sample, changed, text))

    def _path(self, name: str) -> Path:
        file_name = _file_name(name)
        if not name or len(file_name) > _MAX_FILE_NAME:
            raise WorkbenchError(
                _("The test event was not saved."),
                _("Its name is too long.") if name else _("It has no name."),
                _("Choose a name of up to 60 characters."),
            )
        return self.folder / f"{file_name}{_SUFFIX}"


def _file_name(name: str) -> str:
    """A name as one safe path component; `unquote` restores it."""
    return quote(name, safe=" ()[]{}+=@,").replace(".", "%2E").replace("~", "%7E")


_OF_HTTP = (
    ("headers", "multiValueHeaders", "queryStringParameters", "multiValueQueryStringParameters"),
    ("pathParameters", "stageVariables", "cookies", "requestContext"),
)
_OF_RECORDS = (
    ("Keys", "NewImage", "OldImage", "messageAttributes", "MessageAttributes", "attributes", "Subject"),
    ("records", "rmqMessagesByQueue", "properties", "fullDocument", "documentKey"),
)
_OF_EVENTS = (
    ("detail", "resources", "userAttributes", "validationData", "clientMetadata"),
    ("responseElements", "userIdentity", "requestParameters"),
)
_FREE = frozenset(chain(*_OF_HTTP, *_OF_RECORDS, *_OF_EVENTS))
"""Members with the user's content, or that only some events of a source have."""
_MAX_HINTS = 5


def shape_hints(text: str, samples: Iterable[TestEvent]) -> tuple[str, tuple[str, ...]]:
    """The members that an event lacks, or has with another type, compared with its source's sample.

    These are hints, not errors: functions are invoked with anything.

    Returns:
        The sample's name, empty if no source is recognised, and up to five paths such as "Records[0].body".
    """
    event = parse_json(text.encode("utf-8", "replace"))
    mark = _mark(event)
    if not mark:
        return "", ()
    for sample in samples:
        shape = parse_json(sample.text.encode())
        if _mark(shape) == mark:
            return sample.name, tuple(_differences(event, shape, ""))[:_MAX_HINTS]
    return "", ()


def _mark(event: Any) -> tuple[str, ...]:
    """What identifies the source of an event; empty for none."""
    if not isinstance(event, dict):
        return ()
    records = event.get("Records")
    if isinstance(records, list) and records and isinstance(records[0], dict):
        source = records[0].get("eventSource") or records[0].get("EventSource")
        return ("records", source) if isinstance(source, str) else ()
    if isinstance(event.get("eventSource"), str):
        return ("source", event["eventSource"])
    for mark, names in (
        ("logs", ("awslogs",)),
        ("v2", ("routeKey", "rawPath")),
        ("v1", ("httpMethod", "resource")),
        ("event", ("detail-type", "source")),
        ("cognito", ("triggerSource", "userPoolId")),
    ):
        if all(name in event for name in names):
            return (mark,)
    return ()


def _differences(event: Any, shape: Any, path: str) -> Iterable[str]:
    if isinstance(shape, dict) and isinstance(event, dict):
        for name, wanted in shape.items():
            at = f"{path}.{name}" if path else name
            if name in _FREE:
                continue
            if name not in event:
                yield at
            else:
                yield from _differences(event[name], wanted, at)
    elif isinstance(shape, list) and isinstance(event, list):
        for number, each in enumerate(event[:_MAX_HINTS]):
            yield from _differences(each, shape[0], f"{path}[{number}]") if shape else ()
    elif shape is not None and event is not None and _kind(shape) is not _kind(event):
        yield path


def _kind(value: Any) -> type:
    if isinstance(value, bool):
        return bool
    return float if isinstance(value, int | float) else type(value)


REGISTRY = "lambda-testevent-schemas"
_TYPE = "OpenApi3"
_MAX_VERSIONS = 5
"""Each change creates a version of the schema. Unverified: the console and SAM keep at most five."""
_MISSING = "NotFoundException"


_Schema = dict[str, Any] | None
"""The OpenAPI document of a function in the registry; None for none."""


def list_shareable(connection: Connection, function_name: str, ctx: JobContext) -> tuple[TestEvent, ...]:
    """A function's shareable events, by name.

    Raises WorkbenchError: access to the registry is denied, or the schema has another format.
    """
    ctx.check()
    schema = _read_schema(connection, function_name)
    return tuple(
        TestEvent(name, json.dumps(example["value"], indent=2, ensure_ascii=False), is_shared=True)
        for name, example in sorted(_examples(schema).items())
        if isinstance(example, dict) and "value" in example
    )


def save_shareable(
    connection: Connection, function_name: str, name: str, text: str, ctx: JobContext
) -> TestEvent:
    """Shares an event; one of the same name is replaced, all others stay.

    Raises WorkbenchError if it has no name, is not JSON, is too large for the registry, or AWS refused.
    """
    name = name.strip()
    if not name:
        raise WorkbenchError(_("The test event was not shared."), _("It has no name."), _("Give it a name."))
    value = parse_json(check_payload(text.encode()) or b"{}")

    def change(examples: dict[str, Any]) -> None:
        examples[name] = {"value": value}

    _change_schema(connection, function_name, change, ctx)
    return TestEvent(name, text, is_shared=True)


def delete_shareable(connection: Connection, function_name: str, name: str, ctx: JobContext) -> None:
    """Deletes a shared event, for all users; with the last one the schema."""
    _change_schema(connection, function_name, lambda examples: examples.pop(name, None), ctx)


def _change_schema(
    connection: Connection, function_name: str, change: Callable[[dict[str, Any]], object], ctx: JobContext
) -> None:
    ctx.check()
    schema, name = _read_schema(connection, function_name), _schema_name(function_name)
    content = schema if schema is not None else _new_schema(function_name)
    before = json.dumps(_examples(schema), sort_keys=True)
    examples = content.setdefault("components", {}).setdefault("examples", {})
    change(examples)
    if json.dumps(examples, sort_keys=True) == before:
        return
    failure = _("Could not share the test events of {function_name}.").format(function_name=function_name)
    if not examples:
        connection.call("schemas", "delete_schema", failure=failure, **name)
        return
    text = json.dumps(content, ensure_ascii=False)
    _check_size(text)
    if schema is None:
        _ensure_registry(connection)
        connection.call("schemas", "create_schema", failure=failure, Content=text, Type=_TYPE, **name)
        return
    _delete_old_versions(connection, function_name, ctx)
    connection.call("schemas", "update_schema", failure=failure, Content=text, Type=_TYPE, **name)


def _read_schema(connection: Connection, function_name: str) -> _Schema:
    failure = _("Could not read the shareable test events of {function_name}.").format(
        function_name=function_name
    )
    try:
        answer = connection.call("schemas", "describe_schema", failure=failure, **_schema_name(function_name))
    except WorkbenchError as error:
        if error.aws_code == _MISSING:
            return None
        raise
    content = parse_json(str(answer.get("Content", "")).encode())
    if not isinstance(content, dict) or not isinstance(content.get("components"), dict):
        raise WorkbenchError(
            failure,
            _("The schema _{function_name}-schema in {registry} is not in the console's form.").format(
                function_name=function_name, registry=REGISTRY
            ),
            _("Check it in the EventBridge console."),
        )
    return content


def _examples(schema: _Schema) -> dict[str, Any]:
    found = ((schema or {}).get("components") or {}).get("examples")
    return dict(found) if isinstance(found, dict) else {}


def _schema_name(function_name: str) -> dict[str, Any]:
    return {"RegistryName": REGISTRY, "SchemaName": f"_{function_name}-schema"}


def _new_schema(function_name: str) -> dict[str, Any]:
    return {
        "openapi": "3.0.0",
        "info": {"version": "1.0.0", "title": f"Test events of {function_name}"},
        "paths": {},
        "components": {"schemas": {"Event": {"type": "object"}}, "examples": {}},
    }


def _check_size(text: str) -> None:
    most = text_limit("__stringMin1Max100000", "schemas").max_length
    if most is not None and len(text) > most:
        raise WorkbenchError(
            _("The test event was not shared."),
            _(
                "All shared events of a function together have {most:,} characters at most; these "
                "would have {count:,}."
            ).format(most=most, count=len(text)),
            _("Save it as a private event, or delete a shared one."),
        )


def _ensure_registry(connection: Connection) -> None:
    try:
        connection.call("schemas", "describe_registry", RegistryName=REGISTRY)
    except WorkbenchError as error:
        if error.aws_code != _MISSING:
            raise
        connection.call(
            "schemas",
            "create_registry",
            failure=_("Could not create the registry of test events."),
            RegistryName=REGISTRY,
        )


def _delete_old_versions(connection: Connection, function_name: str, ctx: JobContext) -> None:
    """Deletes the oldest versions of a schema, so that another can be created."""
    pages = connection.paginate("schemas", "list_schema_versions", ctx=ctx, **_schema_name(function_name))
    versions = [str(each["SchemaVersion"]) for page in pages for each in page.get("SchemaVersions", ())]
    versions.sort(key=lambda version: int(version) if version.isdecimal() else 0)
    for version in versions[: max(0, len(versions) - _MAX_VERSIONS + 1)]:
        connection.call(
            "schemas", "delete_schema_version", **_schema_name(function_name), SchemaVersion=version
        )
