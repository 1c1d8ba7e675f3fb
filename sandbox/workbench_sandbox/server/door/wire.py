"""Converts values of a request into values of the service model's types.

A value of the wrong type raises `WrongType`. Null and unknown members are left out, as on AWS.
"""

import base64
import binascii
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any
from xml.etree import ElementTree

from workbench_sandbox.server.door.models import Field, Shape

_INTEGERS = frozenset({"integer", "long", "short", "byte", "biginteger"})
_FLOATS = frozenset({"float", "double", "bigdecimal"})
MANY_ROWS = 16
"""Lists with more structures are checked column by column."""
_MAX_INTEGER = 2**63
_MAX_FLOAT = 10**300
_MAX_DECODED = 64 * 1024
_MAX_DEPTH = 100
_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-]\d\d:?\d\d)?)?", re.ASCII
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_NUMBER = re.compile(r"[+-]?\d{1,19}", re.ASCII)
_HTTP_DATE = "%a, %d %b %Y %H:%M:%S %Z"


class WrongType(Exception):
    """A value does not have the model's type."""

    def __init__(self, value: object, kind: str) -> None:
        super().__init__(f"{type(value).__name__} for {kind}")
        self.value = value
        self.kind = kind


class Blob:
    """A large blob that may never be needed: it has its length, and is decoded when `bytes` is called.

    Args:
        encoded: Base64 without line breaks.
    """

    __slots__ = ("_encoded", "_size")

    def __init__(self, encoded: str | memoryview) -> None:
        self._encoded = encoded
        end = encoded[-2:] if isinstance(encoded, str) else bytes(encoded[-2:]).decode("latin-1")
        self._size = len(encoded) // 4 * 3 - end.count("=")

    def __len__(self) -> int:
        return self._size

    def __bytes__(self) -> bytes:
        return base64.b64decode(self._encoded)


def read_json(shape: Shape, value: Any, depth: int = 0) -> Any:
    """Converts a value of a JSON or CBOR document.

    Raises:
        WrongType: The value has another type.
    """
    kind = shape.kind
    if kind == "string":
        if value.__class__ is str and (value.isascii() or not _SURROGATE.search(value)):
            return value
        raise WrongType(value, kind)
    if kind == "structure":
        if shape.is_document:
            return value
        if not isinstance(value, dict):
            raise WrongType(value, kind)
        if depth > _MAX_DEPTH:
            raise WrongType(value, kind)
        found: dict[str, Any] = {}
        by_wire = shape.by_wire
        for name, each in value.items():
            field = by_wire.get(name)
            if field is not None and each is not None and not field.location:
                found[field.name] = read_json(field.shape, each, depth + 1)
        return found
    if kind == "list" and shape.element:
        if not isinstance(value, list) or depth > _MAX_DEPTH:
            raise WrongType(value, kind)
        inner = shape.element.shape
        if len(value) >= MANY_ROWS and depth < _MAX_DEPTH and _are_read(inner, value):
            return value
        return [read_json(inner, each, depth + 1) for each in value]
    if kind == "map" and shape.element:
        if not isinstance(value, dict) or depth > _MAX_DEPTH:
            raise WrongType(value, kind)
        inner = shape.element.shape
        return {
            str(key): None if each is None else read_json(inner, each, depth + 1)
            for key, each in value.items()
        }
    return _scalar(kind, value)


def columns(rows: list[Any]) -> dict[str, list[Any]] | None:
    """Returns the values of each member over all rows; None if they are not objects with the same members.

    Checking many events or entries by column takes a tenth of the time.
    """
    if set(map(type, rows)) != {dict}:
        return None
    names = set(map(tuple, rows))
    return {name: list(map(itemgetter(name), rows)) for name in names.pop()} if len(names) == 1 else None


def _are_read(shape: Shape, rows: list[Any]) -> bool:
    """Whether structures need no conversion, because each member is a plain value of its type."""
    found = columns(rows) if shape.kind == "structure" and not shape.is_document else None
    return found is not None and all(
        (field := shape.by_wire.get(name)) is not None
        and field.name == name
        and not field.location
        and _is_plain(field.shape.kind, column)
        for name, column in found.items()
    )


def _is_plain(kind: str, column: list[Any]) -> bool:
    types = set(map(type, column))
    if kind == "string":
        return types == {str} and all(map(str.isascii, column))
    if kind in _INTEGERS:
        return types == {int} and min(column) > -_MAX_INTEGER and max(column) < _MAX_INTEGER
    return kind == "boolean" and types == {bool}


