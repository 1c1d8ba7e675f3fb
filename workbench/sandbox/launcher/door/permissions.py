"""What the program may do in an account, where its control has limited that: for tests of denied calls."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.sandbox.launcher.door.authorization import needs_of, refusal
from workbench.sandbox.launcher.door.call import Call
from workbench.sandbox.launcher.door.policies import Asked, Verdict, judge, statements_of
from workbench.sandbox.launcher.refusals import Protocol


@dataclass(frozen=True, slots=True)
class _Limits:
    """Attributes: policies of which one must allow an action (None: no such limit), and denied actions."""

    policies: tuple[Any, ...] | None
    denied: frozenset[str]

    def allow(self, asked: Asked) -> bool:
        """Whether an action is allowed on a resource."""
        if asked.action.lower() in self.denied:
            return False
        return self.policies is None or judge(self.policies, asked) is Verdict.ALLOWED


class Permissions:
    """The limits of each account; there are none until the control sets some."""

    def __init__(self) -> None:
        self._limits: dict[str, _Limits] = {}

    @property
    def are_limited(self) -> bool:
        """Whether there is any limit."""
        return bool(self._limits)

    def set_from(self, wanted: Mapping[str, Any]) -> None:
        """Sets the limits of an account.

        Args:
            wanted: "account_id"; "policies", policy documents of which one must allow an action, or None for
                no such limit; "denied", actions that are not allowed anyway.

        Raises:
            KeyError, TypeError, ValueError: It is none of that.
        """
        account_id, policies = str(wanted["account_id"]), wanted.get("policies")
        denied = frozenset(str(each).lower() for each in wanted.get("denied", ()))
        if policies is not None and not all(statements_of(each) for each in policies):
            raise ValueError("A policy without statements allows nothing.")
        self._limits.pop(account_id, None)
        if policies is not None or denied:
            self._limits[account_id] = _Limits(None if policies is None else tuple(policies), denied)

    def check(self, call: Call, protocol: Protocol) -> None:
        """Raises `Refused` for a call that is not allowed in its account."""
        limits = self._limits.get(call.account_id)
        if limits is None:
            return
        for needed in needs_of(call):
            if not limits.allow(Asked(needed.action, needed.resources)):
                raise refusal(call, protocol, needed)
