"""What is remembered of botocore is what it would say itself."""

from copy import copy
from functools import partial
from typing import Any

import pytest
from botocore import hooks
from botocore.compat import accepts_kwargs
from botocore.hooks import EventAliaser, HierarchicalEmitter
from botocore.session import Session

NAMES = (
    "before-call.lambda.Invoke",
    "needs-retry.cloudwatch",
    "docs.*.events.complete-section",
    "before-call",
)


def _any(**_: object) -> None:
    """Takes any keyword."""


def _other(**_: object) -> None:
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


def test_handlers_of_a_copy_are_its_own() -> None:
    first = HierarchicalEmitter()
    first.register("before-call.lambda", _any)
    second: Any = copy(first)
    second.register_first("before-call.lambda.Invoke", _other)
    second.unregister("before-call.lambda", _any)
    assert [handler for handler, _ in first.emit("before-call.lambda.Invoke")] == [_any]
    assert [handler for handler, _ in second.emit("before-call.lambda.Invoke")] == [_other]


def test_clients_have_the_methods_of_their_service_and_each_its_own_endpoint() -> None:
    def client(service: str, region: str) -> Any:
        session = Session(session_vars={"profile": (None, None, None, None)})
        return session.create_client(
            service, region, aws_access_key_id="nobody", aws_secret_access_key="nothing"
        )

    far, near, queue = (
        client("lambda", "us-west-2"),
        client("lambda", "eu-west-1"),
        client("sqs", "eu-west-1"),
    )
    assert [each.meta.endpoint_url for each in (far, near, queue)] == [
        "https://lambda.us-west-2.amazonaws.com",
        "https://lambda.eu-west-1.amazonaws.com",
        "https://sqs.eu-west-1.amazonaws.com",
    ]
    assert type(far) is not type(near)
    assert far.invoke.__self__ is far
    assert not hasattr(queue, "invoke")
    link = client("s3", "eu-west-1").generate_presigned_url("get_object", {"Bucket": "mine", "Key": "a"})
    assert link.startswith("https://mine.s3.amazonaws.com/a?")


def test_names_of_ones_own_are_not_shared() -> None:
    assert _named("a.lambda", {"lambda": "mine"}) == "a.mine"
    assert _named("a.lambda") == "a.lambda"
