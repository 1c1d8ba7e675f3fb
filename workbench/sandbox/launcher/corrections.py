"""How MiniStack is corrected: its functions are wrapped, and some requests of Lambda's API are handled first.

A correction gets the original as its first argument. The requests are one table: each row says which requests
it handles and how; modules declare their rows, and server.py orders them.
"""

import functools
import re
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ministack import app
from ministack.core.responses import error_response_json, json_response
from ministack.services import lambda_svc

_on_load: dict[str, list[Callable[[Any], None]]] = {}
_loading = threading.Lock()


def wrap(module: Any, **corrections: Callable[..., Any]) -> None:
    """Replaces the functions of a module by the corrections of the same names."""
    for name, correction in corrections.items():
        setattr(module, name, functools.partial(correction, getattr(module, name)))


def on_load(service: str, correct: Callable[[Any], None]) -> None:
    """Corrects a service of MiniStack once it is loaded, which its first request does."""
    if not _on_load:
        wrap(app, _get_module=_get_module)
    _on_load.setdefault(service, []).append(correct)


def _get_module(original: Callable[[str], Any], name: str) -> Any:
    module = original(name)
    with _loading:
        for correct in _on_load.get(name, ()):
            correct(module)
        _on_load[name] = []
    return module


def nothing(*_: object, **__: object) -> None:
    """Replaces a function of MiniStack that must not run."""


Response = tuple[int, dict[str, str], Any]
ANY_PATH = re.compile(r".*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class LambdaRequest:
    """A request of Lambda's API, as MiniStack's handler gets it.

    Attributes:
        query: The values of each query parameter.
    """

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    query: dict[str, list[str]]


Proceed = Callable[[LambdaRequest], Awaitable[Response]]
Handler = Callable[[LambdaRequest, re.Match[str], Proceed], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class LambdaRoute:
    """A row of the table of requests.

    Attributes:
        pattern: Matches the whole path.
        handler: Gets the request, the match and a function that passes the request on to the next rows;
            returns the response.
        methods: The HTTP methods it handles; empty for all.
    """

    pattern: re.Pattern[str]
    handler: Handler
    methods: frozenset[str] = frozenset()

    def match(self, request: LambdaRequest) -> re.Match[str] | None:
        """Returns the match of the path if this row handles the request."""
        if self.methods and request.method not in self.methods:
            return None
        return self.pattern.fullmatch(request.path)


def install_routes(routes: Sequence[LambdaRoute]) -> None:
    """Installs the table in front of MiniStack's handler; the first row that matches handles a request."""
    original = lambda_svc.handle_request

    async def handle_request(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, list[str]]
    ) -> Response:
        return await _from(0, LambdaRequest(method, path, headers, body, query))

    async def _from(start: int, request: LambdaRequest) -> Response:
        for at, route in enumerate(routes[start:], start):
            if match := route.match(request):
                return await route.handler(request, match, functools.partial(_from, at + 1))
        answer: Response = await original(
            request.method, request.path, request.headers, request.body, request.query
        )
        return answer

    lambda_svc.handle_request = handle_request


def json_answer(value: object, status: int = 200) -> Response:
    """Returns a response with a JSON body."""
    answer: Response = json_response(value, status)
    return answer


def error_answer(code: str, message: str, status: int = 400) -> Response:
    """Returns AWS's error response."""
    answer: Response = error_response_json(code, message, status)
    return answer
