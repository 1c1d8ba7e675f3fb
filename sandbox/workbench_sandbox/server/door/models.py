"""The service models: the service of a request, its operations, and the shapes of their parameters.

The models are botocore's data files, read without botocore: nothing is loaded before the first request to a
service. A shape is compiled when it is first needed, with only what reading and checking use.
"""

import functools
import gzip
import importlib.util
import json
import os
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as sre_parser  # type: ignore[attr-defined]
from typing import Any

from workbench_sandbox.server import SERVICE_MODELS

# Services that sign with a name other than botocore's, or share one.
_SIGNED_AS: Mapping[str, tuple[str, ...]] = {
    "airflow": ("mwaa",),
    "aoss": ("opensearchserverless",),
    "apigateway": ("apigateway", "apigatewayv2"),
    "appconfig": ("appconfig", "appconfigdata"),
    "cloudcontrolapi": ("cloudcontrol",),
    "dynamodb": ("dynamodb", "dynamodbstreams"),
    "elasticfilesystem": ("efs",),
    "elasticloadbalancing": ("elbv2", "elb"),
    "elasticmapreduce": ("emr",),
    "es": ("opensearch",),
    "geo": ("location",),
    "iotdata": ("iot-data",),
    "kinesisanalytics": ("kinesisanalyticsv2",),
    "lambda": ("lambda", "lambda-core", "lambda-microvms"),
    "monitoring": ("cloudwatch",),
    "ses": ("ses", "sesv2"),
    "states": ("stepfunctions",),
    "tagging": ("resourcegroupstaggingapi",),
}


def services_signed_as(name: str) -> tuple[str, ...]:
    """Returns the services, by botocore's names, whose requests are signed for `name`."""
    return _SIGNED_AS.get(name, (name,))


MAX_MATCHED = 512
"""Longer texts are not matched against patterns: some patterns take quadratic or cubic time."""
MAX_TOO_LONG = 256
"""Longer texts are not matched either if they are too long anyway: they are refused for their length
alone."""
# Unicode categories, as sets in Python that contain at least these characters.
_CLASSES = {
    "L": r"\w", "Lu": r"\w", "Ll": r"\w", "N": r"\w", "Nd": r"\d", "Z": r"\s", "Zs": r"\s", "M": r"\W",
    "P": r"\W_", "S": r"\W", "C": r"\W", "IsLetter": r"\w", "IsDigit": r"\d", "IsAlphabetic": r"\w\W",
    "Alpha": "A-Za-z", "Alnum": "A-Za-z0-9", "Digit": "0-9", "Lower": "a-z", "Upper": "A-Z", "Space": r"\s",
    "Print": r"\x20-\x7e", "Graph": r"\x21-\x7e", "ASCII": r"\x00-\x7f",
    "Punct": r"\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e",
}  # fmt: skip
_CLASS = re.compile(r"\\p\{(\w+)\}|\\p([LNZMPSC])")
_NEGATED = re.compile(r"\[\^[^\]]*\\p|\\P|&&|\\[QEGZzXRhHv]|\\x\{|\\N\{")
_SURROGATES = re.compile(r"\\u?[dD]800\\u?[dD][cC]00-\\u?[dD][bB][fF][fF]\\u?[dD][fF][fF][fF]")
_MANY = 16  # more repetitions count as unbounded
_PARTED = frozenset({
    r"arn:aws(-[\w]+)*:.+:.+:[0-9]{12}:.+",
    r"aws\.partner(/[\.\-_A-Za-z0-9]+){2,}",
    r"(^arn:aws([a-z]|\-)*:secretsmanager:[a-z0-9-.]+:.*)|(\$(\.[\w_-]+(\[(\d+|\*)\])*)*)",
    r"((/[A-Za-z0-9\.,\+@=_-]+)*)/",
    r"^([A-Za-z0-9\-]+)\.([A-Za-z0-9\-]+)(\.[A-Za-z0-9\-]+)+$",
    (
        r"(([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9\-]*[a-zA-Z0-9])\.)*"
        r"([A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9\-]*[A-Za-z0-9]):[0-9]{1,5}"
    ),
    r"(?=[/\.\-_A-Za-z0-9]+)((?!aws\.).*)|(\$(\.[\w_-]+(\[(\d+|\*)\])*)*)",
    r"^([a-z]+-)+\d+$",
    r"[\x21\x23-\x2B\x2D-\x5B\x5D-\x7E]+( [\x21\x23-\x2B\x2D-\x5B\x5D-\x7E]+)*",
})  # fmt: skip
"""Patterns with a repetition within a repetition that match a text in one way only, because a mark parts the
inner ones. All others of that kind could take for ever, and are not applied."""


