"""The requests of Lambda's API that the Sandbox handles before MiniStack, in one table.

A row says which requests it is about and who handles them; modules declare their rows, and server.py puts
them in order.
"""

import functools
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import lambda_svc

Response = tuple[int, dict[str, str], Any]
ANY_PATH = re.compile(r".*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class LambdaRequest:
    """A request of Lambda's API, as MiniStack's handler takes it.

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
    """A row of the table.

    Attributes:
        pattern: What the whole path matches.
        handler: Gets the request, the match and what passes a request on to the rows below; returns the
            response.
        methods: The HTTP methods it is about; all of them if it is empty.
    """

    pattern: re.Pattern[str]
    handler: Handler
    methods: frozenset[str] = frozenset()

    def match(self, request: LambdaRequest) -> re.Match[str] | None:
        """Returns the match of the path if this row is about a request."""
        if self.methods and request.method not in self.methods:
            return None
        return self.pattern.fullmatch(request.path)


def install(routes: Sequence[LambdaRoute]) -> None:
    """Puts the table in front of MiniStack's handler; the first row that matches handles a request."""
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
    """Returns a response with a body of JSON."""
    answer: Response = json_response(value, status)
    return answer


def error_answer(code: str, message: str, status: int = 400) -> Response:
    """Returns AWS's response for an error."""
    answer: Response = error_response_json(code, message, status)
    return answer
