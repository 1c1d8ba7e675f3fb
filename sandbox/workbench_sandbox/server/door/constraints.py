"""What the service model refuses: required, length, range, pattern and enumeration, in AWS's words.

Texts and codes are those of recorded answers; each family of services has its own.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from workbench_sandbox.server.door.models import MAX_MATCHED, MAX_TOO_LONG, Field, Operation, Shape
from workbench_sandbox.server.door.rules import Refused, malformed_xml
from workbench_sandbox.server.door.wire import MANY_ROWS, Blob, columns

_MAX_VIOLATIONS = 20
_TEXTS = frozenset({"string"})
_NUMBERS = frozenset({"integer", "long", "short", "byte", "float", "double", "biginteger", "bigdecimal"})
_SCALARS = _NUMBERS | {"string", "blob"}
_SIZED = frozenset({"string", "blob", "list", "map"})


@dataclass(frozen=True, slots=True)
class Violation:
    """A constraint that a value violates.

    `path` is in the model's names, `where` as AWS writes it. `value` is as AWS prints it, '' if it does not.
    """

    path: tuple[str, ...]
    where: str
    value: str
    constraint: str
    is_missing: bool = False
    kind: str = ""

    def __str__(self) -> str:
        shown = f"Value {self.value} at" if self.value else "Value at"
        return f"{shown} '{self.where}' failed to satisfy constraint: {self.constraint}"


# Where AWS accepts what the model refuses, or refuses it with another text: (service, shape): reason. For
# "required" of one member, (service, shape.member).
EXCEPTIONS: Mapping[tuple[str, str], str] = {
    ("lambda", "Runtime"): "the list that AWS prints is another one: rules of Lambda",
    ("logs", "MetricNamespace"): "the model forbids the colon, and AWS takes it",
}

# Services whose models are partly only documentation; AWS checks these with other texts.
_NO_ENUMS = {
    "s3": "an unknown value of an enumeration is MalformedXML, InvalidArgument or taken, one by one",
    "ec2": "InvalidParameterValue, with another text for each parameter",
    "sqs": "InvalidAttributeName: Unknown Attribute X.",
}
_NO_LENGTHS = {
    "s3": "no recorded refusal of S3 has these texts",
    "ec2": "InvalidParameterValue, with another text for each parameter",
    "sqs": "AWS counts bytes and batch entries, with other texts",
}


def check(service: str, operation: Operation, parameters: Mapping[str, Any]) -> None:
    """Checks parameters against the model.

    Raises:
        Refused: With all violations, in AWS's order.
    """
    shape = operation.input
    if shape is None or not shape.has_constraints:
        return
    checker = _Checker(service)
    checker.structure(shape, parameters, (), "")
    if checker.found:
        raise _REFUSALS.get(service, _of_most)(operation, checker.found)


def _is_plainly_met(shape: Shape, value: Any) -> bool:
    """Whether a scalar has only bounds and is within them, as most values of large lists."""
    if shape.kind not in _SCALARS or shape.pattern or shape.enum:
        return False
    size = len(value) if shape.kind in _SIZED else value
    low, high = shape.minimum, shape.maximum
    return (low is None or size >= low) and (high is None or size <= high)


class _Checker:
    """Collects the violations of one request."""

    def __init__(self, service: str) -> None:
        self.found: list[Violation] = []
        self._service = service
        self._enums = service not in _NO_ENUMS
        self._lengths = service not in _NO_LENGTHS

    def structure(self, shape: Shape, value: Mapping[str, Any], path: tuple[str, ...], where: str) -> None:
        """Checks the members of a structure."""
        for name in shape.required:
            if value.get(name) is None and (self._service, f"{shape.name}.{name}") not in EXCEPTIONS:
                field = shape.fields[name]
                if field.is_streaming:
                    continue
                self._missing(field, (*path, name), _join(where, name))
        for name, each in value.items():
            inner = shape.fields[name].shape
            if each is not None and inner.has_constraints and not _is_plainly_met(inner, each):
                self._value(inner, each, (*path, name), _join(where, name))

    def _are_plainly_met(self, shape: Shape, values: list[Any]) -> bool:
        """Whether all structures of a list have their required members, and only scalars within bounds."""
        found = columns(values)
        if found is None or not all(name in found and None not in found[name] for name in shape.required):
            return False
        for name, column in found.items():
            inner = shape.fields[name].shape
            if not inner.has_constraints:
                continue
            if inner.kind not in _SCALARS or inner.pattern or inner.enum or None in column:
                return False
            sizes = list(map(len, column)) if inner.kind in _SIZED else column
            if inner.minimum is not None and min(sizes) < inner.minimum:
                return False
            if inner.maximum is not None and max(sizes) > inner.maximum:
                return False
        return True

    def _missing(self, field: Field, path: tuple[str, ...], where: str) -> None:
        constraint = "Member must not be null"
        self.found.append(Violation(path, where, "null", constraint, True, field.shape.kind))

    def _value(self, shape: Shape, value: Any, path: tuple[str, ...], where: str) -> None:
        if len(self.found) >= _MAX_VIOLATIONS:
            return
        for constraint in self._failed(shape, value):
            shown = "" if shape.is_sensitive or shape.kind == "blob" else f"'{printed(value, shape)}'"
            self.found.append(Violation(path, where, shown, constraint, False, shape.kind))
        if shape.kind == "structure" and not shape.is_document:
            self.structure(shape, value, path, where)
        elif shape.kind == "list" and shape.element:
            self._list(shape.element.shape, value, path, where)
        elif shape.kind == "map" and shape.element and shape.key:
            self._map(shape, value, path, where)

    def _list(self, inner: Shape, values: list[Any], path: tuple[str, ...], where: str) -> None:
        if not inner.has_constraints:
            return
        if inner.kind == "structure" and len(values) >= MANY_ROWS and self._are_plainly_met(inner, values):
            return
        if inner.kind in ("structure", "list", "map"):
            for number, each in enumerate(values, 1):
                if each is not None:
                    self._value(inner, each, (*path, str(number)), f"{where}.{number}.member")
        elif any(each is not None and self._fails(inner, each) for each in values):
            self._all("Member", inner, values, path, where)

    def _map(self, shape: Shape, values: Mapping[str, Any], path: tuple[str, ...], where: str) -> None:
        assert shape.key is not None
        assert shape.element is not None
        inner = shape.element.shape
        if shape.key.shape.has_constraints and any(self._fails(shape.key.shape, key) for key in values):
            self._all("Map keys", shape.key.shape, values, path, where)
        if not inner.has_constraints:
            return
        if inner.kind == "structure":
            for key, each in values.items():
                if each is not None:
                    self._value(inner, each, (*path, key), f"{where}.{key}.member")
        elif any(each is not None and self._fails(inner, each) for each in values.values()):
            self._all("Map value", inner, values, path, where)

    def _all(self, whose: str, shape: Shape, values: Any, path: tuple[str, ...], where: str) -> None:
        """A violation inside a list or map: AWS prints it whole, and names all constraints."""
        constraints = ", ".join(self._constraints(shape, not_null=whose != "Map keys"))
        self.found.append(
            Violation(
                path,
                where,
                "" if shape.is_sensitive else f"'{printed(values)}'",
                f"{whose} must satisfy constraint: [{constraints}]",
                False,
                "list",
            )
        )

    def _constraints(self, shape: Shape, *, not_null: bool) -> Iterator[str]:
        unit = "length" if shape.kind in _SIZED else "value"
        if shape.maximum is not None:
            yield _bound(unit, "less", shape.maximum, shape.kind)
        if shape.minimum is not None:
            yield _bound(unit, "greater", shape.minimum, shape.kind)
        if shape.pattern_text:
            yield f"Member must satisfy regular expression pattern: {shape.pattern_text}"
        if shape.enum:
            yield _enum_text(shape)
        may_be_empty = unit == "length" and shape.minimum == 0
        if not_null and self._service in _LISTS_NOT_NULL and not may_be_empty:
            yield "Member must not be null"

    def _fails(self, shape: Shape, value: Any) -> bool:
        return next(self._failed(shape, value), None) is not None

    def _failed(self, shape: Shape, value: Any) -> Iterator[str]:
        """The constraints that a value itself violates, as AWS's texts."""
        if (self._service, shape.name) in EXCEPTIONS:
            return
        kind = shape.kind
        if (shape.minimum is not None or shape.maximum is not None) and self._lengths:
            if kind in _SIZED:
                size, unit = len(value), "length"
            elif kind in _NUMBERS:
                size, unit = value, "value"
            else:
                return
            if shape.maximum is not None and size > shape.maximum:
                yield _bound(unit, "less", shape.maximum, kind)
            if shape.minimum is not None and size < shape.minimum:
                yield _bound(unit, "greater", shape.minimum, kind)
        if kind not in _TEXTS:
            return
        longest = MAX_MATCHED if shape.maximum is None else min(MAX_MATCHED, max(shape.maximum, MAX_TOO_LONG))
        is_matched = shape.pattern and self._lengths and len(value) <= longest
        if is_matched and shape.pattern and shape.pattern.fullmatch(value) is None:
            yield f"Member must satisfy regular expression pattern: {shape.pattern_text}"
        if shape.enum and self._enums and value not in shape.enum:
            yield _enum_text(shape)


