"""Test events that are sent through the real source: their texts, which users may change, and what stays.

key = EventField("key", _("Key"), f"in/{mark}.txt", 1024, is_line=True)
sent = texts_of((key,), texts)  # by name: what the user typed, otherwise the sample
TestEvent(_("Puts an object."), (object_step(sent["key"]),), mark, fields=(key,))
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.core.operations import Facts
from workbench.triggers.steps import Step

NO_TEXTS: Mapping[str, str] = {}
LOGGED = "logged"
"""The fact of a step that sends: a text of the source's answer that the event contains, such as a message
ID."""
_IDENTIFIER = re.compile(r"[\w-]{8,128}")
_ATTRIBUTE_NAME = re.compile(r"(?!(?i:aws|amazon)\.)[\w-]+(\.[\w-]+)*")
"""Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html"""
_ATTRIBUTE_TYPE = re.compile(r"(String|Number)(\..+)?")
_MAX_ATTRIBUTES = 10
"""SQS' limit, which also applies to what SNS delivers to queues unwrapped."""


@dataclass(frozen=True, slots=True)
class EventField:
    """A text of a test event that the user may change.

    Attributes:
        name: The key of the text among those that `Source.test_event` takes.
        label: As in AWS's console.
        sample: The text that is sent unless the user changes it.
        limit_bytes: The maximum size in UTF-8.
        is_line: Whether it is one line.
        is_optional: Whether it may be empty.
        choices: The only texts that are possible; empty for any.
        check: Says why AWS would refuse a text that is not empty; empty if it would not.
        hint: Shown below it.
    """

    name: str
    label: str
    sample: str
    limit_bytes: int
    is_line: bool = False
    is_optional: bool = False
    choices: tuple[str, ...] = ()
    check: Callable[[str], str] = lambda _text: ""
    hint: str = ""

    def fault(self, text: str) -> str:
        """Why AWS would refuse a text; empty if it would not."""
        if not text:
            return "" if self.is_optional else _("A text is required.")
        try:
            size = len(text.encode())
        except UnicodeEncodeError:
            return _("A character is incomplete (a lone surrogate).")
        if size > self.limit_bytes:
            words = _("{size:,} bytes; the maximum is {limit:,}.")
            return words.format(size=size, limit=self.limit_bytes)
        if self.choices and text not in self.choices:
            return _("Choose a value.")
        return self.check(text)


@dataclass(frozen=True, slots=True)
class TestEvent:
    """A test event that is sent through the real source.

    Attributes:
        what: What will happen ("Puts the object in/workbench-test-… and deletes it").
        steps: The calls. They are always undone, which cleans up (deletes the object again).
        mark: Text in the samples by which its invocation is found in the logs.
        warning: Side effects, for a confirmation ("Every subscriber of the topic gets it"), and filters that
            do not let it through; empty if there are none.
        fields: The texts that the user may change.
        stays: What stays in the source once the test has ended.
    """

    __test__ = False  # keeps pytest from collecting this class

    what: str
    steps: tuple[Step, ...]
    mark: str
    warning: str = ""
    fields: tuple[EventField, ...] = ()
    stays: str = ""

    @property
    def has_mark(self) -> bool:
        """Whether the texts that are sent contain the mark."""
        sent = ({name: value for name, value in step.args.items() if name != "mark"} for step in self.steps)
        return any(self.mark in json.dumps(each) for each in sent)


def texts_of(fields: Iterable[EventField], texts: Mapping[str, str]) -> dict[str, str]:
    """The texts that are sent, by name: those of the user, otherwise the samples."""
    return {field.name: texts.get(field.name, field.sample) for field in fields}


def require_valid(fields: Iterable[EventField], texts: Mapping[str, str]) -> None:
    """Raises WorkbenchError if AWS would refuse one of the texts."""
    for field in fields:
        if fault := field.fault(texts.get(field.name, field.sample)):
            raise WorkbenchError(
                _("The test event was not sent."),
                _("{label}: {fault}").format(label=field.label, fault=fault),
                _("Correct the text."),
            )


def logged_texts(mark: str, facts: Iterable[Facts]) -> tuple[str, ...]:
    """The texts by which an invocation is found in its log: the mark, and what the source has answered."""
    answered = (str(each.get(LOGGED) or "") for each in facts)
    return (mark, *(each for each in answered if _IDENTIFIER.fullmatch(each)))


# Checks of texts --------------------------------------------------------------------------------------------


