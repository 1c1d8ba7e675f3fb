"""Parameters of a source, from which a form is made; their values are checked and converted for AWS."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from workbench.aws.quotas import known_values, number_limit, text_limit
from workbench.core.messages import _
from workbench.triggers.model import Findings, Values, block


class Entry(Enum):
    """How a value is entered, and its Python type."""

    NUMBER = "number"  # int
    TEXT = "text"  # str
    CHOICE = "choice"  # str, one of the choices
    CHOICES = "choices"  # tuple[str, ...], some of the choices
    FLAG = "flag"  # bool
    MOMENT = "moment"  # datetime, UTC
    JSON = "json"  # str, a JSON document
    FILTERS = "filters"  # tuple[str, ...], filter patterns, each a JSON document
    ARN = "arn"  # str
    NAMES = "names"  # tuple[str, ...], one or several texts


@dataclass(frozen=True, slots=True)
class Parameter:
    """A setting of a trigger.

    Attributes:
        name: AWS's member ("MaximumBatchingWindowInSeconds"); a dot leads into a structure.
        label: As in AWS's console ("Batch window").
        default: AWS's default; None if there is none.
        required: Whether AWS requires it.
        minimum: Minimum of a number, from the service model if it has one; minimum length of a text, or of
            each.
        maximum: As `minimum`.
        also: Numbers outside the range that have a meaning: ((-1, "until it expires"),).
        choices: The values that AWS knows.
        is_open: Whether other values than the choices may be typed.
        items: Maximum number of texts; 0 for no limit.
        pattern: Must match the whole text, or each of several.
        unit: "s", "messages".
        create_only: Whether AWS refuses to change it later.
        advanced: Whether it is hidden behind "More".
        help: One sentence.
    """

    name: str
    label: str
    entry: Entry
    default: object = None
    required: bool = False
    minimum: int | None = None
    maximum: int | None = None
    also: tuple[tuple[int, str], ...] = ()
    choices: tuple[str, ...] = ()
    is_open: bool = False
    items: int = 0
    pattern: str = ""
    unit: str = ""
    create_only: bool = False
    advanced: bool = False
    help: str = ""


def number_parameter(
    name: str,
    label: str,
    default: int | None = None,
    *,
    shape: str = "",
    service: str = "lambda",
    **more: Any,
) -> Parameter:
    """A number with the range of the service model.

    Args:
        shape: Name of the shape in the model; as the last part of `name` if empty.
        more: Other fields of Parameter.
    """
    limit = number_limit(shape or name.rpartition(".")[2], service)
    ranges = {"minimum": limit.minimum, "maximum": limit.maximum}
    return Parameter(name, label, Entry.NUMBER, default, **ranges | more)


def text_parameter(
    name: str,
    label: str,
    default: str | None = None,
    *,
    shape: str = "",
    service: str = "lambda",
    entry: Entry = Entry.TEXT,
    **more: Any,
) -> Parameter:
    """A text with the constraints of the service model. Takes the arguments of `number_parameter`."""
    limit = text_limit(shape or name.rpartition(".")[2], service)
    limits = {"minimum": limit.min_length, "maximum": limit.max_length, "pattern": limit.pattern}
    return Parameter(name, label, entry, default, **limits | more)


def choice_parameter(
    name: str,
    label: str,
    default: str | None = None,
    *,
    shape: str = "",
    service: str = "lambda",
    **more: Any,
) -> Parameter:
    """One of the values that the service model knows, or another one that AWS may have added.

    Takes the arguments of `number_parameter`.
    """
    choices = known_values(shape or name.rpartition(".")[2], service)
    return Parameter(name, label, Entry.CHOICE, default, choices=choices, **{"is_open": True} | more)


_CHECK_ID = "PARAM-RANGE"


def structured(values: Values, names: Iterable[str]) -> dict[str, Any]:
    """The members of a request: {"Cors.MaxAge": 5} becomes {"Cors": {"MaxAge": 5}}; JSON throughout.

    Args:
        values: Values by flat name; None means not set.
    """
    nested: dict[str, Any] = {}
    for name in names:
        if (value := values.get(name)) is None:
            continue
        inner = nested
        *path, last = name.split(".")
        for part in path:
            inner = inner.setdefault(part, {})
        inner[last] = _json(value)
    return nested


def flat(answer: Mapping[str, Any], names: Iterable[str]) -> dict[str, object]:
    """The reverse of `structured`: an answer by flat name, without missing members; lists become tuples."""
    found: dict[str, object] = {}
    for name in names:
        value: Any = answer
        for part in name.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is not None:
            found[name] = tuple(value) if isinstance(value, list) else value
    return found


def check_values(parameters: Sequence[Parameter], values: Values) -> Findings:
    """One finding for each value that AWS would refuse according to its parameter."""
    return tuple(
        block(_CHECK_ID, f"{parameter.label}: {problem}", parameter.help)
        for parameter in parameters
        if (problem := problem_of(parameter, values.get(parameter.name)))
    )


def problem_of(parameter: Parameter, value: object) -> str:
    """What is wrong with a value, as a sentence; empty if nothing is."""
    if value is None or value == "" or value == ():
        missing = parameter.required and parameter.default is None
        return _("a value is required.") if missing else ""
    match parameter.entry:
        case Entry.NUMBER:
            return _number_problem(parameter, value)
        case Entry.CHOICE:
            return _choice_problem(parameter, (value,))
        case Entry.CHOICES:
            return _choice_problem(parameter, value if isinstance(value, tuple) else (value,))
        case Entry.NAMES:
            texts = value if isinstance(value, tuple) else (str(value),)
            if 0 < parameter.items < len(texts):
                return _("{count} are named; the maximum is {items}.").format(
                    count=len(texts), items=parameter.items
                )
            return next(filter(None, (_text_problem(parameter, str(each)) for each in texts)), "")
        case Entry.TEXT | Entry.ARN | Entry.JSON:
            return _text_problem(parameter, str(value))
    return ""


def _number_problem(parameter: Parameter, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int):
        return _("“{value}” is not a whole number.").format(value=value)
    if any(value == number for number, __ in parameter.also):
        return ""
    low, high = parameter.minimum, parameter.maximum
    if (low is not None and value < low) or (high is not None and value > high):
        if high is None:
            words, allowed = _("{value} is less than {allowed}."), str(low)
        elif low is None:
            words, allowed = _("{value} is more than {allowed}."), str(high)
        else:
            words = _("{value} is outside {allowed}.")
            allowed = _("{low} to {high}").format(low=low, high=high)
        allowed = f"{allowed} {parameter.unit}" if parameter.unit else allowed
        for number, meaning in parameter.also:
            allowed = _("{allowed}, or {number} ({meaning})").format(
                allowed=allowed, number=number, meaning=meaning
            )
        return words.format(value=value, allowed=allowed)
    return ""


def _choice_problem(parameter: Parameter, chosen: Sequence[object]) -> str:
    if parameter.is_open:
        return next(filter(None, (_text_problem(parameter, str(each)) for each in chosen)), "")
    if not parameter.choices:
        return ""
    unknown = [str(each) for each in chosen if each not in parameter.choices]
    return (
        _("{value} is not one of {choices}.").format(
            value=", ".join(unknown), choices=", ".join(parameter.choices)
        )
        if unknown
        else ""
    )


def _text_problem(parameter: Parameter, value: str) -> str:
    low, high = parameter.minimum, parameter.maximum
    if high is not None and len(value) > high:
        return _("it has {count} characters; the maximum is {high}.").format(count=len(value), high=high)
    if low is not None and len(value) < low:
        return _("it has {count} characters; the minimum is {low}.").format(count=len(value), low=low)
    if parameter.pattern and re.fullmatch(parameter.pattern, value) is None:
        return _("“{value}” contains characters that AWS does not allow here.").format(value=value)
    if parameter.entry is Entry.JSON:
        try:
            json.loads(value)
        except (ValueError, RecursionError) as error:
            return _("this is not valid JSON: {error}.").format(error=error)
    return ""


def _json(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return [_json(each) for each in value] if isinstance(value, tuple) else value
