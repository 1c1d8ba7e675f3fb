"""Amazon Cognito: the Lambda triggers of user pools, and the step that clears one and restores it.

UpdateUserPool resets every member that is not sent. Therefore everything that DescribeUserPool answers is
sent along; then the pool is read again and compared.
Source: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateUserPool.html
"""

from collections.abc import Iterator, Mapping
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.names import Arn
from workbench.core.errors import WorkbenchError, sentences
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.operations import Facts
from workbench.triggers.kinds.source import (
    BY_POLICY,
    SYNC,
    TARGET,
    DiscoverOnlyPush,
    Upstream,
    source_retries,
    sync_invoke_retries,
    target_name,
)
from workbench.triggers.model import (
    Explanation,
    Findings,
    Model,
    ObservedFunction,
    Rule,
    SourceKind,
    Steps,
    Trigger,
    TriggerSpec,
    Verdict,
    block,
    warn,
)
from workbench.triggers.steps import Args, Once, Running, Step, StepRun

_SLOT = "Slot"
"""Key of the value that holds the member of the pool's LambdaConfig ("PreSignUp")."""
_GONE = "ResourceNotFoundException"
_WAIT_S = 5
"""Source: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html"""
_USER_POOL_SLOT = "user pool slot"
_TWIN = {"PreTokenGeneration": "PreTokenGenerationConfig"}
"""The older and the newer member for the same trigger; both must name the same function."""
_CHANGES = ("LastModifiedDate", "LambdaConfig", "EstimatedNumberOfUsers")


class UserPool(DiscoverOnlyPush):
    """A Lambda trigger of a user pool."""

    kind = SourceKind("cognito")
    title, icon = "Amazon Cognito", "user-check"
    description = _("Sign-ups, sign-ins and other events of a user pool.")
    rule = Rule(_("user pool"), _("Amazon Cognito"), Model.PUSH_SYNC, account=Verdict.WARN)
    policy_service = "cognito-idp"
    upstream = Upstream(3, 15)
    """Source: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html"""
    principal = "cognito-idp.amazonaws.com"

    def observe(self, connection: Connection, spec: TriggerSpec, ctx: JobContext) -> dict[str, str]:
        """The functions of the pool's triggers. Raises WorkbenchError."""
        ctx.check()
        pool = _found(connection, Arn.parse(spec.source_arn).resource_id)
        return slots_of(pool.get("LambdaConfig") or {})

    def check(self, spec: TriggerSpec, observed: dict[str, str], function: ObservedFunction) -> Findings:
        """Checks COG-OVERWRITE and COG-5S."""
        found = []
        slot, name = str(spec.values.get(_SLOT) or ""), function.detail.function_name
        taken = observed.get(slot, "")
        if taken and taken != spec.target_arn:
            what = _("The Lambda trigger {slot} of the user pool {pool} already invokes {taken}.").format(
                slot=slot, pool=spec.source_arn.rpartition("/")[2], taken=taken
            )
            why = _(
                "Each Lambda trigger of a user pool invokes one function. Adding {name} would "
                "replace the existing one."
            ).format(name=name)
            found.append(block("COG-OVERWRITE", what, why))
        if function.detail.timeout_s > _WAIT_S:
            what = _("The timeout of {name} is {timeout_s} s; Cognito waits {wait_s} s.").format(
                name=name, timeout_s=function.detail.timeout_s, wait_s=_WAIT_S
            )
            why = _(
                "Cognito retries up to three times, then the user who signs up or signs in sees an error."
            )
            found.append(warn("COG-5S", what, why))
        return tuple(found)

    def look(self, connection: Connection, arn: str, ctx: JobContext) -> Iterator[tuple[Trigger, str]]:
        """A trigger for each member of a pool's LambdaConfig."""
        pool_id = Arn.parse(arn).resource_id
        pool = _found(connection, pool_id)
        for slot, target in slots_of(pool.get("LambdaConfig") or {}).items():
            yield Trigger(self.kind, arn, str(pool.get("Name") or pool_id), identity=slot), target

    def remove(self, trigger: Trigger) -> Steps:
        """Clears the member. Everything else of the pool is sent along, since AWS resets what is left out."""
        location = Arn.parse(trigger.source_arn)
        return (
            Step(
                _USER_POOL_SLOT,
                _("Clear the Lambda trigger {identity} of the user pool {trigger}").format(
                    identity=trigger.identity, trigger=trigger.name
                ),
                "cognito-idp:UpdateUserPool",
                location.region,
                {
                    "pool_id": location.resource_id,
                    "slot": trigger.identity,
                    "function_arn": str(trigger.values[TARGET]),
                },
                _("Set the Lambda trigger again"),
            ),
        )

    def explain(self, trigger: Trigger, function: ObservedFunction) -> Explanation:
        slow = (
            _("The function's timeout is {timeout_s} s.").format(timeout_s=function.detail.timeout_s)
            if function.detail.timeout_s > _WAIT_S
            else ""
        )
        return Explanation(
            SYNC,
            _("Each sign-up or sign-in is independent."),
            sentences(
                source_retries(self.upstream),
                _("Cognito waits {wait_s} s for each response.").format(wait_s=_WAIT_S),
                slow,
            ),
            sync_invoke_retries(),
            _("They are not kept: the user who signs up or signs in sees the error."),
            BY_POLICY.format(principal=self.principal),
            (f"{trigger.name} · {trigger.identity}", target_name(trigger, function)),
            _("The Sandbox does not simulate Amazon Cognito."),
        )


