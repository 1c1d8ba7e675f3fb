"""Every setting through the window: set, read back, unset. What the Sandbox lacks, through the Stubber."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from tests.aws_stub import StubbedAws
from tests.sandbox_functions import make_role
from tests.ui.configuring.person import Person
from tests.ui.configuring.typing_in import put
from workbench.aws.connection import Connection
from workbench.functions.configuration import FileSystem
from workbench.functions.model import detail_of
from workbench.functions.settings import NAMES
from workbench.ui.shell.services import OpenFunction, Services

ACCESS_POINT = "arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-0123456789abcdef0"
KEY = "arn:aws:kms:us-east-1:123456789012:key/1"
RUNTIME = "arn:aws:lambda:us-east-1::runtime:0123456789abcdef"
PUBLISHERS = {"SigningProfileVersionArns": ["arn:aws:signer:us-east-1:123456789012:/signing-profiles/test"]}
ON_THE_SANDBOX: tuple[tuple[str, Any, Any, Any], ...] = (
    # setting, what is typed, what AWS has then, what is typed to unset it; {role} and such are made
    ("description", "Ünï", "Ünï", ""),
    ("runtime", "python3.12", "python3.12", "python3.13"),
    ("architecture", "arm64", "arm64", "x86_64"),
    ("handler", "app.other", "app.other", "app.handler"),
    ("memory_mb", "512", 512, "128"),
    ("timeout_s", "900", 900, "10"),
    ("ephemeral_storage_mb", "1024", 1024, "512"),
    ("snap_start", "PublishedVersions", "PublishedVersions", "None"),
    ("role_arn", "{role}", "{role}", None),
    ("environment", [("KEY", "ünï")], (("KEY", "ünï"),), []),
    ("kms_key_arn", KEY, KEY, ""),
    ("subnet_ids", ["{subnet}"], ("{subnet}",), []),
    ("security_group_ids", ["{group}"], ("{group}",), []),
    ("ipv6_dual_stack", True, True, False),
    ("file_systems", (ACCESS_POINT, "/mnt/x"), (FileSystem(ACCESS_POINT, "/mnt/x"),), ("", "")),
    ("tracing", "Active", "Active", "PassThrough"),
    ("log_group", "/mine", "/mine", None),
    ("log_format", "JSON", "JSON", "Text"),
    ("log_retention_days", 14, 14, None),
    ("tags", [("team", "web")], (("team", "web"),), []),
    ("reserved_concurrency", "7", 7, None),
    ("recursion", "Allow", "Allow", "Terminate"),
    ("runtime_update_mode", "FunctionUpdate", "FunctionUpdate", "Auto"),
    ("code_signing_config_arn", "{signing}", "{signing}", ""),
)
ALONE = ("snap_start",)
KEPT = ("role_arn", "log_group")
"""What a function cannot be without: it is set to what it was."""


@pytest.mark.parametrize("alone", [False, True])
def test_all_are_set_read_back_and_unset(person: Person, alone: bool) -> None:
    """All in one sending, but for what goes only without the others."""
    function = person.page.function
    assert function is not None
    rows = [row for row in _with_what_they_name(function.connection) if (row[0] in ALONE) is alone]
    before = person.now()
    for name, typed, _value, _nothing in rows:
        put(person, name, typed)
    assert person.page.draft.faults == {}
    person.apply()
    assert person.errors == []
    now = person.now()
    assert {row[0]: getattr(now, row[0]) for row in rows} == {row[0]: row[2] for row in rows}
    for name, _typed, _value, nothing in rows:
        put(person, name, getattr(before, name) if name in KEPT else nothing)
    for name in ("application_log_level", "system_log_level"):
        put(person, name, "")  # AWS gives them values with the format JSON
    person.apply()
    assert person.now() == before
    assert person.errors == []


def _with_what_they_name(connection: Connection) -> list[tuple[str, Any, Any, Any]]:
    """The rows, with a role, a network and a code signing configuration that are there."""
    network = connection.call("ec2", "create_vpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = connection.call("ec2", "create_subnet", VpcId=network, CidrBlock="10.0.0.0/24")
    group = connection.call(
        "ec2", "create_security_group", VpcId=network, GroupName="functions", Description="Functions"
    )
    signing = connection.call("lambda", "create_code_signing_config", AllowedPublishers=PUBLISHERS)
    names = {
        "{signing}": signing["CodeSigningConfig"]["CodeSigningConfigArn"],
        "{role}": make_role(connection, "any"),
        "{subnet}": subnet["Subnet"]["SubnetId"],
        "{group}": group["GroupId"],
    }

    def filled(value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return type(value)(map(filled, value))
        return names.get(value, value) if isinstance(value, str) else value

    return [(name, filled(typed), filled(then), nothing) for name, typed, then, nothing in ON_THE_SANDBOX]


def test_levels_apply_to_json(person: Person) -> None:
    put(person, "log_format", "JSON")
    put(person, "application_log_level", "DEBUG")
    put(person, "system_log_level", "WARN")
    person.apply()
    now = person.now()
    assert (now.log_format, now.application_log_level, now.system_log_level) == ("JSON", "DEBUG", "WARN")
    for name, value in (("log_format", "Text"), ("application_log_level", ""), ("system_log_level", "")):
        put(person, name, value)
    person.apply()
    assert person.now().log_format == "Text"


def test_a_dead_letter_queue_of_the_account_is_set_and_unset(person: Person) -> None:
    function = person.page.function
    assert function is not None
    connection = function.connection
    url = connection.call("sqs", "create_queue", QueueName="dead")["QueueUrl"]
    arn = connection.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["QueueArn"])
    put(person, "dead_letter_arn", arn["Attributes"]["QueueArn"])
    person.apply()
    assert person.now().dead_letter_arn.endswith(":dead")
    put(person, "dead_letter_arn", "")
    person.apply()
    assert person.now().dead_letter_arn == ""


def test_concurrency_is_provisioned_for_a_version_and_given_up(person: Person) -> None:
    function = person.page.function
    assert function is not None
    function.connection.call("lambda", "publish_version", FunctionName=function.detail.function_name)
    put(person, "provisioned", [("1", "3")])
    person.apply()
    assert person.now().provisioned == (("1", 3),)
    assert any(status in person.message("provisioned") for status in ("IN_PROGRESS", "READY"))
    put(person, "provisioned", [])
    person.apply()
    assert person.now().provisioned == ()


def test_a_runtime_version_is_pinned(person: Person) -> None:
    put(person, "runtime_update_mode", "Manual")
    put(person, "runtime_version_arn", RUNTIME)
    person.apply()
    assert (person.now().runtime_update_mode, person.now().runtime_version_arn) == ("Manual", RUNTIME)


# What the Sandbox has no functions of: images, managed instances, durable ones ------------------------------

NAME, ARN = "odd", "arn:aws:lambda:eu-central-1:123456789012:function:odd"
CUSTOM_RUNTIME = "arn:aws:lambda:eu-central-1:123456789012:runtime/mine"
CAPACITY = "arn:aws:lambda:eu-central-1:123456789012:capacity-provider:mine"


def managed(**more: Any) -> dict[str, Any]:
    value = {"CapacityProviderArn": CAPACITY, "PerExecutionEnvironmentMaxConcurrency": 4} | more
    return {"LambdaManagedInstancesCapacityProviderConfig": value}


ODD: tuple[tuple[str, dict[str, Any], dict[str, Any], Any, dict[str, Any]], ...] = (
    # setting, the function's configuration before and after, what is typed, the request
    (
        "entry_point",
        {},
        {"ImageConfigResponse": {"ImageConfig": {"EntryPoint": ["/bin/sh", "-c"]}}},
        ["/bin/sh", "-c"],
        {"ImageConfig": {"EntryPoint": ["/bin/sh", "-c"]}},
    ),
    (
        "command",
        {"ImageConfigResponse": {"ImageConfig": {"Command": ["old"], "WorkingDirectory": "/srv"}}},
        {"ImageConfigResponse": {"ImageConfig": {"WorkingDirectory": "/srv"}}},
        [],
        {"ImageConfig": {"WorkingDirectory": "/srv"}},
    ),
    (
        "working_directory",
        {"ImageConfigResponse": {"ImageConfig": {"WorkingDirectory": "/srv"}}},
        {},
        "",
        {"ImageConfig": {}},
    ),
    (
        "environment_concurrency",
        {"CapacityProviderConfig": managed()},
        {"CapacityProviderConfig": managed(PerExecutionEnvironmentMaxConcurrency=9)},
        "9",
        {"CapacityProviderConfig": managed(PerExecutionEnvironmentMaxConcurrency=9)},
    ),
    (
        "memory_gib_per_vcpu",
        {"CapacityProviderConfig": managed()},
        {"CapacityProviderConfig": managed(ExecutionEnvironmentMemoryGiBPerVCpu=2.5)},
        "2.5",
        {"CapacityProviderConfig": managed(ExecutionEnvironmentMemoryGiBPerVCpu=2.5)},
    ),
    (
        "capacity_provider_arn",
        {"CapacityProviderConfig": managed()},
        {"CapacityProviderConfig": managed(CapacityProviderArn=f"{CAPACITY}2")},
        f"{CAPACITY}2",
        {"CapacityProviderConfig": managed(CapacityProviderArn=f"{CAPACITY}2")},
    ),
    *(
        (
            name,
            {"RuntimeConfig": {"RuntimeArn": CUSTOM_RUNTIME, "RuntimeAlias": "live"}},
            {"RuntimeConfig": after},
            typed,
            {"RuntimeConfig": after},
        )
        for name, typed, after in (
            (
                "custom_runtime_arn",
                f"{CUSTOM_RUNTIME}2",
                {"RuntimeArn": f"{CUSTOM_RUNTIME}2", "RuntimeAlias": "live"},
            ),
            ("custom_runtime_alias", "next", {"RuntimeArn": CUSTOM_RUNTIME, "RuntimeAlias": "next"}),
        )
    ),
    (
        "accelerator_memory_gb",
        {"AcceleratorConfig": {"AcceleratorMemorySize": 24}},
        {"AcceleratorConfig": {"AcceleratorMemorySize": 48}},
        "48",
        {"AcceleratorConfig": {"AcceleratorMemorySize": 48}},
    ),
    *(
        (
            name,
            {"DurableConfig": {"RetentionPeriodInDays": 7, "ExecutionTimeout": 60}},
            {"DurableConfig": after},
            typed,
            {"DurableConfig": after},
        )
        for name, typed, after in (
            ("durable_retention_days", "30", {"RetentionPeriodInDays": 30, "ExecutionTimeout": 60}),
            ("durable_timeout_s", "90", {"RetentionPeriodInDays": 7, "ExecutionTimeout": 90}),
            (
                "durable_kms_key_arn",
                KEY,
                {"RetentionPeriodInDays": 7, "ExecutionTimeout": 60, "KMSKeyArn": KEY},
            ),
        )
    ),
)


def look(aws: StubbedAws, configuration: dict[str, Any], *, all_of_it: bool = True) -> dict[str, Any]:
    base = {"FunctionName": NAME, "FunctionArn": ARN, "PackageType": "Image", "RevisionId": "r1"}
    answer = {"Configuration": base | configuration}
    aws.answer("lambda", "get_function", answer)
    if all_of_it:
        others(aws, configuration)
    return answer


def others(aws: StubbedAws, configuration: dict[str, Any] | None = None, **scaling: int) -> None:
    aws.answer("logs", "describe_log_groups", {"logGroups": []})
    aws.answer("lambda", "get_function_recursion_config", {"RecursiveLoop": "Terminate"})
    aws.answer("lambda", "list_provisioned_concurrency_configs", {"ProvisionedConcurrencyConfigs": []})
    if "CapacityProviderConfig" in (configuration or {}):
        answer = {"FunctionArn": ARN, "RequestedFunctionScalingConfig": scaling}
        aws.answer("lambda", "get_function_scaling_config", answer)
    aws.answer("lambda", "get_account_settings", {})


@pytest.mark.parametrize(("name", "before", "after", "typed", "request_"), ODD)
def test_other_kinds_of_function_are_configured(
    aws: StubbedAws,
    services: Services,
    qtbot: QtBot,
    name: str,
    before: dict[str, Any],
    after: dict[str, Any],
    typed: Any,
    request_: dict[str, Any],
) -> None:
    base = {"FunctionName": NAME, "FunctionArn": ARN, "PackageType": "Image", "RevisionId": "r1"}
    others(aws, before)
    detail = detail_of({"Configuration": base | before})
    person = Person(qtbot, services, OpenFunction(aws.connection, detail))
    look(aws, before)
    sent = {"FunctionName": NAME, "RevisionId": "r1", **request_}
    aws.answer("lambda", "update_function_configuration", {}, sent)
    look(aws, after, all_of_it=False)
    look(aws, after)
    put(person, name, typed)
    person.apply()
    assert person.errors == []
    now = replace(detail_of({"Configuration": base | after}))
    assert getattr(person.wanted, name) == getattr(now, name) != getattr(detail, name)
    person.page.deactivate()
    person.page.clear()
    person.rest()


def test_managed_instances_get_other_numbers_of_environments(
    aws: StubbedAws, services: Services, qtbot: QtBot
) -> None:
    before = {"CapacityProviderConfig": managed()}
    base = {"FunctionName": NAME, "FunctionArn": ARN, "PackageType": "Image", "RevisionId": "r1"}
    others(aws, before, MinExecutionEnvironments=1, MaxExecutionEnvironments=9)
    person = Person(
        qtbot, services, OpenFunction(aws.connection, detail_of({"Configuration": base | before}))
    )
    assert (person.wanted.min_environments, person.wanted.max_environments) == (1, 9)
    look(aws, before, all_of_it=False)
    others(aws, before, MinExecutionEnvironments=1, MaxExecutionEnvironments=9)
    sent = {"MinExecutionEnvironments": 3, "MaxExecutionEnvironments": 9}
    aws.answer(
        "lambda",
        "put_function_scaling_config",
        {"FunctionState": "Active"},
        {"FunctionName": NAME, "Qualifier": "$LATEST.PUBLISHED", "FunctionScalingConfig": sent},
    )
    look(aws, before, all_of_it=False)
    others(aws, before, **sent)
    put(person, "min_environments", "3")
    person.apply()
    assert person.errors == []
    assert person.wanted.min_environments == 3
    person.page.deactivate()
    person.page.clear()
    person.rest()


def test_every_setting_is_in_one_of_these_tests(sit: Callable[..., Person]) -> None:
    here = {row[0] for row in ON_THE_SANDBOX} | {row[0] for row in ODD}
    here |= {"application_log_level", "system_log_level", "dead_letter_arn"}
    here |= {"provisioned", "runtime_version_arn", "min_environments", "max_environments"}
    here |= {"tenant_isolation"}  # see test_page.py
    assert set(NAMES) == here | {"layers", "image_uri"}  # see test_choosing.py, test_image.py
