"""Changing settings: on the Sandbox, and with AWS's exact answers."""

import threading
from dataclasses import replace
from typing import Any

import pytest

from tests.aws_stub import ANY, StubbedAws
from tests.sandbox_functions import create_function
from tests.waiting import eventually
from workbench.aws.connection import Connection
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.configuration import Settings
from workbench.functions.configure import Applied, SettingsConflict, apply, reversed_changes
from workbench.functions.detail import get_function, wait_until_updated
from workbench.functions.settings import (
    Reading,
    SettingChange,
    changes,
    read_others,
)

SOURCE = "def handler(event, context):\n    return 'one'\n"
ARN = "arn:aws:lambda:eu-central-1:123456789012:function:hello"
RUNTIME = "arn:aws:lambda:eu-central-1::runtime:0123456789abcdef"
SIGNING = "arn:aws:lambda:eu-central-1:123456789012:code-signing-config:csc-0123456789abcdef0"
RETENTION = SettingChange("log_retention_days", "", None, 7)
RESERVED = SettingChange("reserved_concurrency", "", None, 3)
MEMORY = SettingChange("memory_mb", "", 128, 256)


def reading_of(connection: Connection, name: str) -> Reading:
    return read_others(connection, get_function(connection, name), JobContext())


def set_to(connection: Connection, name: str, **values: Any) -> Applied:
    now = reading_of(connection, name)
    return apply(connection, name, changes(now.settings, replace(now.settings, **values)), JobContext())


@pytest.mark.parametrize(
    ("attribute", "value", "unset"),
    [  # every setting is tried through the window: tests/ui/configuring/test_every_setting.py
        ("environment", (("KEY", "ünï"), ("OTHER", "")), ()),
        ("tags", (("team", "web"), ("ünï", "x")), ()),
        ("reserved_concurrency", 0, None),
        ("log_retention_days", 14, None),
    ],
)
def test_a_setting_is_set_read_back_and_unset(
    connection: Connection, attribute: str, value: object, unset: object
) -> None:
    name = create_function(connection, SOURCE).function_name
    applied = set_to(connection, name, **{attribute: value})
    assert (applied.error, applied.left) == (None, ())
    assert getattr(applied.now.settings, attribute) == value
    set_to(connection, name, **{attribute: unset})
    assert getattr(reading_of(connection, name).settings, attribute) == unset


def test_concurrency_is_provisioned_for_a_version(connection: Connection) -> None:
    name = create_function(connection, SOURCE).function_name
    connection.call("lambda", "publish_version", FunctionName=name)
    applied = set_to(connection, name, provisioned=(("1", 4),))
    assert applied.now.settings.provisioned == (("1", 4),)
    eventually(lambda: "1: 4 / 4 READY" in dict(reading_of(connection, name).notes)["provisioned"])
    assert set_to(connection, name, provisioned=()).now.settings.provisioned == ()


def test_what_others_changed_elsewhere_is_kept(connection: Connection) -> None:
    made = create_function(connection, SOURCE)
    name = made.function_name
    connection.call("lambda", "update_function_configuration", FunctionName=name, Timeout=9)
    wait_until_updated(connection, name, JobContext())
    applied = apply(connection, name, (replace(MEMORY, old=made.memory_mb),), JobContext())
    assert (applied.now.settings.memory_mb, applied.now.settings.timeout_s) == (256, 9)


def test_a_conflict_shows_both_sides_and_sends_nothing(connection: Connection) -> None:
    made = create_function(connection, SOURCE)
    name = made.function_name
    connection.call("lambda", "update_function_configuration", FunctionName=name, MemorySize=1024)
    connection.call("lambda", "put_function_concurrency", FunctionName=name, ReservedConcurrentExecutions=9)
    wanted = (
        replace(MEMORY, old=made.memory_mb),
        RESERVED,
        SettingChange("timeout_s", "", made.timeout_s, 44),
    )
    with pytest.raises(SettingsConflict) as caught:
        apply(connection, name, wanted, JobContext())
    both = [(each.mine.name, each.mine.old, each.theirs, each.mine.new) for each in caught.value.found]
    assert both == [("memory_mb", 128, 1024, 256), ("reserved_concurrency", None, 9, 3)]
    assert get_function(connection, name).timeout_s == made.timeout_s


