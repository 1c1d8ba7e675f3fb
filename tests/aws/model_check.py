"""Whether a request stays inside AWS's service model.

botocore checks types and required members, and lets pass what AWS refuses: texts too long, patterns, values
of no enum, numbers out of range. `check_request` finds these; `model_checked_sessions` makes sessions whose
every request is checked, so that no test proves something with a request that AWS would not take.
"""

import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.model import (
    ListShape,
    MapShape,
    OperationModel,
    ServiceModel,
    Shape,
    StringShape,
    StructureShape,
)

from workbench.aws.regions import loader
from workbench.aws.session import Sessions


def check_request(service: str, operation: str, params: Mapping[str, Any]) -> None:
    """Fails on the first things that AWS would refuse.

    Args:
        service: botocore's name ("lambda").
        operation: AWS's name ("UpdateFunctionCode").
        params: The request.
    """
    model = _model(service).operation_model(operation)
    _check(model, params)


@functools.cache
def _model(service: str) -> ServiceModel:
    return ServiceModel(loader().load_service_model(service, "service-2"), service)


def model_checked_sessions() -> Sessions:
    """Sessions whose requests are checked before they are sent."""

    def before_call(params: Mapping[str, Any], model: OperationModel, **_: Any) -> None:
        _check(model, params)

    return Sessions([("provide-client-params", before_call)])


def _check(model: OperationModel, params: Mapping[str, Any]) -> None:
    found = list(violations(model.input_shape, params, model.name)) if model.input_shape else []
    assert not found, f"AWS would refuse {model.name}: {'; '.join(found)}"


def violations(shape: Shape, value: Any, path: str) -> Iterator[str]:
    """What AWS would refuse in a value, as far as the model says."""
    rules = shape.metadata
    match shape:
        case StructureShape():
            for name in shape.required_members:
                if name not in value:
                    yield f"{path}.{name} is required"
            for name, member in value.items():
                if name in shape.members:  # botocore refuses the others
                    yield from violations(shape.members[name], member, f"{path}.{name}")
        case ListShape():
            yield from _bounds(rules, len(value), path, "elements")
            for number, member in enumerate(value):
                yield from violations(shape.member, member, f"{path}[{number}]")
        case MapShape():
            yield from _bounds(rules, len(value), path, "entries")
            for name, member in value.items():
                yield from violations(shape.key, name, f"{path} key {name!r}")
                yield from violations(shape.value, member, f"{path}[{name!r}]")
        case StringShape() if isinstance(value, str):  # botocore makes a text of a CopySource
            yield from _text(shape, value, path)
        case _ if shape.type_name == "blob" and isinstance(value, bytes | bytearray):
            yield from _bounds(rules, len(value), path, "bytes")
        case _ if isinstance(value, int | float):
            yield from _bounds(rules, value, path, "")


def _text(shape: StringShape, value: str, path: str) -> Iterator[str]:
    yield from _bounds(shape.metadata, len(value), path, "characters")
    if shape.enum and value not in shape.enum:
        yield f"{path}: {value!r} is none of {shape.enum}"
    pattern = shape.metadata.get("pattern", "")
    try:
        fits = not pattern or re.fullmatch(pattern, value) is not None
    except re.error:  # Java's patterns know classes that Python's do not
        return
    if not fits:
        yield f"{path}: {value!r} does not match {pattern}"


def _bounds(rules: Mapping[str, Any], value: float, path: str, unit: str) -> Iterator[str]:
    if "min" in rules and value < rules["min"]:
        yield f"{path}: {value} {unit} are less than {rules['min']}"
    if "max" in rules and value > rules["max"]:
        yield f"{path}: {value} {unit} are more than {rules['max']}"
