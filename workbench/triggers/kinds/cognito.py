"""Amazon Cognito: the Lambda triggers of user pools."""

from collections.abc import Iterator, Mapping
from typing import Any

from workbench.aws.arn import Arn
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.triggers import retry_policy
from workbench.triggers.kinds.discover_only import TARGET, DiscoverOnlyPush
from workbench.triggers.kinds.source import target_name
from workbench.triggers.model import (
    Explanation,
    Finding,
    ObservedFunction,
    Severity,
    SourceKind,
    Trigger,
    TriggerSpec,
)
from workbench.triggers.retry_policy import Upstream
from workbench.triggers.rules import NOTIFIES, Authority, Model, Rule, Verdict
from workbench.triggers.step import Step
from workbench.triggers.steps.cognito import USER_POOL_SLOT, slots_of

_SLOT = "Slot"
"""The value that names a member of the pool's LambdaConfig ("PreSignUp")."""
_GONE = "ResourceNotFoundException"
_WAIT_S = 5
"""Source: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html"""


class UserPool(DiscoverOnlyPush):
    """A Lambda trigger of a user pool."""

    kind = SourceKind("cognito")
    title, icon = "Amazon Cognito", "user-check"
    description = "Sign-ups, sign-ins and other events of a user pool."
    rule = Rule(
        "user pool",
        "Amazon Cognito",
        Model.PUSH_SYNC,
        region=Verdict.BLOCK,
        account=Verdict.WARN,
        authority=Authority.FUNCTION_POLICY,
        because=NOTIFIES,
    )
    policy_service = "cognito-idp"
    upstream = Upstream(3, 15)
    """Source: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html"""
    principal = "cognito-idp.amazonaws.com"

    def observe(self, connection: Connection, spec: TriggerSpec, ctx: JobContext) -> dict[str, str]:
        """The functions of the pool's slots. Raises WorkbenchError."""
        ctx.check()
        pool = _read(connection, Arn.parse(spec.source_arn).resource_id)
        return slots_of(pool.get("LambdaConfig") or {})

    def check(
        self, spec: TriggerSpec, observed: dict[str, str], function: ObservedFunction
    ) -> tuple[Finding, ...]:
        """Checks COG-OVERWRITE and COG-5S."""
        found = []
        slot, name = str(spec.values.get(_SLOT) or ""), function.detail.function_name
        taken = observed.get(slot, "")
        if taken and taken != spec.target_arn:
            what = (
                f"The Lambda trigger {slot} of the user pool {spec.source_arn.rpartition('/')[2]} "
                f"already invokes {taken}."
            )
            why = (
                f"Each Lambda trigger of a user pool invokes one function. Adding {name} would "
                "replace the existing one."
            )
            found.append(Finding("COG-OVERWRITE", Severity.BLOCK, what, why))
        if function.detail.timeout_s > _WAIT_S:
            what = f"The timeout of {name} is {function.detail.timeout_s} s; Cognito waits {_WAIT_S} s."
            why = "Cognito retries up to three times, then the user who signs up or signs in sees an error."
            found.append(Finding("COG-5S", Severity.WARN, what, why))
        return tuple(found)

    def look(self, connection: Connection, arn: str, ctx: JobContext) -> Iterator[tuple[Trigger, str]]:
        """Each slot of a pool."""
        pool_id = Arn.parse(arn).resource_id
        pool = _read(connection, pool_id)
        for slot, target in slots_of(pool.get("LambdaConfig") or {}).items():
            yield Trigger(self.kind, arn, str(pool.get("Name") or pool_id), identity=slot), target

    def remove(self, trigger: Trigger) -> tuple[Step, ...]:
        """Empties the slot; everything else of the pool is sent along, since AWS resets what is left out."""
        location = Arn.parse(trigger.source_arn)
        return (
            Step(
                USER_POOL_SLOT,
                f"Clear the Lambda trigger {trigger.identity} of the user pool {trigger.name}",
                "cognito-idp:UpdateUserPool",
                location.region,
                {
                    "pool_id": location.resource_id,
                    "slot": trigger.identity,
                    "function_arn": str(trigger.values[TARGET]),
                },
                "Set the Lambda trigger again",
            ),
        )

    def explain(self, trigger: Trigger, function: ObservedFunction) -> Explanation:
        """How a user pool runs the function."""
        slow = (
            f" The function's timeout is {function.detail.timeout_s} s."
            if function.detail.timeout_s > _WAIT_S
            else ""
        )
        return Explanation(
            retry_policy.SYNC,
            "Each sign-up or sign-in is independent.",
            f"{retry_policy.source_retries(self.upstream)} "
            f"Cognito waits {_WAIT_S} s for each response.{slow}",
            retry_policy.sync_invoke_retries(),
            "They are not kept: the user who signs up or signs in sees the error.",
            retry_policy.BY_POLICY.format(principal=self.principal),
            (f"{trigger.name} · {trigger.identity}", target_name(trigger, function)),
            "The Sandbox does not simulate Amazon Cognito.",
        )


def _read(connection: Connection, pool_id: str) -> Mapping[str, Any]:
    """The pool; empty when it is not there. Raises WorkbenchError when it may not be read."""
    failure = f"Could not read the user pool {pool_id}."
    try:
        pool: Mapping[str, Any] = connection.call(
            "cognito-idp", "describe_user_pool", failure=failure, UserPoolId=pool_id
        )["UserPool"]
    except WorkbenchError as error:
        if error.aws_code == _GONE:
            return {}
        raise
    return pool