def without_nulls(shape: Shape, value: Any) -> Any:
    """Returns a document that was read without errors, without null members: AWS ignores them."""
    if shape.kind == "structure" and not shape.is_document:
        kept: dict[str, Any] = {}
        for name, each in value.items():
            field = shape.by_wire.get(name)
            if each is not None or field is None:
                kept[name] = without_nulls(field.shape, each) if field and not field.location else each
        return kept
    if shape.kind == "list" and shape.element:
        return [without_nulls(shape.element.shape, each) for each in value]
    if shape.kind == "map" and shape.element:
        inner = shape.element.shape
        return {key: each if each is None else without_nulls(inner, each) for key, each in value.items()}
    return value


def _scalar(kind: str, value: Any) -> Any:
    if kind == "boolean":
        if isinstance(value, bool):
            return value
    elif kind in _INTEGERS:
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _MAX_INTEGER:
            return value
        if isinstance(value, float) and abs(value) < _MAX_INTEGER:
            return int(value)
    elif kind in _FLOATS:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if is_number and (isinstance(value, float) or abs(value) < _MAX_FLOAT):
            return float(value)
        if value in ("NaN", "Infinity", "-Infinity"):
            return float(value)
    elif kind == "timestamp":
        return _timestamp(value)
    elif kind == "blob":
        if isinstance(value, bytes | Blob):
            return value
        if isinstance(value, str):
            return decode_blob(value)
    else:
        return value
    raise WrongType(value, kind)


