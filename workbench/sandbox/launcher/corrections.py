"""How MiniStack is corrected: its functions are wrapped. A correction gets the original first."""

import functools
import threading
from collections.abc import Callable
from typing import Any

from ministack import app
from ministack.core.responses import error_response_json, json_response

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


def json_answer(value: object, status: int = 200) -> Response:
    """Returns a response with a JSON body."""
    answer: Response = json_response(value, status)
    return answer


def error_answer(code: str, message: str, status: int = 400) -> Response:
    """Returns AWS's error response."""
    answer: Response = error_response_json(code, message, status)
    return answer
