"""Which settings go with which call, and that the form has everything that the service model has."""

from dataclasses import fields

import pytest

from workbench.aws.regions import loader
from workbench.functions.configuration import (
    IN_CONFIGURATION,
    MEMBERS,
    ROWS,
    SETTINGS,
    FileSystem,
    Settings,
    configuration_request,
    read_configuration,
)
from workbench.functions.configure import plan_calls
from workbench.functions.settings import (
    NAMES,
    OTHERS,
    SettingChange,
    changes,
    conflicts,
    sections,
    with_changes,
)

ARN = "arn:aws:lambda:eu-central-1:123456789012:function:hello"
NOT_IN_THE_FORM = {
    "FunctionName": "says whose settings they are",
    "RevisionId": "guards the change; nobody sets it",
}
FIXED = {each.name for each in SETTINGS if each.is_fixed}
FIXED_MEMBERS = {each.member for each in SETTINGS if each.is_fixed}
CREATED_WITH = {
    "Code",
    "PackageType",
    "Architectures",
    "Publish",
    "PublishTo",
    "Tags",
    "CodeSigningConfigArn",
}
"""Members of CreateFunction that no setting is read from in this form."""
NEW = Settings(
    description="new",
    runtime="python3.12",
    handler="app.new",
    memory_mb=256,
    timeout_s=9,
    ephemeral_storage_mb=1024,
    snap_start="PublishedVersions",
    tenant_isolation="PER_TENANT",
    role_arn="arn:aws:iam::123456789012:role/new",
    environment=(("ONE", "1"), ("TWO", "2")),
    kms_key_arn="arn:aws:kms:eu-central-1:123456789012:key/1",
    layers=("arn:aws:lambda:eu-central-1:123456789012:layer:tools:1",),
    subnet_ids=("subnet-1",),
    security_group_ids=("sg-1",),
    ipv6_dual_stack=True,
    file_systems=(FileSystem("arn:aws:elasticfilesystem:eu:1:access-point/fsap-1", "/mnt/x", "AUTO"),),
    dead_letter_arn="arn:aws:sqs:eu-central-1:123456789012:dead",
    tracing="Active",
    log_group="/mine",
    log_format="JSON",
    application_log_level="DEBUG",
    system_log_level="WARN",
    entry_point=("/bin/sh",),
    command=("app", "--fast"),
    working_directory="/srv",
    custom_runtime_arn="arn:aws:lambda:eu-central-1:123456789012:runtime/mine",
    custom_runtime_alias="live",
    capacity_provider_arn="arn:aws:lambda:eu-central-1:123456789012:capacity-provider:mine",
    accelerator_memory_gb=24,
    environment_concurrency=8,
    memory_gib_per_vcpu=4.0,
    min_environments=2,
    max_environments=10,
    durable_retention_days=7,
    durable_timeout_s=3600,
    durable_kms_key_arn="arn:aws:kms:eu-central-1:123456789012:key/2",
    tags=(("team", "web"),),
    reserved_concurrency=5,
    provisioned=(("live", 2),),
    recursion="Allow",
    runtime_update_mode="Manual",
    runtime_version_arn="arn:aws:lambda:eu-central-1::runtime:abc",
    code_signing_config_arn="arn:aws:lambda:eu-central-1:123456789012:code-signing-config:csc-1",
    log_retention_days=30,
)


def test_every_member_of_the_service_model_is_in_the_form_or_has_a_reason_not_to_be() -> None:
    model = loader().load_service_model("lambda", "service-2")
    members = model["shapes"]["UpdateFunctionConfigurationRequest"]["members"]
    assert set(members) == {*MEMBERS, *NOT_IN_THE_FORM}
    created = model["shapes"]["CreateFunctionRequest"]["members"]
    assert set(created) == {*members, *FIXED_MEMBERS, *CREATED_WITH} - {"RevisionId"}


def test_every_row_reads_what_it_sends() -> None:
    request = configuration_request(NEW, IN_CONFIGURATION)
    answer = request | {
        "ImageConfigResponse": {"ImageConfig": request["ImageConfig"]},
        "Layers": [{"Arn": arn} for arn in request["Layers"]],
        "TenancyConfig": {"TenantIsolationMode": "PER_TENANT"},
    }
    assert read_configuration(answer) == {each.name: getattr(NEW, each.name) for each in SETTINGS}
    defaults = read_configuration({})
    for each in SETTINGS:
        assert defaults[each.name] == getattr(Settings(), each.name), each.name


def test_every_part_of_a_member_is_a_setting() -> None:
    """Members that are structures have parts of their own: none of those is lost either."""
    model = loader().load_service_model("lambda", "service-2")
    shapes = model["shapes"]
    request = shapes["UpdateFunctionConfigurationRequest"]["members"]
    counts = {name: _leaves(shapes, shapes[member["shape"]]) for name, member in request.items()}
    for member, attributes in MEMBERS.items():
        if member != "FileSystemConfigs":  # a value of its own: ARN, path, S3FilesConfig
            assert counts[member] == len(attributes), member


def _leaves(shapes: dict, shape: dict) -> int:  # type: ignore[type-arg]
    if shape["type"] != "structure":
        return 1
    return sum(_leaves(shapes, shapes[each["shape"]]) for each in shape["members"].values())