def test_what_was_done_is_taken_back(connection: Connection) -> None:
    name = create_function(connection, SOURCE).function_name
    before = reading_of(connection, name).settings
    applied = set_to(
        connection, name, memory_mb=333, environment=(("KEY", "1"),), tags=(("t", "1"),), log_retention_days=3
    )
    back = apply(connection, name, reversed_changes(applied.done), JobContext())
    assert back.now.settings == before


# AWS's exact answers ----------------------------------------------------------------------------------------


def answers(aws: StubbedAws, revision: str = "r1", *, twice: bool = True, **more: Any) -> None:
    """What a look at the function costs; waiting for the end of an update is one more GetFunction."""
    configuration = {
        "FunctionName": "hello",
        "FunctionArn": ARN,
        "MemorySize": 128,
        "RevisionId": revision,
        "PackageType": "Image",
    }
    aws.answer("lambda", "get_function", {"Configuration": configuration | more})
    if twice:
        others(aws)


def others(aws: StubbedAws) -> None:
    aws.answer("logs", "describe_log_groups", {"logGroups": []})
    aws.answer("lambda", "get_function_recursion_config", {"RecursiveLoop": "Terminate"})
    aws.answer("lambda", "list_provisioned_concurrency_configs", {"ProvisionedConcurrencyConfigs": []})
    aws.answer("lambda", "get_account_settings", {})


def sent(aws: StubbedAws) -> list[str]:
    return [call.operation for call in aws.calls if call.is_write]


def test_the_revision_guards_and_a_stale_one_is_looked_at_again(aws: StubbedAws) -> None:
    answers(aws)
    aws.refuse("lambda", "update_function_configuration", "PreconditionFailedException", "stale", 412)
    answers(aws, "r2", twice=False)
    request = {"FunctionName": "hello", "RevisionId": "r2", "MemorySize": 256}
    aws.answer("lambda", "update_function_configuration", {}, request)
    answers(aws, "r3", twice=False, MemorySize=256)
    answers(aws, "r3", MemorySize=256)
    applied = apply(aws.connection, "hello", (MEMORY,), JobContext())
    assert applied.done == (MEMORY,)
    assert applied.now.settings.memory_mb == 256


def test_a_stale_revision_that_hides_a_conflict_is_not_overwritten(aws: StubbedAws) -> None:
    answers(aws)
    aws.refuse("lambda", "update_function_configuration", "PreconditionFailedException", "stale", 412)
    answers(aws, "r2", twice=False, MemorySize=999)
    with pytest.raises(SettingsConflict) as caught:
        apply(aws.connection, "hello", (MEMORY,), JobContext())
    assert [each.theirs for each in caught.value.found] == [999]


def test_a_part_that_fails_says_what_was_done_and_what_was_not(aws: StubbedAws) -> None:
    answers(aws)
    aws.answer("lambda", "update_function_configuration", {}, None)
    answers(aws, "r2", twice=False, MemorySize=256)
    aws.refuse("lambda", "put_function_concurrency", "InvalidParameterValueException", "below its minimum")
    answers(aws, "r2", MemorySize=256)
    applied = apply(aws.connection, "hello", (MEMORY, RESERVED, RETENTION), JobContext())
    assert (applied.done, applied.left) == ((MEMORY,), (RESERVED, RETENTION))
    assert applied.error is not None
    assert "below its minimum" in applied.error.why
    assert applied.error.aws_code == "InvalidParameterValueException"
    assert sent(aws) == ["UpdateFunctionConfiguration", "PutFunctionConcurrency"]


def test_the_first_refusal_changes_nothing(aws: StubbedAws) -> None:
    answers(aws)
    aws.refuse("lambda", "update_function_configuration", "AccessDeniedException", "no", 403)
    with pytest.raises(WorkbenchError) as caught:
        apply(aws.connection, "hello", (MEMORY, RESERVED), JobContext())
    assert caught.value.aws_code == "AccessDeniedException"


def test_what_could_not_be_read_is_not_overwritten(aws: StubbedAws) -> None:
    configuration = {"FunctionName": "hello", "FunctionArn": ARN, "PackageType": "Image"}
    aws.answer("lambda", "get_function", {"Configuration": configuration})
    aws.refuse("logs", "describe_log_groups", "AccessDeniedException", "not allowed to see logs", 400)
    aws.answer("lambda", "get_function_recursion_config", {"RecursiveLoop": "Terminate"})
    aws.answer("lambda", "list_provisioned_concurrency_configs", {"ProvisionedConcurrencyConfigs": []})
    aws.refuse("lambda", "get_account_settings", "AccessDeniedException", "no", 403)
    with pytest.raises(WorkbenchError, match="not allowed to see logs") as caught:
        apply(aws.connection, "hello", (RETENTION,), JobContext())
    assert "Log retention" in caught.value.why
    assert sent(aws) == []


