"""User pools: their slots, and that emptying one leaves everything else of the pool as it was."""

from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.triggers.pushing import Trial, grant
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.model import detail_of
from workbench.triggers.execute import STEP_RUNS
from workbench.triggers.kinds.cognito import UserPool, slots_of, update_request
from workbench.triggers.model import Link, ObservedFunction, SourceKind, Trigger, TriggerSpec
from workbench.triggers.steps import Step

CTX = JobContext()
ACCOUNT = "123456789012"
ARN = f"arn:aws:lambda:eu-central-1:{ACCOUNT}:function:f"
POOL_ID = "eu-central-1_AbCdEf"
POOL_ARN = f"arn:aws:cognito-idp:eu-central-1:{ACCOUNT}:userpool/{POOL_ID}"
DETAIL = detail_of({"Configuration": {"FunctionName": "f", "FunctionArn": ARN, "Timeout": 30}})
KEY = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/k"
CONFIG: dict[str, Any] = {
    "PreSignUp": ARN,
    "PostConfirmation": f"{ARN}:live",
    "PreTokenGeneration": ARN,
    "PreTokenGenerationConfig": {"LambdaVersion": "V2_0", "LambdaArn": ARN},
    "CustomSMSSender": {"LambdaVersion": "V1_0", "LambdaArn": f"{ARN}-other"},
    "KMSKeyID": KEY,
}
POOL: dict[str, Any] = {
    "Id": POOL_ID,
    "Name": "people",
    "Policies": {"PasswordPolicy": {"MinimumLength": 12, "TemporaryPasswordValidityDays": 3}},
    "DeletionProtection": "ACTIVE",
    "LambdaConfig": CONFIG,
    "SchemaAttributes": [{"Name": "email", "Required": True}],
    "AutoVerifiedAttributes": ["email"],
    "MfaConfiguration": "OPTIONAL",
    "UserPoolTags": {"team": "web"},
    "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": True, "UnusedAccountValidityDays": 3},
    "UserPoolTier": "ESSENTIALS",
    "Arn": POOL_ARN,
    "Domain": "people",
}
MFA = {"SoftwareTokenMfaConfiguration": {"Enabled": True}, "MfaConfiguration": "OPTIONAL"}
SOURCE = UserPool()


def seen() -> ObservedFunction:
    grants = (grant("cognito-idp.amazonaws.com", POOL_ARN),)
    return ObservedFunction(DETAIL, grants=grants, qualifiers=("live",))


def described(aws: StubbedAws, **changes: Any) -> None:
    aws.answer("cognito-idp", "describe_user_pool", {"UserPool": POOL | changes}, {"UserPoolId": POOL_ID})


def mfa(aws: StubbedAws, **changes: Any) -> None:
    aws.answer("cognito-idp", "get_user_pool_mfa_config", MFA | changes, {"UserPoolId": POOL_ID})


def request(config: dict[str, Any]) -> dict[str, Any]:
    kept = (
        "Policies",
        "DeletionProtection",
        "AutoVerifiedAttributes",
        "MfaConfiguration",
        "UserPoolTags",
        "UserPoolTier",
    )
    return {name: POOL[name] for name in kept} | {
        "UserPoolId": POOL_ID,
        "PoolName": "people",
        "LambdaConfig": config,
        "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": True},
    }


def without(*slots: str) -> dict[str, Any]:
    return {slot: value for slot, value in CONFIG.items() if slot not in slots}


def removing(slot: str, arn: str = ARN) -> Step:
    trigger = Trigger(SourceKind("cognito"), POOL_ARN, "people", "", slot, values={"functionArn": arn})
    (step,) = SOURCE.remove(trigger)
    return step


def test_a_slot_that_has_an_old_and_a_new_form_is_one() -> None:
    assert slots_of(CONFIG) == {
        "PreSignUp": ARN,
        "PostConfirmation": f"{ARN}:live",
        "PreTokenGeneration": ARN,
        "CustomSMSSender": f"{ARN}-other",
    }
    assert slots_of({"PreTokenGenerationConfig": CONFIG["PreTokenGenerationConfig"]}) == {
        "PreTokenGenerationConfig": ARN
    }


def test_each_slot_of_the_pool_that_runs_the_function_is_found(aws: StubbedAws) -> None:
    described(aws)
    triggers = SOURCE.find(aws.connection, seen(), (POOL_ARN,), CTX)
    assert [(each.identity, each.qualifier, each.link) for each in triggers] == [
        ("PreSignUp", "", Link.LINKED),
        ("PostConfirmation", "live", Link.MISSING_PERMISSION),
        ("PreTokenGeneration", "", Link.LINKED),
    ]
    assert triggers[0].name == "people"


def test_a_pool_that_is_gone_runs_nothing_and_one_that_is_hidden_is_an_error(aws: StubbedAws) -> None:
    aws.refuse("cognito-idp", "describe_user_pool", "ResourceNotFoundException", "does not exist.", 400)
    assert SOURCE.find(aws.connection, seen(), (POOL_ARN,), CTX) == ()
    aws.refuse("cognito-idp", "describe_user_pool", "AccessDeniedException", "not authorized", 400)
    with pytest.raises(WorkbenchError):
        SOURCE.find(aws.connection, seen(), (POOL_ARN,), CTX)


