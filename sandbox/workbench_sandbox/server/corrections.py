"""How MiniStack is corrected: its functions are wrapped, or the keys of its stores.

A correction gets the original function first.
"""

import functools
import threading
from collections.abc import Callable, Iterable
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


class Store(dict[Any, Any]):
    """The content of a store of MiniStack.

    Args:
        items: What it begins with.
        key_of: Returns the form in which a key is written and looked up.
        check: Called with each key that is written; raises an error for one that must not be.
    """

    def __init__(
        self,
        items: Iterable[tuple[Any, Any]],
        *,
        key_of: Callable[[Any], Any] = lambda key: key,
        check: Callable[[Any], object] = nothing,
    ) -> None:
        super().__init__()
        self._key_of = key_of
        self._check = check
        self.update(items)

    def __setitem__(self, key: Any, value: Any) -> None:
        self._check(key)
        super().__setitem__(self._key_of(key), value)

    def __getitem__(self, key: Any) -> Any:
        return super().__getitem__(self._key_of(key))

    def __delitem__(self, key: Any) -> None:
        super().__delitem__(self._key_of(key))

    def __contains__(self, key: object) -> bool:
        return super().__contains__(self._key_of(key))

    def get(self, key: Any, default: Any = None) -> Any:
        """As of a dict, which would not use `__getitem__`."""
        return super().get(self._key_of(key), default)

    def pop(self, key: Any, *default: Any) -> Any:
        """As of a dict, which would not use `__delitem__`."""
        return super().pop(self._key_of(key), *default)

    def setdefault(self, key: Any, default: Any = None) -> Any:
        """As of a dict, which would not use `__setitem__`."""
        if key not in self:
            self[key] = default
        return self[key]

    def update(self, *others: Any, **more: Any) -> None:
        """As of a dict, which would not use `__setitem__`."""
        for key, value in dict(*others, **more).items():
            self[key] = value


Response = tuple[int, dict[str, str], Any]


def json_answer(value: object, status: int = 200) -> Response:
    """Returns a response with a JSON body."""
    answer: Response = json_response(value, status)
    return answer


def error_answer(code: str, message: str, status: int = 400) -> Response:
    """Returns AWS's error response."""
    answer: Response = error_response_json(code, message, status)
    return answer
