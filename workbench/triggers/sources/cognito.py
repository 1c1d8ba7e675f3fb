"""Amazon Cognito: the slots of user pools that run the function."""

from collections.abc import Iterator, Mapping
from typing import Any

from workbench.aws.arn import Arn
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.triggers import ledgers
from workbench.triggers.explanation import Explanation
from workbench.triggers.model import FunctionSeen, SourceKind, Trigger
from workbench.triggers.sources.looked_after import TARGET, LookedAfterPush, target_of
from workbench.triggers.step import Step
from workbench.triggers.steps.user_pool import USER_POOL_SLOT, slots_of

_GONE = "ResourceNotFoundException"


class UserPool(LookedAfterPush):
    """A Lambda trigger of a user pool."""

    kind = SourceKind.COGNITO
    title = "Amazon Cognito"
    principal = "cognito-idp.amazonaws.com"

    def look(self, connection: Connection, arn: str, ctx: JobContext) -> Iterator[tuple[Trigger, str]]:
        """Each slot of a pool."""
        pool_id = Arn.parse(arn).resource_id
        pool = _read(connection, pool_id)
        for slot, target in slots_of(pool.get("LambdaConfig") or {}).items():
            yield Trigger(self.kind, arn, str(pool.get("Name") or pool_id), identity=slot), target

    def remove(self, trigger: Trigger) -> tuple[Step, ...]:
        """Empties the slot; everything else of the pool is sent along, since AWS resets what is left out."""
        place = Arn.parse(trigger.source_arn)
        return (
            Step(
                USER_POOL_SLOT,
                f"Empty the slot {trigger.identity} of the user pool {trigger.name}",
                "cognito-idp:UpdateUserPool",
                place.region,
                {
                    "pool_id": place.resource_id,
                    "slot": trigger.identity,
                    "function_arn": str(trigger.values[TARGET]),
                },
                "Fill the slot again",
            ),
        )

    def explain(self, trigger: Trigger, function: FunctionSeen) -> Explanation:
        """How a user pool runs the function."""
        slow = (
            f" The function may take {function.detail.timeout_s} s; Cognito does not wait for more than 5."
            if function.detail.timeout_s > 5
            else ""
        )
        return Explanation(
            ledgers.SYNC,
            "Each sign-up or sign-in by itself.",
            f"{ledgers.upstream_ledger(self.kind)} It waits 5 s for each answer.{slow}",
            ledgers.sync_ledger(),
            "Nowhere: the person who signs up or in sees the error.",
            ledgers.BY_POLICY.format(principal=self.principal),
            (f"{trigger.name} · {trigger.identity}", target_of(trigger, function)),
            "The Sandbox has no Amazon Cognito.",
        )


def _read(connection: Connection, pool_id: str) -> Mapping[str, Any]:
    """The pool; empty when it is not there. Raises WorkbenchError when it may not be read."""
    doing = f"read the user pool {pool_id}"
    try:
        pool: Mapping[str, Any] = connection.call(
            "cognito-idp", "describe_user_pool", doing=doing, UserPoolId=pool_id
        )["UserPool"]
    except WorkbenchError as error:
        if error.aws_code == _GONE:
            return {}
        raise
    return pool