def test_everything_else_of_the_pool_is_sent_along(aws: StubbedAws) -> None:
    found = update_request(aws.connection, POOL, {})
    assert found == request({})
    bare = {"Id": POOL_ID, "AdminCreateUserConfig": {"UnusedAccountValidityDays": 7}}
    assert update_request(aws.connection, bare, {})["AdminCreateUserConfig"] == {
        "UnusedAccountValidityDays": 7
    }


def test_a_slot_is_emptied_and_filled_again(aws: StubbedAws) -> None:
    trial, step = Trial(aws.connection), removing("PreTokenGeneration")
    both = ("PreTokenGeneration", "PreTokenGenerationConfig")
    described(aws)
    mfa(aws)
    aws.answer("cognito-idp", "update_user_pool", {}, request(without(*both)))
    mfa(aws)
    described(aws, LambdaConfig=without(*both))
    STEP_RUNS[step.action].do(step, trial.running)
    assert trial.notes == {"emptied": {name: CONFIG[name] for name in both}}

    described(aws, LambdaConfig=without(*both))
    mfa(aws)
    refilled = without(*both) | {name: CONFIG[name] for name in both}
    aws.answer("cognito-idp", "update_user_pool", {}, request(refilled))
    mfa(aws)
    described(aws)
    STEP_RUNS[step.action].undo(step, trial.notes, trial.running)


def test_mfa_that_the_update_resets_is_set_again(aws: StubbedAws) -> None:
    described(aws)
    mfa(aws)
    aws.answer("cognito-idp", "update_user_pool", {}, request(without("PreSignUp")))
    mfa(aws, SoftwareTokenMfaConfiguration={"Enabled": False})
    aws.answer("cognito-idp", "set_user_pool_mfa_config", {}, {"UserPoolId": POOL_ID} | MFA)
    described(aws, LambdaConfig=without("PreSignUp"))
    STEP_RUNS[removing("PreSignUp").action].do(removing("PreSignUp"), Trial(aws.connection).running)


def test_what_aws_changed_besides_is_said(aws: StubbedAws) -> None:
    described(aws)
    mfa(aws)
    aws.answer("cognito-idp", "update_user_pool", {}, request(without("PreSignUp")))
    mfa(aws)
    described(aws, LambdaConfig=without("PreSignUp"), DeletionProtection="INACTIVE")
    with pytest.raises(WorkbenchError, match="also changed DeletionProtection"):
        STEP_RUNS[removing("PreSignUp").action].do(removing("PreSignUp"), Trial(aws.connection).running)


def test_a_slot_that_another_function_has_is_left_alone(aws: StubbedAws) -> None:
    described(aws)
    trial = Trial(aws.connection)
    assert STEP_RUNS[removing("CustomSMSSender").action].do(removing("CustomSMSSender"), trial.running) == {}
    assert trial.notes == {}


def test_a_slot_that_somebody_has_filled_since_is_not_overwritten(aws: StubbedAws) -> None:
    described(aws)
    facts = {"emptied": {"PreSignUp": f"{ARN}:live"}}
    STEP_RUNS[removing("PreSignUp").action].undo(removing("PreSignUp"), facts, Trial(aws.connection).running)
    STEP_RUNS[removing("PreSignUp").action].undo(removing("PreSignUp"), {}, Trial(aws.connection).running)


def test_it_cannot_be_paused_and_is_explained() -> None:
    trigger = Trigger(SourceKind("cognito"), POOL_ARN, "people", "", "PreSignUp")
    assert SOURCE.pause(trigger) == ()
    text = SOURCE.explain(trigger, seen())
    assert "up to 3 attempts" in text.source_retries
    assert "timeout is 30 s" in text.source_retries
    assert text.flow == ("people · PreSignUp", "f")
    assert not SOURCE.can_create


@pytest.mark.parametrize(
    ("slot", "timeout_s", "ids"),
    [
        ("PreSignUp", 3, []),  # it is this function's already
        ("PostConfirmation", 3, ["COG-OVERWRITE"]),
        ("UserMigration", 3, []),
        ("UserMigration", 5, []),
        ("UserMigration", 6, ["COG-5S"]),
    ],
)
def test_a_slot_that_is_taken_blocks_and_a_slow_function_is_warned_of(
    aws: StubbedAws, slot: str, timeout_s: int, ids: list[str]
) -> None:
    described(aws)
    answer = {"FunctionName": "f", "FunctionArn": ARN, "Timeout": timeout_s}
    function = ObservedFunction(detail_of({"Configuration": answer}))
    wish = TriggerSpec(SourceKind("cognito"), POOL_ARN, function.detail, values={"Slot": slot})
    slots = SOURCE.observe(aws.connection, wish, CTX)
    assert [finding.check_id for finding in SOURCE.check(wish, slots, function)] == ids