@dataclass(slots=True)
class Shape:
    """A type of the service model.

    Attributes:
        kind: "structure", "list", "map", "string", "integer", "blob" and so on.
        fields: Members of a structure by the model's name.
        by_wire: Members of a structure by their name in JSON.
        has_constraints: Whether a value can be refused at all; known for the input shapes of operations.
    """

    name: str
    kind: str
    fields: dict[str, "Field"] = field(default_factory=dict)
    by_wire: dict[str, "Field"] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    element: "Field | None" = None
    key: "Field | None" = None
    minimum: float | None = None
    maximum: float | None = None
    pattern_text: str = ""
    pattern: re.Pattern[str] | None = None
    enum: tuple[str, ...] = ()
    is_flattened: bool = False
    is_sensitive: bool = False
    is_document: bool = False
    payload: str = ""
    error: Mapping[str, Any] = field(default_factory=dict)
    has_constraints: bool = True

    @property
    def constrains(self) -> bool:
        """Whether this shape has constraints besides its type."""
        has_bounds = self.minimum is not None or self.maximum is not None
        return has_bounds or bool(self.required or self.enum or self.pattern)


@dataclass(slots=True)
class Field:
    """A member of a structure, or the content of a list or map.

    Attributes:
        wire: Its name in JSON, XML, headers, queries and paths.
        location: "uri", "querystring", "header", "headers", or "" for the body.
    """

    name: str
    wire: str
    shape: Shape
    location: str = ""
    query_name: str = ""
    is_named: bool = False
    is_flattened: bool = False
    is_streaming: bool = False


@dataclass(slots=True)
class Operation:
    """An operation of the service model; `input` is None if it has no input."""

    name: str
    method: str
    uri: str
    input: Shape | None
    has_streaming_input: bool
    errors: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class HttpRoute:
    """Matches REST requests to an operation.

    Attributes:
        segments: The path: a text, or None for a label; the last label may be greedy.
        labels: Names of the labels by position.
        literals: Required query parameters; a value of None matches any.
        needed: Headers and query parameters that distinguish this operation from others with the same path.
    """

    operation: str
    method: str
    segments: tuple[str | None, ...]
    labels: tuple[str, ...]
    is_greedy: bool
    literals: tuple[tuple[str, str | None], ...]
    needed: frozenset[tuple[str, str]]

    def values(self, segments: list[str]) -> dict[str, str] | None:
        """Returns the labels' values if a path of decoded segments matches."""
        count = len(self.segments)
        if len(segments) < count or (len(segments) > count and not self.is_greedy):
            return None
        found: dict[str, str] = {}
        for position, (wanted, label) in enumerate(zip(self.segments, self.labels, strict=True)):
            if wanted is None:
                is_rest = self.is_greedy and position == count - 1
                found[label] = "/".join(segments[position:]) if is_rest else segments[position]
                if not found[label]:
                    return None
            elif wanted != segments[position]:
                return None
        return found


