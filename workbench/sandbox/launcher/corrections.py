"""How MiniStack's functions are corrected: each correction gets the original as its first argument."""

import functools
import threading
from collections.abc import Callable
from typing import Any

from ministack import app

_on_load: dict[str, list[Callable[[Any], None]]] = {}
_loading = threading.Lock()


def wrap(module: Any, **corrections: Callable[..., Any]) -> None:
    """Puts corrections in the place of the functions of a module that have their names."""
    for name, correction in corrections.items():
        setattr(module, name, functools.partial(correction, getattr(module, name)))


def on_load(service: str, correct: Callable[[Any], None]) -> None:
    """Corrects a service of MiniStack's, which is loaded by its first request, once it is."""
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
    """Stands in for a function of MiniStack's that must not run."""
