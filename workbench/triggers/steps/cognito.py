"""Clears a Lambda trigger of a user pool, and sets it again.

UpdateUserPool resets what it is not sent: everything that DescribeUserPool answers is sent along, then the
pool is read again and compared.
Source: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateUserPool.html
"""

from collections.abc import Mapping
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.operations import Facts
from workbench.triggers.step import Running, Step, StepRun

USER_POOL_SLOT = "user pool slot"
_TWIN = {"PreTokenGeneration": "PreTokenGenerationConfig"}
"""The same slot in its older and its newer form; AWS wants both to name one function."""
_CHANGES = ("LastModifiedDate", "LambdaConfig", "EstimatedNumberOfUsers")


def slots_of(config: Mapping[str, Any]) -> dict[str, str]:
    """The functions of a LambdaConfig by slot; a slot that has two forms is there once."""
    found = {}
    for slot, value in config.items():
        arn = value.get("LambdaArn") if isinstance(value, Mapping) else value
        if slot != "KMSKeyID" and isinstance(arn, str):
            found[slot] = arn
    for old, new in _TWIN.items():
        if old in found and found.get(new) == found[old]:
            del found[new]
    return found


class UserPoolSlot:
    """UpdateUserPool with everything but one slot."""

    def do(self, step: Step, running: Running) -> Facts:
        """Empties it, if the function is in it."""
        connection, args = running.connection, step.args
        pool = _read(connection, args["pool_id"])
        config = dict(pool.get("LambdaConfig") or {})
        if slots_of(config).get(args["slot"]) != args["function_arn"]:
            return {}
        emptied = {slot: config.pop(slot) for slot in _forms(args["slot"]) if slot in config}
        running.note({"emptied": emptied})
        _update(
            connection,
            pool,
            config,
            f"Could not clear the Lambda trigger {args['slot']} of {pool.get('Name')}.",
        )
        return {"emptied": emptied}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Sets it again, unless it has been set since."""
        emptied: Any = facts.get("emptied")
        if not emptied:
            return
        pool = _read(running.connection, step.args["pool_id"])
        config = dict(pool.get("LambdaConfig") or {})
        if any(slot in config for slot in _forms(step.args["slot"])):
            return
        failure = f"Could not set the Lambda trigger {step.args['slot']} of {pool.get('Name')} again."
        _update(running.connection, pool, {**config, **emptied}, failure)


def _forms(slot: str) -> tuple[str, ...]:
    return tuple(name for name in (slot, _TWIN.get(slot)) if name)


def _read(connection: Connection, pool_id: str) -> dict[str, Any]:
    failure = f"Could not read the user pool {pool_id}."
    pool: dict[str, Any] = connection.call(
        "cognito-idp", "describe_user_pool", failure=failure, UserPoolId=pool_id
    )["UserPool"]
    return pool


def _mfa(connection: Connection, pool_id: str) -> dict[str, Any]:
    failure = f"Could not read the MFA settings of the user pool {pool_id}."
    answer = connection.call("cognito-idp", "get_user_pool_mfa_config", failure=failure, UserPoolId=pool_id)
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def _update(connection: Connection, pool: dict[str, Any], config: dict[str, Any], failure: str) -> None:
    pool_id = str(pool["Id"])
    mfa = _mfa(connection, pool_id)
    request = update_request(connection, pool, config)
    connection.call("cognito-idp", "update_user_pool", failure=failure, **request)
    if _mfa(connection, pool_id) != mfa:  # its software tokens are no part of UpdateUserPool
        connection.call("cognito-idp", "set_user_pool_mfa_config", failure=failure, UserPoolId=pool_id, **mfa)
    now = _read(connection, pool_id)
    changed = [
        name
        for name in sorted(pool.keys() | now.keys())
        if name not in _CHANGES and pool.get(name) != now.get(name)
    ]
    if changed:
        raise WorkbenchError(
            "The Lambda trigger was changed, but other settings of the user pool changed too.",
            f"AWS also changed {', '.join(changed)} of the user pool {pool_id}.",
            "Check them in the AWS console.",
        )


def update_request(
    connection: Connection, pool: Mapping[str, Any], config: Mapping[str, Any]
) -> dict[str, Any]:
    """UpdateUserPool's request that changes nothing of a pool but its slots.

    Args:
        connection: Its service model says what may be sent.
        pool: As DescribeUserPool answers it.
        config: Its LambdaConfig from now on.
    """
    model = connection.client("cognito-idp").meta.service_model.operation_model("UpdateUserPool")
    request = {name: pool[name] for name in model.input_shape.members if pool.get(name) is not None}
    request |= {"UserPoolId": pool["Id"], "LambdaConfig": dict(config)}
    if pool.get("Name"):
        request["PoolName"] = pool["Name"]
    password = (pool.get("Policies") or {}).get("PasswordPolicy") or {}
    admin = pool.get("AdminCreateUserConfig") or {}
    if "TemporaryPasswordValidityDays" in password and "UnusedAccountValidityDays" in admin:
        # AWS answers both and refuses to be sent both: the second is the first one's old name.
        request["AdminCreateUserConfig"] = {
            name: value for name, value in admin.items() if name != "UnusedAccountValidityDays"
        }
    return request


RUNS: Mapping[str, StepRun] = {USER_POOL_SLOT: UserPoolSlot()}