def test_retention_of_a_group_that_is_not_there_yet_makes_it(aws: StubbedAws) -> None:
    answers(aws)
    aws.refuse("logs", "put_retention_policy", "ResourceNotFoundException", "no such group")
    aws.answer("logs", "create_log_group", {}, {"logGroupName": "/aws/lambda/hello"})
    aws.answer(
        "logs", "put_retention_policy", {}, {"logGroupName": "/aws/lambda/hello", "retentionInDays": 7}
    )
    answers(aws)
    assert apply(aws.connection, "hello", (RETENTION,), JobContext()).done == (RETENTION,)


def test_a_group_that_is_not_there_keeps_logs_for_ever_already(aws: StubbedAws) -> None:
    configuration = {"logGroups": [{"logGroupName": "/aws/lambda/hello", "retentionInDays": 7}]}
    answers(aws, twice=False)
    aws.answer("logs", "describe_log_groups", configuration)
    aws.answer("lambda", "get_function_recursion_config", {"RecursiveLoop": "Terminate"})
    aws.answer("lambda", "list_provisioned_concurrency_configs", {"ProvisionedConcurrencyConfigs": []})
    aws.answer("lambda", "get_account_settings", {})
    aws.refuse("logs", "delete_retention_policy", "ResourceNotFoundException", "no such group")
    answers(aws)
    back = RETENTION.reversed()
    assert apply(aws.connection, "hello", (back,), JobContext()).done == (back,)


def test_cancel_between_two_calls_keeps_what_was_done(aws: StubbedAws) -> None:
    stop = threading.Event()
    answers(aws)
    aws.answer(
        "lambda", "put_function_concurrency", {}, {"FunctionName": ANY, "ReservedConcurrentExecutions": 3}
    )
    answers(aws)
    ctx = JobContext(lambda progress: stop.set() if progress.done == 1 else None, stop=stop)
    applied = apply(
        aws.connection, "hello", (RESERVED, SettingChange("recursion", "", "Terminate", "Allow")), ctx
    )
    # The report of the second call is where Cancel was pressed; it takes effect before the next one.
    assert applied.done[0] == RESERVED
    stop.set()
    with pytest.raises(Cancelled):
        apply(aws.connection, "hello", (RESERVED,), JobContext(stop=stop))


def test_what_the_person_may_not_see_is_said_and_the_rest_is_read(aws: StubbedAws) -> None:
    answers(
        aws,
        twice=False,
        Environment={"Error": {"ErrorCode": "KMS", "Message": "The key may not be used."}},
        PackageType="Zip",
    )
    aws.answer("logs", "describe_log_groups", {"logGroups": [{"logGroupName": "/aws/lambda/hello2"}]})
    aws.refuse("lambda", "get_function_recursion_config", "AccessDeniedException", "no recursion", 403)
    aws.answer(
        "lambda",
        "get_runtime_management_config",
        {"UpdateRuntimeOn": "Manual", "RuntimeVersionArn": RUNTIME, "FunctionArn": ARN},
    )
    aws.answer(
        "lambda",
        "get_function_code_signing_config",
        {"FunctionName": "hello", "CodeSigningConfigArn": SIGNING},
    )
    page = {"FunctionArn": f"{ARN}:live", "RequestedProvisionedConcurrentExecutions": 5, "Status": "FAILED"}
    aws.answer(
        "lambda",
        "list_provisioned_concurrency_configs",
        {"ProvisionedConcurrencyConfigs": [page | {"StatusReason": "Too many."}]},
    )
    aws.answer(
        "lambda",
        "get_account_settings",
        {"AccountLimit": {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 900}},
    )
    reading = reading_of(aws.connection, "hello")
    unread = dict(reading.unread)
    assert unread["environment"] == "The key may not be used."
    assert "no recursion" in unread["recursion"]
    assert set(unread) == {"environment", "recursion"}
    settings = reading.settings
    assert (settings.runtime_update_mode, settings.runtime_version_arn) == ("Manual", RUNTIME)
    assert settings.code_signing_config_arn == SIGNING
    assert settings.log_retention_days is None
    assert settings.provisioned == (("live", 5),)
    assert dict(reading.notes) == {
        "provisioned": "live: 0 / 5 FAILED Too many.",
        "reserved_concurrency": "eu-central-1: 900 / 1,000 unreserved",
    }