def json_fault(text: str) -> str:
    """Why a text is not JSON; empty if it is."""
    try:
        json.loads(text, parse_constant=_refuse_constant)
    except ValueError as error:
        return _("This is not JSON: {error}").format(error=error)
    except RecursionError:
        return _("The JSON is nested too deeply.")
    return ""


def json_object_fault(text: str) -> str:
    """Why a text is not an object in JSON; empty if it is."""
    if fault := json_fault(text):
        return fault
    return "" if isinstance(json.loads(text), dict) else _("Enter a JSON object: {…}.")


def pattern_fault(pattern: str, wrong: str) -> Callable[[str], str]:
    """A check that says `wrong` of texts that do not match a pattern as a whole."""
    found = re.compile(pattern)
    return lambda text: "" if found.fullmatch(text) else wrong


def _refuse_constant(word: str) -> None:
    raise ValueError(_("{word} is not a number in JSON").format(word=word))


_CONTENT_TYPE = r"[\w.+-]+/[\w.+*-]+(\s*;\s*[\w.+-]+=(\"[^\"\r\n]*\"|[^\s;\"]+))*"


def content_type_field(sample: str) -> EventField:
    """The media type of a content."""
    return EventField(
        "content_type",
        _("Content type"),
        sample,
        256,
        is_line=True,
        check=pattern_fault(_CONTENT_TYPE, _("Enter a type such as text/plain or application/json.")),
    )


# Message attributes of SQS and SNS --------------------------------------------------------------------------


def attributes_field(sample: Mapping[str, Any], limit_bytes: int) -> EventField:
    """The attributes of a message as JSON.

    Args:
        sample: Texts and numbers by name.
        limit_bytes: Of the message with its attributes.
    """
    return EventField(
        "attributes",
        _("Message attributes"),
        json.dumps(sample) if sample else "",
        limit_bytes,
        is_line=True,
        is_optional=True,
        check=attributes_fault,
        hint=_('Texts and numbers as JSON: {"color": "red", "size": 5}'),
    )


def message_attributes(text: str) -> dict[str, dict[str, str]]:
    """Attributes as SendMessage and Publish take them, from a text without fault.

    A member is a text, a number, a list (String.Array), or AWS's own form with DataType and StringValue.
    """
    return {name: _attribute(value) for name, value in (json.loads(text) if text else {}).items()}


def _attribute(value: Any) -> dict[str, str]:
    match value:
        case {"DataType": str(kind), "StringValue": str(text)}:
            return {"DataType": kind, "StringValue": text}
        case str():
            return {"DataType": "String", "StringValue": value}
        case list():
            return {"DataType": "String.Array", "StringValue": json.dumps(value)}
    return {"DataType": "Number", "StringValue": json.dumps(value)}


def attributes_fault(text: str) -> str:
    """Why a text is not the attributes of a message; empty if it is."""
    if fault := json_object_fault(text):
        return fault
    values: dict[str, Any] = json.loads(text)
    if len(values) > _MAX_ATTRIBUTES:
        return _("{count} attributes; the maximum is {most}.").format(count=len(values), most=_MAX_ATTRIBUTES)
    for name, value in values.items():
        if len(name) > 256 or not _ATTRIBUTE_NAME.fullmatch(name) or not name.isascii():
            return _(
                "“{name}” cannot be the name of an attribute: use letters, digits, underscores, hyphens "
                "and periods, and do not begin with “AWS.” or “Amazon.”."
            ).format(name=name[:60])
        if not _is_attribute(value):
            return _("The value of “{name}” must be a text that is not empty, a number or a list.").format(
                name=name
            )
    return ""


def _is_attribute(value: Any) -> bool:
    match value:
        case {"DataType": str(kind), "StringValue": str(text)}:
            return bool(len(value) == 2 and text and _ATTRIBUTE_TYPE.fullmatch(kind))
        case bool() | None:
            return False
        case list():
            return all(each is None or isinstance(each, str | int | float) for each in value)
    return isinstance(value, int | float) or (isinstance(value, str) and bool(value))


def attributes_for_filters(text: str) -> dict[str, Any]:
    """The values of attributes as a filter policy compares them, from a text without fault."""
    found: dict[str, Any] = {}
    for name, each in message_attributes(text).items():
        is_json = each["DataType"].partition(".")[0] == "Number" or each["DataType"] == "String.Array"
        found[name] = _json_or_text(each["StringValue"]) if is_json else each["StringValue"]
    return found


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
