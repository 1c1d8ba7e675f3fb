"""The few words of ASGI that the launcher speaks. Owns: types, and reading of headers."""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

Header = tuple[bytes, bytes]
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def header_values(headers: Iterable[Header], name: bytes) -> list[str]:
    """Returns all values of a header; `name` in lower case."""
    return [value.decode("latin-1") for key, value in headers if key.lower() == name]
