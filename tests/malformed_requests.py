"""Malformed requests to the Sandbox, made from a seed, and a judge of what it answers to them.

Each starts as a request that a client might send and is then damaged: cut off, bits turned over, types
exchanged, nested a thousand times, numbers without end, text that is no text. Whatever AWS would answer, it
is no server error: a refusal in the form of the protocol, or, as some damage does no harm, a result.
"""

import json
import random
import re
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

import cbor2

from workbench_sandbox.server.signature import HttpRequest, sign

ACCOUNT, REGION = "000000000000", "us-east-1"
_SOUND = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
"""Requests as clients send them, by protocol."""
_ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 10**30, -(10**400), "", "x" * 3_000, "é\u0000\ud800", "\u202e", [], {},
    [None], [[]], {"": {}}, {"S": 1}, "NaN", "2026-13-45T99:99:99Z", "../../etc/passwd", "%00%ff",
    "a" * 40 + "!", "<!ENTITY a 'b'>", "\r\nX: y",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Malformed:
    """One request; `headers` go beside its signature."""

    service: str
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def __str__(self) -> str:
        return f"{self.service} {self.method} {self.path[:200]} {self.headers} {self.body[:300]!r}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, and how long it took in seconds."""

    status: int
    headers: dict[str, str]
    body: bytes
    took_s: float


def requests(seed: int, count: int) -> Iterator[Malformed]:
    """Makes malformed requests; the same for the same seed."""
    chance = random.Random(seed)
    makers: list[Callable[[random.Random], Malformed]] = [_json, _rest, _query, _cbor_request, _xml]
    for _ in range(count):
        yield chance.choice(makers)(chance)


def send(connection: HTTPConnection, malformed: Malformed, secret: str) -> Answer:
    """Signs a request, sends it, and reads the answer."""
    host = f"{connection.host}:{connection.port}"
    path, _, query = malformed.path.partition("?")
    request = HttpRequest(malformed.method, path.encode(), query.encode(), ((b"host", host.encode()),))
    signed = sign(request, ACCOUNT, secret, REGION, malformed.service, payload=malformed.body)
    headers = malformed.headers | {name.decode(): value.decode() for name, value in signed}
    started = time.perf_counter()
    connection.request(malformed.method, malformed.path, malformed.body, headers)
    response = connection.getresponse()
    body = response.read()
    took_s = time.perf_counter() - started
    return Answer(
        response.status, {name.lower(): value for name, value in response.getheaders()}, body, took_s
    )


def fault_of(malformed: Malformed, answer: Answer) -> str:
    """Returns what is wrong with an answer, '' for an answer of AWS's form."""
    if answer.status >= 500 and answer.status != 501:
        return f"status {answer.status}: {answer.body[:300]!r}"
    if answer.status < 400 or not answer.body:
        return ""
    kind = answer.headers.get("content-type", "")
    try:
        code = _code_of(kind, answer)
    except (ValueError, ElementTree.ParseError, AttributeError, TypeError) as error:
        return f"not readable ({error}): {kind} {answer.body[:300]!r}"
    return "" if re.fullmatch(r"[A-Za-z][\w.#]*", code) else f"no code: {kind} {answer.body[:300]!r}"


def _code_of(kind: str, answer: Answer) -> str:
    if "xml" in kind:
        root = ElementTree.fromstring(answer.body)
        found = root.find(".//{*}Code")
        return (found.text if found is not None else "") or ""
    document = cbor2.loads(answer.body) if "cbor" in kind else json.loads(answer.body)
    return str(answer.headers.get("x-amzn-errortype") or document.get("__type") or document.get("code") or "")


# ---- damage ------------------------------------------------------------------------------------------------


def _damaged_value(chance: random.Random, value: Any, depth: int = 0) -> Any:
    """A document with one of its values exchanged, left out or nested."""
    if isinstance(value, dict) and value and (depth == 0 or chance.random() < 0.7):
        key = chance.choice(list(value))
        changed = dict(value)
        act = chance.random()
        if act < 0.15:
            del changed[key]
        elif act < 0.25:
            changed[str(chance.choice(_ODD))] = changed.pop(key)
        else:
            changed[key] = _damaged_value(chance, value[key], depth + 1)
        return changed
    if isinstance(value, list) and value and chance.random() < 0.7:
        at = chance.randrange(len(value))
        return [*value[:at], _damaged_value(chance, value[at], depth + 1), *value[at + 1 :]]
    act = chance.random()
    if act < 0.1:
        return _nested(chance.choice((5, 200, 3_000)), chance.random() < 0.5)
    if act < 0.2:
        return [value] * chance.choice((2, 11, 500))
    return chance.choice(_ODD)


def _nested(depth: int, in_lists: bool) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = [value] if in_lists else {"M": value}
    return value


def _text_of(value: Any) -> bytes:
    """JSON, also of what is nested too deep for the encoder, and with lone surrogates as they are."""
    depth = 0
    while isinstance(value, dict | list) and len(value) == 1 and depth < 5_000:
        value = value[0] if isinstance(value, list) else next(iter(value.values()))
        depth += 1
    return b'{"M":' * depth + json.dumps(value).encode() + b"}" * depth


def _encoded(chance: random.Random, value: Any) -> bytes:
    try:
        return json.dumps(value).encode()
    except RecursionError:
        return _text_of(_nested(4_000, in_lists=False))