class Service:
    """One service model."""

    def __init__(self, name: str, model: Mapping[str, Any]) -> None:
        self.name = name
        metadata = model["metadata"]
        self.protocol = str(metadata.get("protocol", ""))
        self.protocols = frozenset(metadata.get("protocols") or (self.protocol,))
        self.target_prefix = str(metadata.get("targetPrefix", ""))
        self.json_version = str(metadata.get("jsonVersion", "1.0"))
        self.api_version = str(metadata.get("apiVersion", ""))
        self.is_query_compatible = "awsQueryCompatible" in metadata
        self._shapes = model["shapes"]
        for shape in self._shapes.values():  # most of a model is documentation
            shape.pop("documentation", None)
            for member in shape.get("members", {}).values():
                member.pop("documentation", None)
        self._operations = {
            key: (
                each["http"],
                each.get("input", {}).get("shape"),
                frozenset(error["shape"] for error in each.get("errors", ())),
            )
            for key, each in sorted(model["operations"].items(), key=lambda pair: "deprecated" in pair[1])
        }
        self._compiled: dict[str, Shape] = {}
        self._by_name: dict[str, Operation] = {}
        self._error_codes: dict[str, str] | None = None

    def operation(self, name: str) -> Operation | None:
        """Returns an operation; None if the model has none of this name."""
        known = self._by_name.get(name)
        if known is None and name in self._operations:
            http, input_name, errors = self._operations[name]
            shape = self.shape(input_name) if input_name else None
            for each in _reachable(shape) if shape else ():
                each.has_constraints = any(below.constrains for below in _reachable(each))
            payload = shape.fields.get(shape.payload) if shape else None
            is_streaming = payload is not None and payload.is_streaming
            known = self._by_name[name] = Operation(
                name, http["method"], http["requestUri"], shape, is_streaming, errors
            )
        return known

    def shape(self, name: str) -> Shape:
        """Returns a shape with all shapes that it refers to."""
        known = self._compiled.get(name)
        if known is not None:
            return known
        raw = self._shapes[name]
        shape = self._compiled[name] = Shape(
            name,
            raw["type"],
            required=tuple(raw.get("required", ())),
            minimum=raw.get("min"),
            maximum=raw.get("max"),
            pattern_text=raw.get("pattern", ""),
            pattern=compile_pattern(raw["pattern"]) if raw.get("pattern") else None,
            enum=tuple(raw.get("enum", ())),
            is_flattened=bool(raw.get("flattened")),
            is_sensitive=bool(raw.get("sensitive")),
            is_document=bool(raw.get("document")),
            payload=raw.get("payload", ""),
            error=raw.get("error", {}),
        )
        for member, reference in raw.get("members", {}).items():
            one = self._field(member, reference)
            shape.fields[member] = one
            shape.by_wire[one.wire] = one
        if "member" in raw:
            shape.element = self._field("member", raw["member"])
        if "key" in raw:
            shape.key, shape.element = self._field("key", raw["key"]), self._field("value", raw["value"])
        return shape

    def error_shape(self, code: str) -> Shape | None:
        """Returns the error shape with this code (as query services name it) or name."""
        if self._error_codes is None:
            self._error_codes = {}
            for name, raw in self._shapes.items():
                if raw.get("exception"):
                    self._error_codes.setdefault(name, name)
                    self._error_codes[raw.get("error", {}).get("code", name)] = name
        name = self._error_codes.get(code, "")
        return self.shape(name) if name else None

    @functools.cached_property
    def routes(self) -> dict[str, list[HttpRoute]]:
        """The routes of REST operations by method, the most specific ones first."""
        found: dict[str, list[HttpRoute]] = {}
        for name, (http, input_name, _) in self._operations.items():
            found.setdefault(http["method"], []).append(_route(name, http, self._shapes.get(input_name, {})))
        for routes in found.values():
            routes.sort(key=_specificity, reverse=True)
        return found

    def _field(self, name: str, reference: Mapping[str, Any]) -> Field:
        raw = self._shapes[reference["shape"]]
        return Field(
            name,
            reference.get("locationName") or name,
            self.shape(reference["shape"]),
            reference.get("location", ""),
            reference.get("queryName", ""),
            "locationName" in reference,
            bool(reference.get("flattened") or raw.get("flattened")),
            bool(reference.get("streaming") or raw.get("streaming") or raw.get("eventstream")),
        )


class Models:
    """Loads service models on demand, from the folder in the environment variable, or botocore's."""

    def __init__(self) -> None:
        self._services: dict[str, Service | None] = {}

    @functools.cached_property
    def folder(self) -> Path:
        """The folder of the models."""
        if folder := os.environ.get(SERVICE_MODELS):
            return Path(folder)
        # Not imported, because that takes a quarter of a second.
        spec = importlib.util.find_spec("botocore")
        places = spec.submodule_search_locations if spec else None
        return Path(places[0], "data") if places else Path(os.devnull)

    def signed_as(self, name: str) -> tuple[str, ...]:
        """Returns the services, by botocore's names, whose requests are signed for `name`."""
        return services_signed_as(name)

    def missing(self, name: str) -> list[str]:
        """Returns the services signed for `name` whose models are not loaded yet."""
        return [each for each in self.signed_as(name) if each not in self._services]

    def service(self, name: str) -> Service | None:
        """Returns a service's model; None if there is none."""
        if name not in self._services:
            self._services[name] = self._load(name)
        return self._services[name]

    def _load(self, name: str) -> Service | None:
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):  # from the network, and part of a path
            return None
        for version in sorted(self.folder.glob(f"{name}/*"), reverse=True):
            for path in (version / "service-2.json.gz", version / "service-2.json"):
                if path.is_file():
                    data = path.read_bytes()
                    text = gzip.decompress(data) if path.suffix == ".gz" else data
                    return Service(name, json.loads(text))
        return None


