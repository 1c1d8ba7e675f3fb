"""Shareable test events: those that the Lambda console stores in the EventBridge schema registry.

Each function has one OpenAPI schema whose examples are the events.
Source: https://docs.aws.amazon.com/lambda/latest/dg/testing-functions.html#creating-shareable-events
"""

import json
from collections.abc import Callable
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.quotas import text_limit
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.invoke.events import TestEvent
from workbench.invoke.payload import check_payload, parse_json

REGISTRY = "lambda-testevent-schemas"
_TYPE = "OpenApi3"
_MAX_VERSIONS = 5
"""Each change creates a version of the schema. Unverified: the console and SAM keep no more than five."""
_MISSING = "NotFoundException"


_Schema = dict[str, Any] | None
"""The OpenAPI document of a function in the registry; None for none."""


def list_shareable(connection: Connection, function_name: str, ctx: JobContext) -> tuple[TestEvent, ...]:
    """A function's shareable events, by name.

    Raises:
        WorkbenchError: Access to the registry is denied, or the schema has another format.
    """
    ctx.check()
    schema = _read(connection, function_name)
    return tuple(
        TestEvent(name, json.dumps(example["value"], indent=2, ensure_ascii=False), is_shared=True)
        for name, example in sorted(_examples(schema).items())
        if isinstance(example, dict) and "value" in example
    )


def save_shareable(
    connection: Connection, function_name: str, name: str, text: str, ctx: JobContext
) -> TestEvent:
    """Shares an event; one of the same name is replaced, all others stay.

    Raises:
        WorkbenchError: It has no name, is not JSON, is too large for the registry, or AWS refuses.
    """
    name = name.strip()
    if not name:
        raise WorkbenchError("The test event was not shared.", "It has no name.", "Give it a name.")
    value = parse_json(check_payload(text.encode()) or b"{}")

    def change(examples: dict[str, Any]) -> None:
        examples[name] = {"value": value}

    _change(connection, function_name, change, ctx)
    return TestEvent(name, text, is_shared=True)


def delete_shareable(connection: Connection, function_name: str, name: str, ctx: JobContext) -> None:
    """Deletes a shared event, for all users; with the last one the schema.

    Raises:
        WorkbenchError: AWS refuses.
    """
    _change(connection, function_name, lambda examples: examples.pop(name, None), ctx)


def _change(
    connection: Connection,
    function_name: str,
    change: Callable[[dict[str, Any]], object],
    ctx: JobContext,
) -> None:
    ctx.check()
    schema, name = _read(connection, function_name), _schema_name(function_name)
    content = schema if schema is not None else _new_schema(function_name)
    before = json.dumps(_examples(schema), sort_keys=True)
    examples = content.setdefault("components", {}).setdefault("examples", {})
    change(examples)
    if json.dumps(examples, sort_keys=True) == before:
        return
    failure = f"Could not share the test events of {function_name}."
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


def _read(connection: Connection, function_name: str) -> _Schema:
    failure = f"Could not read the shareable test events of {function_name}."
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
            f"The schema _{function_name}-schema in {REGISTRY} is not in the console's form.",
            "Check it in the EventBridge console.",
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
            "The test event was not shared.",
            f"All shared events of a function together have {most:,} characters at most; "
            f"these would have {len(text):,}.",
            "Save it as a private event, or delete a shared one.",
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
            failure="Could not create the registry of test events.",
            RegistryName=REGISTRY,
        )


def _delete_old_versions(connection: Connection, function_name: str, ctx: JobContext) -> None:
    """Deletes the oldest versions of a schema, so that one more can be created."""
    pages = connection.paginate("schemas", "list_schema_versions", ctx=ctx, **_schema_name(function_name))
    versions = [str(each["SchemaVersion"]) for page in pages for each in page.get("SchemaVersions", ())]
    versions.sort(key=lambda version: int(version) if version.isdecimal() else 0)
    for version in versions[: max(0, len(versions) - _MAX_VERSIONS + 1)]:
        connection.call(
            "schemas", "delete_schema_version", **_schema_name(function_name), SchemaVersion=version
        )
