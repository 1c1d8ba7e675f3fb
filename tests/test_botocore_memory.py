"""What is remembered of botocore is what it would say itself."""

from functools import partial
from typing import Any

import pytest
from botocore import hooks
from botocore.compat import accepts_kwargs
from botocore.hooks import EventAliaser, HierarchicalEmitter

NAMES = (
    "before-call.lambda.Invoke",
    "needs-retry.cloudwatch",
    "docs.*.events.complete-section",
    "before-call",
)


def _any(**_: object) -> None:
    """Takes any keyword."""


def _none(event_name: str) -> str:
    return event_name


class _Handler:
    def __call__(self, **_: object) -> None:
        """Takes any keyword."""

    def some(self, **_: object) -> None:
        """Takes any keyword."""

    def one(self, event_name: str) -> str:
        return event_name


@pytest.mark.parametrize(
    "handler", [_any, _none, _Handler(), _Handler().some, _Handler().one, partial(_any, a=1), dict, print]
)
def test_a_handler_accepts_the_keywords_that_botocore_says_it_accepts(handler: Any) -> None:
    def answer(ask: Any) -> bool | type[TypeError]:
        try:
            return bool(ask(handler))
        except TypeError:
            return TypeError

    assert hooks.accepts_kwargs is not accepts_kwargs
    assert answer(hooks.accepts_kwargs) == answer(accepts_kwargs)


def _named(event: str, aliases: dict[str, str] | None = None) -> Any:
    aliaser: Any = EventAliaser(HierarchicalEmitter(), aliases)
    return aliaser._alias_event_name(event)


def test_events_have_the_names_that_botocore_gives_them() -> None:
    for event in (*NAMES, *(f"before-call.{old}" for old in hooks.EVENT_ALIASES)):
        fresh = _named(event, {**hooks.EVENT_ALIASES, "never": "never"})
        assert [_named(event), _named(event)] == [fresh, fresh]


def test_names_of_ones_own_are_not_shared() -> None:
    assert _named("a.lambda", {"lambda": "mine"}) == "a.mine"
    assert _named("a.lambda") == "a.lambda"