def _found(connection: Connection, pool_id: str) -> Mapping[str, Any]:
    """The pool; empty if it does not exist. Raises WorkbenchError if it may not be read."""
    try:
        return _read(connection, pool_id)
    except WorkbenchError as error:
        if error.aws_code == _GONE:
            return {}
        raise


def slots_of(config: Mapping[str, Any]) -> dict[str, str]:
    """The functions of a LambdaConfig by member; a trigger with two members appears once."""
    found = {}
    for slot, value in config.items():
        arn = value.get("LambdaArn") if isinstance(value, Mapping) else value
        if slot != "KMSKeyID" and isinstance(arn, str):
            found[slot] = arn
    for old, new in _TWIN.items():
        if old in found and found.get(new) == found[old]:
            del found[new]
    return found


def _empty_slot(args: Args, running: Running) -> Facts:
    """Clears one member with UpdateUserPool, if it still names the function."""
    pool = _read(running.connection, args["pool_id"])
    config = dict(pool.get("LambdaConfig") or {})
    if slots_of(config).get(args["slot"]) != args["function_arn"]:
        return {}
    emptied = {slot: config.pop(slot) for slot in _forms(args["slot"]) if slot in config}
    running.note({"emptied": emptied})
    failure = _("Could not clear the Lambda trigger {slot} of {pool}.").format(
        slot=args["slot"], pool=pool.get("Name")
    )
    _update(running.connection, pool, config, failure)
    return {"emptied": emptied}


def _fill_slot(args: Args, facts: Facts, running: Running) -> None:
    """Restores the member, unless it was set again since."""
    emptied: Any = facts.get("emptied")
    if not emptied:
        return
    pool = _read(running.connection, args["pool_id"])
    config = dict(pool.get("LambdaConfig") or {})
    if any(slot in config for slot in _forms(args["slot"])):
        return
    failure = _("Could not set the Lambda trigger {slot} of {pool} again.").format(
        slot=args["slot"], pool=pool.get("Name")
    )
    _update(running.connection, pool, {**config, **emptied}, failure)


def _forms(slot: str) -> tuple[str, ...]:
    return tuple(name for name in (slot, _TWIN.get(slot)) if name)


def _read(connection: Connection, pool_id: str) -> dict[str, Any]:
    failure = _("Could not read the user pool {pool_id}.").format(pool_id=pool_id)
    pool: dict[str, Any] = connection.call(
        "cognito-idp", "describe_user_pool", failure=failure, UserPoolId=pool_id
    )["UserPool"]
    return pool


def _mfa(connection: Connection, pool_id: str) -> dict[str, Any]:
    failure = _("Could not read the MFA settings of the user pool {pool_id}.").format(pool_id=pool_id)
    answer = connection.call("cognito-idp", "get_user_pool_mfa_config", failure=failure, UserPoolId=pool_id)
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def _update(connection: Connection, pool: dict[str, Any], config: dict[str, Any], failure: str) -> None:
    pool_id = str(pool["Id"])
    mfa = _mfa(connection, pool_id)
    request = update_request(connection, pool, config)
    connection.call("cognito-idp", "update_user_pool", failure=failure, **request)
    if _mfa(connection, pool_id) != mfa:  # UpdateUserPool does not cover software tokens
        connection.call("cognito-idp", "set_user_pool_mfa_config", failure=failure, UserPoolId=pool_id, **mfa)
    now = _read(connection, pool_id)
    changed = [
        name
        for name in sorted(pool.keys() | now.keys())
        if name not in _CHANGES and pool.get(name) != now.get(name)
    ]
    if changed:
        raise WorkbenchError(
            _("The Lambda trigger was changed, but other settings of the user pool changed too."),
            _("AWS also changed {names} of the user pool {pool_id}.").format(
                names=", ".join(changed), pool_id=pool_id
            ),
            _("Check them in the AWS console."),
        )


def update_request(
    connection: Connection, pool: Mapping[str, Any], config: Mapping[str, Any]
) -> dict[str, Any]:
    """A request of UpdateUserPool that changes only LambdaConfig.

    Args:
        connection: Its service model defines the members that may be sent.
        pool: The answer of DescribeUserPool.
        config: The new LambdaConfig.
    """
    model = connection.client("cognito-idp").meta.service_model.operation_model("UpdateUserPool")
    request = {name: pool[name] for name in model.input_shape.members if pool.get(name) is not None}
    request |= {"UserPoolId": pool["Id"], "LambdaConfig": dict(config)}
    if pool.get("Name"):
        request["PoolName"] = pool["Name"]
    password = (pool.get("Policies") or {}).get("PasswordPolicy") or {}
    admin = pool.get("AdminCreateUserConfig") or {}
    if "TemporaryPasswordValidityDays" in password and "UnusedAccountValidityDays" in admin:
        # AWS answers both members but accepts only one: the second is the old name of the first.
        request["AdminCreateUserConfig"] = {
            name: value for name, value in admin.items() if name != "UnusedAccountValidityDays"
        }
    return request


RUNS: Mapping[str, StepRun] = {_USER_POOL_SLOT: Once(_empty_slot, _fill_slot)}