def _route(name: str, http: Mapping[str, Any], shape: Mapping[str, Any]) -> HttpRoute:
    path, _, query = http["requestUri"].partition("?")
    segments: list[str | None] = []
    labels: list[str] = []
    is_greedy = False
    for part in path.strip("/").split("/") if path.strip("/") else ():
        is_label = part.startswith("{") and part.endswith("}")
        is_greedy = is_greedy or part.endswith("+}")
        segments.append(None if is_label else part)
        labels.append(part.strip("{}+") if is_label else "")
    literals = tuple(
        (key, value if equals else None)
        for key, equals, value in (pair.partition("=") for pair in query.split("&") if pair)
    )
    needed = frozenset(
        (reference["location"], str(reference["locationName"]).lower())
        for member, reference in shape.get("members", {}).items()
        if member in shape.get("required", ()) and reference.get("location") in ("header", "querystring")
    )
    return HttpRoute(name, http["method"], tuple(segments), tuple(labels), is_greedy, literals, needed)


def _specificity(route: HttpRoute) -> tuple[int, int, bool, int]:
    texts = sum(segment is not None for segment in route.segments)
    return len(route.literals), texts, not route.is_greedy, len(route.needed)


def _reachable(shape: Shape) -> list[Shape]:
    """A shape and all shapes that it consists of."""
    found, waiting = {shape.name: shape}, [shape]
    while waiting:
        each = waiting.pop()
        for below in (*each.fields.values(), each.key, each.element):
            if below is not None and below.shape.name not in found:
                found[below.shape.name] = below.shape
                waiting.append(below.shape)
    return list(found.values())


@functools.cache
def compile_pattern(pattern: str) -> re.Pattern[str] | None:
    """Returns a Java pattern for `fullmatch`, or None if it is not to be checked."""
    if _NEGATED.search(pattern):
        return None
    text = _SURROGATES.sub(r"\\U00010000-\\U0010FFFF", pattern)
    is_unicode = bool(_CLASS.search(text))
    text = _replace_classes(text) if is_unicode else text
    flags = 0 if is_unicode else re.ASCII
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", FutureWarning)  # a set operation, unlike Java
            parsed = sre_parser.parse(text, flags)
            is_nested = any(True for body in _long_repeats(parsed) for _ in _long_repeats(body))
            if is_nested and pattern not in _PARTED:
                return None
            return re.compile(text, flags)
    except (re.error, FutureWarning, RecursionError, OverflowError):
        return None


def _replace_classes(text: str) -> str:
    r"""Translates `\p{L}` inside and outside of brackets; an unknown category makes the pattern invalid."""
    out: list[str] = []
    position, inside = 0, False
    while position < len(text):
        match = _CLASS.match(text, position)
        if match:
            members = _CLASSES.get(match[1] or match[2], r"\p")
            out.append(members if inside else f"[{members}]")
            position = match.end()
            continue
        character = text[position]
        if character == "\\":
            out.append(text[position : position + 2])
            position += 2
            continue
        inside = (inside or character == "[") and character != "]"
        out.append(character)
        position += 1
    return "".join(out)


def _long_repeats(items: Any) -> Iterator[Any]:
    """The bodies of all unbounded repetitions."""
    for operator, argument in items:
        if operator in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            _, most, body = argument
            if most > _MANY:
                yield body
        for body in _bodies(operator, argument):
            yield from _long_repeats(body)


def _bodies(operator: Any, argument: Any) -> Sequence[Any]:
    if operator in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
        return [argument[2]]
    if operator is sre.SUBPATTERN:
        return [argument[3]]
    if operator is sre.BRANCH:
        return list(argument[1])
    if operator in (sre.ASSERT, sre.ASSERT_NOT):
        return [argument[1]]
    if operator is sre.ATOMIC_GROUP:
        return [argument]
    return []