def _bound(unit: str, side: str, number: float, kind: str) -> str:
    shown = f"{float(number)}" if kind in ("double", "float") else f"{int(number)}"
    return f"Member must have {unit} {side} than or equal to {shown}"


def _enum_text(shape: Shape) -> str:
    return f"Member must satisfy enum value set: [{', '.join(enum_order(shape.enum))}]"


def enum_order(values: Iterable[str]) -> list[str]:
    """Returns the values of an enumeration in AWS's order: that of a Java hash set with 32 buckets.

    Found in recorded answers of seven services; for larger enumerations the number of buckets is a guess.
    """
    listed = list(values)[::-1]
    places = 32
    while len(listed) > places * 3 // 4:
        places *= 2
    return sorted(listed, key=lambda text: _java_hash(text) & (places - 1))


def _java_hash(text: str) -> int:
    value = 0
    for character in text:
        value = (31 * value + ord(character)) & 0xFFFFFFFF
    return value


def printed(value: Any, shape: Shape | None = None) -> str:
    """Returns a value as Java prints it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    inner = shape.element.shape if shape and shape.element else None
    if isinstance(value, Mapping):
        if shape and shape.kind == "structure":
            members = [
                f"{_short(name)}={printed(value.get(name), field.shape)}"
                for name, field in shape.fields.items()
            ]
            return f"{shape.name}({', '.join([*members, *_UNLISTED.get(shape.name, ())])})"
        return "{" + ", ".join(f"{key}={printed(each, inner)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(printed(each, inner) for each in value) + "]"
    if isinstance(value, bytes | Blob):
        return f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"
    if isinstance(value, datetime):
        return value.strftime("%a %b %d %H:%M:%S UTC %Y")
    return str(value)


# Members that AWS prints although the public model does not have them.
_UNLISTED = {"PutEventsRequestEntry": ("kmsKeyIdentifier=null", "internalMetadata=null")}


def _short(name: str) -> str:
    return name[:1].lower() + name[1:]


def _join(where: str, name: str) -> str:
    """A member's path as AWS writes it."""
    return f"{where}.{_short(name)}" if where else _short(name)


