"""Requests that MiniStack sends for triggers: HTTP integrations, SNS subscriptions, API destinations.

They go to http and https addresses only, and a response has a limit of size and of time. MiniStack itself
would open `file:///dev/zero`, and read all of it.
"""

import functools
import time
import urllib.request
from collections.abc import Callable
from http.client import HTTPResponse
from typing import Any
from urllib.error import URLError

_MAX_BYTES = 10 << 20
"""Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html (payload size)"""
_MAX_S = 60.0
_BLOCK_BYTES = 65536


def install() -> None:
    """Limits every request that is sent by urllib, by whatever opener."""
    handlers: Any = urllib.request
    handlers.FileHandler.file_open = handlers.FTPHandler.ftp_open = handlers.DataHandler.data_open = _refuse
    handlers.HTTPHandler.http_open = _limited(handlers.HTTPHandler.http_open)
    handlers.HTTPSHandler.https_open = _limited(handlers.HTTPSHandler.https_open)


def _refuse(_handler: object, request: urllib.request.Request) -> None:
    raise URLError(f"The Sandbox sends requests to http and https addresses, not to {request.type}.")


def _limited(original: Callable[..., HTTPResponse]) -> Callable[..., HTTPResponse]:
    @functools.wraps(original)
    def opened(handler: object, request: urllib.request.Request) -> HTTPResponse:
        response: Any = original(handler, request)
        response.read = _Reader(response.read)
        return response  # type: ignore[no-any-return]

    return opened


class _Reader:
    """Reads a response up to the limits.

    Raises:
        URLError: It is larger, or takes longer.
    """

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read
        self._left = _MAX_BYTES
        self._last = time.monotonic() + _MAX_S

    def __call__(self, amount: int | None = None) -> bytes:
        if amount is not None and amount >= 0:
            return self._block(amount)
        blocks = []
        while block := self._block(_BLOCK_BYTES):
            blocks.append(block)
        return b"".join(blocks)

    def _block(self, amount: int) -> bytes:
        if time.monotonic() > self._last:
            raise URLError(f"The response took longer than {_MAX_S:.0f} s.")
        block = self._read(amount)
        self._left -= len(block)
        if self._left < 0:
            raise URLError(f"The response is larger than {_MAX_BYTES >> 20} MB.")
        return block