def _timestamp(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        if isinstance(value, str):
            return read_time(value)
    except (ValueError, OverflowError, OSError):
        pass
    raise WrongType(value, "timestamp")


def read_time(text: str) -> datetime:
    """Converts a time in the formats of AWS's protocols: ISO 8601, an HTTP date, or seconds since 1970.

    Raises:
        ValueError: The text has none of these formats.
    """
    match = _ISO.fullmatch(text.strip())
    if match:
        date, clock, zone = match.groups()
        clock = (clock or "00:00:00")[:15]
        zone = "+00:00" if zone in (None, "Z") else zone
        return datetime.fromisoformat(f"{date}T{clock}{zone}")
    try:
        return datetime.fromtimestamp(float(text), UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.strptime(text.strip(), _HTTP_DATE).replace(tzinfo=UTC)


def decode_blob(text: str) -> "bytes | Blob":
    """Converts a blob; small ones are decoded.

    Raises:
        WrongType: The text is not Base64.
    """
    if len(text) > _MAX_DECODED and len(text) % 4 == 0:
        return Blob(text)
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError):
        raise WrongType(text, "blob") from None


def read_text(shape: Shape, text: str) -> Any:
    """Converts a scalar that is text in a path, a query, a header, or XML.

    Raises:
        WrongType: The value has another type.
    """
    kind = shape.kind
    if kind == "string":
        return text
    if kind == "boolean":
        if text.lower() in ("true", "false"):
            return text.lower() == "true"
    elif kind in _INTEGERS:
        if _NUMBER.fullmatch(text.strip()):
            return int(text)
    elif kind in _FLOATS:
        try:
            return float(text)
        except ValueError:
            pass
    elif kind == "timestamp":
        try:
            return read_time(text)
        except ValueError:
            pass
    elif kind == "blob":
        return decode_blob(text)
    else:
        return text
    raise WrongType(text, kind)


# ---- queries: a.member.1.b=c ------------------------------------------------------------------------------

Tree = dict[str, Any]
_LEAF = "="
"""The key of a text: no name contains it."""


def tree(pairs: Iterable[tuple[str, str]]) -> Tree:
    """Returns the parameters of a query as nested names; the text itself has the key '='.

    Raises:
        WrongType: Names are nested too deeply, or a name has both a text and names below it.
    """
    root: Tree = {}
    for name, value in pairs:
        parts = name.split(".")
        if len(parts) > _MAX_DEPTH:
            raise WrongType(name, "structure")
        node = root
        for part in parts:
            if node.get(_LEAF):
                raise WrongType(name, "structure")
            node = node.setdefault(part.replace(_LEAF, "%3D"), {})
        if value and node:
            raise WrongType(name, "string")
        node.setdefault(_LEAF, value)
    return root


def read_query(shape: Shape, node: Tree, *, is_ec2: bool = False, is_flat: bool = False) -> Any:
    """Converts a value from the tree of a query.

    Raises:
        WrongType: The value has another type.
    """
    kind = shape.kind
    if kind == "structure":
        found: dict[str, Any] = {}
        for field in shape.fields.values():
            below = _of_field(field, node, is_ec2=is_ec2)
            if below is not None:
                is_list = field.shape.kind in ("list", "map")
                flat = is_ec2 or (is_list and field.is_flattened)
                found[field.name] = read_query(field.shape, below, is_ec2=is_ec2, is_flat=flat)
        return found
    if kind == "list" and shape.element:
        within = node if is_flat or shape.is_flattened else node.get(shape.element.wire, {})
        inner = shape.element.shape
        return [read_query(inner, each, is_ec2=is_ec2) for each in _numbered(within)]
    if kind == "map" and shape.element and shape.key:
        within = node if is_flat or shape.is_flattened else node.get("entry", {})
        entries: dict[str, Any] = {}
        key_name = shape.key.wire if shape.key.is_named else "key"
        value_name = shape.element.wire if shape.element.is_named else "value"
        for each in _numbered(within):
            key = each.get(key_name, {}).get(_LEAF)
            if key is not None:
                below = each.get(value_name)
                entries[key] = (
                    None if below is None else read_query(shape.element.shape, below, is_ec2=is_ec2)
                )
        return entries
    text = node.get(_LEAF)
    if text is None:
        raise WrongType(node, kind)
    return read_text(shape, text)


def _of_field(field: Field, node: Tree, *, is_ec2: bool) -> Tree | None:
    if is_ec2:
        name = field.query_name or field.wire[:1].upper() + field.wire[1:]
    elif field.is_flattened and field.shape.kind == "list" and field.shape.element:
        # The name of a flattened list is that of its elements.
        element = field.shape.element
        name = element.wire if element.is_named else field.wire
    else:
        name = field.wire
    found: Tree | None = node.get(name)
    if found is None and field.is_flattened:
        found = node.get(field.wire)
    if (
        found is not None
        and field.shape.kind in ("list", "map")
        and found.get(_LEAF) == ""
        and len(found) == 1
    ):
        return {}  # `name=` is an empty list
    return found


def _numbered(node: Tree) -> list[Tree]:
    numbered = [(int(name), each) for name, each in node.items() if name.isdecimal() and len(name) < 10]
    return [each for _, each in sorted(numbered, key=lambda pair: pair[0])]


# ---- XML --------------------------------------------------------------------------------------------------


def parse_xml(body: bytes) -> ElementTree.Element:
    """Parses a document that declares no entities.

    Raises:
        ElementTree.ParseError: It is malformed, or declares entities or a document type.
    """
    if b"<!" in body and re.search(rb"<!(?!--|\[CDATA\[)", body):
        raise ElementTree.ParseError("document types are not taken")
    return ElementTree.fromstring(body)


def read_xml(shape: Shape, element: ElementTree.Element, depth: int = 0) -> Any:
    """Converts a value from an element.

    Raises:
        WrongType: The value has another type.
    """
    if depth > _MAX_DEPTH:
        raise WrongType(element.tag, shape.kind)
    kind = shape.kind
    if kind == "structure":
        by_tag: dict[str, list[ElementTree.Element]] = {}
        for each in element:
            by_tag.setdefault(_tag(each), []).append(each)
        found: dict[str, Any] = {}
        for field in shape.fields.values():
            if not field.location:
                below = _xml_field(field, by_tag, element, depth)
                if below is not None:
                    found[field.name] = below
        return found
    if kind == "list" and shape.element:
        wanted = shape.element.wire
        return [read_xml(shape.element.shape, each, depth + 1) for each in element if _tag(each) == wanted]
    if kind == "map":
        return _xml_entries(shape, element, depth)
    return read_text(shape, element.text or "")


def _xml_field(
    field: Field, by_tag: dict[str, list[ElementTree.Element]], element: ElementTree.Element, depth: int
) -> Any:
    if ":" in field.wire:  # an attribute, xsi:type
        return next((text for name, text in element.attrib.items() if name.endswith("}type")), None)
    shape = field.shape
    if shape.kind == "list" and shape.element and field.is_flattened:
        named = shape.element.wire if shape.element.is_named else field.wire
        below = by_tag.get(named) or by_tag.get(field.wire)
        return [read_xml(shape.element.shape, each, depth + 1) for each in below] if below else None
    below = by_tag.get(field.wire)
    return read_xml(shape, below[0], depth + 1) if below else None


def _xml_entries(shape: Shape, element: ElementTree.Element, depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if shape.key and shape.element:
        for entry in element:
            parts = {_tag(each): each for each in entry}
            key = parts.get(shape.key.wire if shape.key.is_named else "key")
            value = parts.get(shape.element.wire if shape.element.is_named else "value")
            if key is not None and value is not None:
                found[key.text or ""] = read_xml(shape.element.shape, value, depth + 1)
    return found


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