# ---- how services refuse ----------------------------------------------------------------------------------

_Refuse = Callable[[Operation, list[Violation]], Refused]
_LISTS_NOT_NULL = ("lambda", "sqs")
"""Services whose constraints of list elements end with "Member must not be null", unless one may be empty."""


def detected(violations: Iterable[Violation]) -> str:
    """Returns AWS's text for a list of violations."""
    texts = [str(each) for each in violations]
    plural = "error" if len(texts) == 1 else "errors"
    return f"{len(texts)} validation {plural} detected: {'; '.join(texts)}"


def _with(code: str) -> _Refuse:
    return lambda _operation, violations: Refused(code, detected(violations))


_of_most, _of_queries = _with("ValidationException"), _with("ValidationError")


def _of_logs(operation: Operation, violations: list[Violation]) -> Refused:
    """Newer operations of CloudWatch Logs use the error of most services."""
    is_newer = "ValidationException" in operation.errors
    return Refused("ValidationException" if is_newer else "InvalidParameterException", detected(violations))


def _of_api_gateway(operation: Operation, violations: list[Violation]) -> Refused:
    """API Gateway wraps the payload into its own input, whose members it checks first."""
    assert operation.input is not None
    wrapper = f"{_short(operation.name)}Input"
    in_body = [each for each in violations if not operation.input.fields[each.path[0]].location]
    rest = [each for each in violations if operation.input.fields[each.path[0]].location]
    wrapped = [replace(each, where=f"{wrapper}.{each.where}") for each in in_body]
    return _of_most(operation, [*wrapped, *rest])


def _of_iam(operation: Operation, violations: list[Violation]) -> Refused:
    """IAM does not print values that violate a pattern or enumeration."""
    plain = []
    for each in violations:
        enum = each.constraint.startswith("Member must satisfy enum value set")
        is_quiet = enum or "regular expression" in each.constraint
        text = "Member must satisfy enum value set" if enum else each.constraint
        plain.append(replace(each, value="" if is_quiet else each.value, constraint=text))
    return _of_queries(operation, plain)


def _of_sns(operation: Operation, violations: list[Violation]) -> Refused:
    """SNS has a separate error for a missing text."""
    for each in violations:
        if each.is_missing and len(each.path) == 1 and each.kind == "string":
            text = f"Invalid parameter: {each.path[0]} Reason: no value for required parameter"
            return Refused("InvalidParameter", text)
    return _of_queries(operation, violations)


def _naming_first(end: str) -> _Refuse:
    """SQS and EC2 name only the first missing parameter."""

    def refuse(operation: Operation, violations: list[Violation]) -> Refused:
        for each in violations:
            if each.is_missing:
                text = f"The request must contain the parameter {'.'.join(each.path)}{end}"
                return Refused("MissingParameter", text)
        return _of_most(operation, violations)

    return refuse


_REFUSALS: Mapping[str, _Refuse] = {
    **dict.fromkeys(
        ("autoscaling", "cloudformation", "cloudwatch", "elasticache", "elbv2", "rds", "ses", "sts"),
        _of_queries,
    ),
    "apigateway": _of_api_gateway,
    "ec2": _naming_first(""),
    "iam": _of_iam,
    "logs": _of_logs,
    "s3": lambda _operation, _violations: malformed_xml(),  # so it calls an incomplete document
    "sns": _of_sns,
    "sqs": _naming_first("."),
}
