"""What botocore works out anew for each session and client is worked out once in a process of tests.

A test with an account of its own makes a session and clients of its own, thousands in a run. Most of the time
of making them goes into questions whose answers are always the same, and into copying a client's handlers.
"""

import inspect
from typing import Any

from botocore import endpoint_provider, hooks
from botocore.client import ClientCreator

_aliases: dict[str, str] = {}
_make = hooks.EventAliaser.__init__
_ask = hooks.accepts_kwargs
_methods: dict[tuple[str, str], dict[str, Any]] = {}
_make_methods: Any = vars(ClientCreator)["_create_methods"]
_rule_sets: dict[tuple[int, int], Any] = {}
_kept: list[object] = []
_make_rule_set: Any = endpoint_provider.RuleSet


def _remember_aliases(self: Any, emitter: Any, aliases: dict[str, str] | None = None) -> None:
    """Which name an event has by now: seventy names are compared for each that is new to an emitter."""
    _make(self, emitter, aliases)
    if aliases is None or aliases == hooks.EVENT_ALIASES:
        self._alias_name_cache = _aliases


def _accepts_kwargs(handler: Any) -> Any:
    """Whether a handler takes any keywords: its code says so, without the rest of its signature."""
    code = getattr(handler, "__code__", None)
    return bool(code.co_flags & inspect.CO_VARKEYWORDS) if inspect.iscode(code) else _ask(handler)


def _copy_node(_trie: object, node: dict[str, Any]) -> dict[str, Any]:
    """The structure of a trie of handlers, without the way through copy.copy for each of its lists."""
    copied = node.copy()
    for key, value in node.items():
        if type(value) is dict:
            copied[key] = _copy_node(_trie, value)
        elif type(value) is hooks.NodeList:
            copied[key] = hooks.NodeList(*[part[:] for part in value])
    return copied


def _methods_of(self: Any, model: Any) -> dict[str, Any]:
    """The methods of a service's clients: they hold nothing of one client but the writer of its help."""
    key = model.service_name, model.api_version
    if key not in _methods:
        _methods[key] = _make_methods(self, model)
    return _methods[key].copy()


def _rule_set_of(*, rules: object, partitions: object, **more: Any) -> Any:
    """A service's rules of endpoints, which keep nothing of what they are asked."""
    key = id(rules), id(partitions)
    if key not in _rule_sets:
        _kept.extend((rules, partitions))  # so that nothing else gets these ids
        _rule_sets[key] = _make_rule_set(rules=rules, partitions=partitions, **more)
    return _rule_sets[key]


def pytest_configure() -> None:
    """Puts all in place."""
    vars(endpoint_provider)["RuleSet"] = _rule_set_of
    vars(hooks)["accepts_kwargs"] = _accepts_kwargs
    setattr(vars(hooks)["_PrefixTrie"], "_recursive_copy", _copy_node)  # noqa: B010
    setattr(ClientCreator, "_create_methods", _methods_of)  # noqa: B010
    setattr(hooks.EventAliaser, "__init__", _remember_aliases)  # noqa: B010 - mypy knows no better way