def test_how_managed_instances_scale_is_read_and_set(aws: StubbedAws) -> None:
    capacity = "arn:aws:lambda:eu-central-1:123456789012:capacity-provider:mine"
    managed = {"LambdaManagedInstancesCapacityProviderConfig": {"CapacityProviderArn": capacity}}
    answers(aws, twice=False, CapacityProviderConfig=managed)
    aws.answer("logs", "describe_log_groups", {"logGroups": []})
    aws.answer("lambda", "get_function_recursion_config", {"RecursiveLoop": "Terminate"})
    aws.answer("lambda", "list_provisioned_concurrency_configs", {"ProvisionedConcurrencyConfigs": []})
    aws.answer(
        "lambda",
        "get_function_scaling_config",
        {
            "FunctionArn": ARN,
            "RequestedFunctionScalingConfig": {"MinExecutionEnvironments": 2, "MaxExecutionEnvironments": 9},
            "AppliedFunctionScalingConfig": {"MinExecutionEnvironments": 0, "MaxExecutionEnvironments": 9},
        },
        {"FunctionName": "hello", "Qualifier": "$LATEST.PUBLISHED"},
    )
    aws.answer("lambda", "get_account_settings", {})
    reading = reading_of(aws.connection, "hello")
    assert (reading.settings.min_environments, reading.settings.max_environments) == (2, 9)
    assert dict(reading.notes)["max_environments"] == "0 – 9 applied so far"


@pytest.mark.parametrize("is_refused", [False, True])
def test_what_is_changed_on_managed_instances_is_published_to_its_callers(
    aws: StubbedAws, is_refused: bool
) -> None:
    capacity = "arn:aws:lambda:eu-central-1:123456789012:capacity-provider:mine"
    managed = {"LambdaManagedInstancesCapacityProviderConfig": {"CapacityProviderArn": capacity}}

    def look(revision: str, memory_mb: int, *, all_of_it: bool) -> None:
        more = {"CapacityProviderConfig": managed, "MemorySize": memory_mb}
        answers(aws, revision, twice=False, **more)
        if all_of_it:
            aws.answer("logs", "describe_log_groups", {"logGroups": []})
            aws.answer("lambda", "get_function_recursion_config", {"RecursiveLoop": "Terminate"})
            config = "list_provisioned_concurrency_configs"
            aws.answer("lambda", config, {"ProvisionedConcurrencyConfigs": []})
            aws.answer("lambda", "get_function_scaling_config", {})
            aws.answer("lambda", "get_account_settings", {})

    look("r1", 128, all_of_it=True)
    aws.answer("lambda", "update_function_configuration", {})
    look("r2", 256, all_of_it=False)
    if is_refused:
        aws.refuse("lambda", "publish_version", "AccessDeniedException", "no", 403)
    else:
        publish = {"FunctionName": "hello", "PublishTo": "LATEST_PUBLISHED"}
        aws.answer("lambda", "publish_version", {}, publish)
        look("r3", 256, all_of_it=False)
    look("r3", 256, all_of_it=True)
    applied = apply(aws.connection, "hello", (MEMORY,), JobContext())
    assert (applied.done, applied.left) == ((MEMORY,), ())
    assert (applied.error is not None) is is_refused
    if applied.error is not None:
        assert "not published to $LATEST.PUBLISHED" in applied.error.what


def test_an_unknown_value_is_kept(aws: StubbedAws) -> None:
    answers(aws, Runtime="python9.9", TracingConfig={"Mode": "Sometimes"}, MemorySize=99_999)
    reading = reading_of(aws.connection, "hello")
    assert reading.settings.runtime == "python9.9"
    assert reading.settings.tracing == "Sometimes"
    assert reading.settings.memory_mb == 99_999


def test_before_the_rest_is_read_it_cannot_be_changed(aws: StubbedAws) -> None:
    answers(aws, twice=False)
    first = Reading.first(get_function(aws.connection, "hello"), "being read")
    assert dict(first.unread)["recursion"] == "being read"
    assert first.settings == Settings.of(first.detail)
    others(aws)
    assert read_others(aws.connection, first.detail, JobContext()).unread == ()
