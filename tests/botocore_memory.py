"""What botocore works out anew for each session and client is worked out once in a process of tests.

A test with an account of its own makes a session and clients of its own, thousands in a run. A third of
the time of making them goes into two questions whose answers are always the same.
"""

import inspect
from typing import Any

from botocore import hooks

_aliases: dict[str, str] = {}
_make = hooks.EventAliaser.__init__
_ask = hooks.accepts_kwargs


def _remember_aliases(self: Any, emitter: Any, aliases: dict[str, str] | None = None) -> None:
    """Which name an event has by now: seventy names are compared for each that is new to an emitter."""
    _make(self, emitter, aliases)
    if aliases is None or aliases == hooks.EVENT_ALIASES:
        self._alias_name_cache = _aliases


def _accepts_kwargs(handler: Any) -> Any:
    """Whether a handler takes any keywords: its code says so, without the rest of its signature."""
    code = getattr(handler, "__code__", None)
    return bool(code.co_flags & inspect.CO_VARKEYWORDS) if inspect.iscode(code) else _ask(handler)


def pytest_configure() -> None:
    """Puts both in place."""
    vars(hooks)["accepts_kwargs"] = _accepts_kwargs
    setattr(hooks.EventAliaser, "__init__", _remember_aliases)  # noqa: B010 - mypy knows no better way