def test_every_setting_has_a_field_and_a_call() -> None:
    in_form = [name for section in sections() for name in section.settings]
    assert sorted(in_form) == sorted(NAMES)
    carried = {name for attributes in MEMBERS.values() for name in attributes}
    assert set(NAMES) == carried | FIXED | {
        "tags",
        "reserved_concurrency",
        "architecture",
        "image_uri",
    } | set(OTHERS)
    assert len(fields(Settings)) == len(NAMES)


def test_every_setting_has_a_title_that_can_be_translated() -> None:
    assert [name for name in NAMES if not ROWS[name].title] == []


def test_everything_at_once_takes_the_fewest_calls() -> None:
    wanted = [each for each in changes(Settings(), NEW) if each.name not in FIXED]
    calls = plan_calls("hello", ARN, Settings(), wanted)
    assert [(call.service, call.operation_method) for call in calls] == [
        ("lambda", "update_function_configuration"),
        ("lambda", "put_function_concurrency"),
        ("lambda", "put_provisioned_concurrency_config"),
        ("lambda", "put_function_scaling_config"),
        ("lambda", "put_function_recursion_config"),
        ("lambda", "put_runtime_management_config"),
        ("lambda", "put_function_code_signing_config"),
        ("logs", "put_retention_policy"),
        ("lambda", "tag_resource"),
    ]
    assert set(calls[0].request) == {"FunctionName", *MEMBERS}
    assert calls[0].request["VpcConfig"] == {
        "SubnetIds": ["subnet-1"],
        "SecurityGroupIds": ["sg-1"],
        "Ipv6AllowedForDualStack": True,
    }
    assert calls[3].request == {
        "FunctionName": "hello",
        "Qualifier": "$LATEST.PUBLISHED",
        "FunctionScalingConfig": {"MinExecutionEnvironments": 2, "MaxExecutionEnvironments": 10},
    }
    assert calls[7].request == {"logGroupName": "/mine", "retentionInDays": 30}
    done = [change for call in calls for change in call.changes]
    assert sorted(map(str, done)) == sorted(map(str, wanted))


def test_what_is_taken_away_is_sent_as_awss_word_for_nothing() -> None:
    calls = plan_calls("hello", ARN, NEW, changes(NEW, Settings(log_group="/mine")))
    request = calls[0].request
    assert request["Environment"] == {"Variables": {}}
    assert request["DeadLetterConfig"] == {"TargetArn": ""}
    assert request["KMSKeyArn"] == ""
    assert request["Layers"] == []
    assert request["FileSystemConfigs"] == []
    assert request["VpcConfig"] == {"SubnetIds": [], "SecurityGroupIds": []}
    assert request["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": "/mine"}
    assert request["ImageConfig"] == {}
    assert [call.operation_method for call in calls[1:]] == [
        "delete_function_concurrency",
        "delete_provisioned_concurrency_config",
        "put_function_scaling_config",
        "put_function_recursion_config",
        "put_runtime_management_config",
        "delete_function_code_signing_config",
        "delete_retention_policy",
        "untag_resource",
    ]
    assert calls[-1].request == {"Resource": ARN, "TagKeys": ["team"]}


def test_a_member_is_sent_whole_and_others_are_not_sent() -> None:
    calls = plan_calls("hello", ARN, NEW, (SettingChange("security_group_ids", "", ("sg-1",), ("sg-2",)),))
    assert [dict(call.request) for call in calls] == [
        {
            "FunctionName": "hello",
            "VpcConfig": {
                "SubnetIds": ["subnet-1"],
                "SecurityGroupIds": ["sg-2"],
                "Ipv6AllowedForDualStack": True,
            },
        }
    ]
    assert plan_calls("hello", ARN, NEW, ()) == ()


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ((("A", "1"),), (("A", "1"), ("B", "2")), [("B", None, "2")]),
        ((("A", "1"), ("B", "2")), (("A", "3"),), [("A", "1", "3"), ("B", "2", None)]),
        ((), (), []),
    ],
)
def test_variables_differ_one_by_one(
    old: tuple[tuple[str, str], ...], new: tuple[tuple[str, str], ...], found: list[tuple[str, str, str]]
) -> None:
    before, after = Settings(environment=old), Settings(environment=new)
    different = changes(before, after)
    assert [(each.key, each.old, each.new) for each in different] == found
    assert with_changes(before, different) == after
    assert with_changes(after, [each.reversed() for each in different]) == before


def test_two_people_who_set_different_variables_have_no_conflict() -> None:
    seen = Settings(environment=(("A", "1"), ("B", "2")))
    mine = changes(seen, Settings(environment=(("A", "9"), ("B", "2"))))
    theirs = Settings(environment=(("A", "1"), ("B", "8"), ("C", "7")))
    assert conflicts(mine, theirs) == ()
    assert with_changes(theirs, mine).environment == (("A", "9"), ("B", "8"), ("C", "7"))
    (found,) = conflicts(mine, Settings(environment=(("A", "5"),)))
    assert (found.mine.key, found.theirs) == ("A", "5")
    assert conflicts(mine, Settings(environment=(("A", "9"),))) == ()  # they want the same


def test_values_of_variables_are_not_printed() -> None:
    (change,) = changes(Settings(), Settings(environment=(("KEY", "top-secret"),)))
    texts = [repr(change), repr(conflicts([change], Settings(environment=(("KEY", "other-secret"),))))]
    texts += [repr(plan_calls("hello", ARN, Settings(), [change]))]
    assert not [text for text in texts if "secret" in text]