def _damaged_bytes(chance: random.Random, data: bytes) -> bytes:
    """Bytes cut off, turned over, doubled, or mixed with others."""
    if not data:
        return chance.randbytes(chance.choice((1, 10, 1_000)))
    at = chance.randrange(len(data))
    match chance.randrange(6):
        case 0:
            return data[:at]
        case 1:
            return data[:at] + chance.randbytes(chance.choice((1, 4, 64))) + data[at:]
        case 2:
            return data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :]
        case 3:
            return data + data
        case 4:
            return chance.choice(
                (b"", b"null", b"[]", b'"', b"{", b"0", b"\xff\xfe", b"[" * 5_000, b"<a>", b"\x00")
            )
        case _:
            return chance.randbytes(len(data))


def _json(chance: random.Random) -> Malformed:
    service, target, document = chance.choice(_SOUND["json"])
    body = _encoded(chance, _damaged_value(chance, document))
    if chance.random() < 0.3:
        body = _damaged_bytes(chance, body)
    if chance.random() < 0.05:
        target = chance.choice((f"{target}x", target.partition(".")[0], "a.b.c", "." * 50))
    headers = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"}
    if chance.random() < 0.03:
        headers["Content-Encoding"] = "gzip"
    return Malformed(service, "POST", "/", headers, body)


def _rest(chance: random.Random) -> Malformed:
    service, method, path, document = chance.choice(_SOUND["rest"])
    body = b""
    if document is not None:
        body = _encoded(chance, _damaged_value(chance, document))
        if chance.random() < 0.3:
            body = _damaged_bytes(chance, body)
    if chance.random() < 0.3:
        path = _damaged_path(chance, path)
    if chance.random() < 0.05:
        method = chance.choice(("GET", "PUT", "POST", "DELETE", "PATCH"))
    return Malformed(service, method, path, {"Content-Type": "application/json"}, body)


def _damaged_path(chance: random.Random, path: str) -> str:
    where, _, query = path.partition("?")
    parts = where.split("/")
    odd = quote(str(chance.choice(_ODD)).encode("utf-8", "replace")[:500], safe="")
    parts[chance.randrange(1, len(parts))] = odd or "%20"
    more = f"{quote(str(chance.choice(('MaxItems', 'Qualifier', 'limit', 'x'))))}={odd}"
    return "/".join(parts) + f"?{query}&{more}" if chance.random() < 0.5 else "/".join(parts)


def _query(chance: random.Random) -> Malformed:
    service, pairs = chance.choice(_SOUND["query"])
    changed = dict(pairs)
    for _ in range(chance.randrange(1, 3)):
        key = chance.choice([name for name in changed if name != "Action"] or ["x"])
        odd = str(chance.choice(_ODD)).encode("utf-8", "replace").decode("utf-8", "replace")
        match chance.randrange(5):
            case 0:
                changed.pop(key, None)
            case 1:
                changed[key] = odd
            case 2:
                changed[f"{key}.member.{chance.choice((0, 1, 10**12, 'x'))}"] = changed.pop(key, "")
            case 3:
                changed[".".join([key] * chance.choice((2, 200)))] = "x"
            case _:
                changed[f"{key}.{odd[:20]}"] = odd
    if chance.random() < 0.05:
        changed["Action"] = str(chance.choice(("Nothing", "", "CreateRole\x00")))
    body = urlencode(changed).encode()
    if chance.random() < 0.3:
        body = _damaged_bytes(chance, body)
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    return Malformed(service, "POST", "/", headers, body)


def _cbor_request(chance: random.Random) -> Malformed:
    operation, document = chance.choice(_SOUND["cbor"])
    try:
        body = cbor2.dumps(_damaged_value(chance, document))
    except (ValueError, RecursionError, UnicodeEncodeError, cbor2.CBOREncodeError):
        body = b"\x81" * 5_000
    if chance.random() < 0.4:
        body = _damaged_bytes(chance, body)
    if chance.random() < 0.1:  # lengths that nobody has the bytes of
        body = (
            bytes([chance.choice((0x5B, 0x7B, 0x9B, 0xBB))])
            + struct.pack(">Q", 2 ** chance.randrange(20, 64))
            + body
        )
    path = f"/service/GraniteServiceVersion20100801/operation/{operation}"
    headers = {
        "Smithy-Protocol": "rpc-v2-cbor",
        "Content-Type": "application/cbor",
        "Accept": "application/cbor",
    }
    return Malformed("monitoring", "POST", path, headers, body)


def _xml(chance: random.Random) -> Malformed:
    method, path, text = chance.choice(_SOUND["xml"])
    body = text.encode()
    match chance.randrange(6):
        case 0:
            body = _damaged_bytes(chance, body)
        case 1:
            inner = re.findall(r">([^<>]+)<", text)
            odd = str(chance.choice(_ODD)).encode("utf-8", "replace").decode("utf-8", "replace")
            body = text.replace(chance.choice(inner), odd.replace("<", "&lt;")).encode() if inner else body
        case 2:
            body = b"<a>" * chance.choice((10, 5_000)) + body
        case 3:
            body = b'<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;&b;">]><a>&d;</a>'
        case 4:
            tags = re.findall(r"<(\w+)", text)
            body = text.replace(chance.choice(tags), chance.choice(tags)).encode() if tags else body
        case _:
            path = _damaged_path(chance, path)
    return Malformed("s3", method, path, {"Content-Type": "application/xml"}, body)
