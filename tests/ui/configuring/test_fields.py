"""What is typed into the fields: hostile values are refused there, with the reason; nothing is sent."""

from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from tests.ui.configuring.typing_in import put_into
from workbench.core.jobs import JobRunner
from workbench.functions.configuration import FileSystem, Settings
from workbench.functions.settings import NAMES, Limits
from workbench.ui.features.configuration.fields import EditorContext
from workbench.ui.features.configuration.form import Factory

ROLE = "arn:aws:iam::123456789012:role/x"
LAYER = "arn:aws:lambda:eu-central-1:123456789012:layer:tools:4"


@pytest.fixture
def factory(limits: Limits, jobs: JobRunner) -> Factory:
    return Factory(EditorContext(limits, jobs, lambda: None))


@pytest.mark.parametrize(
    ("name", "typed", "why"),
    [
        ("description", "ü" * 257, "257 characters; the maximum is 256"),
        ("handler", "h" * 129, "129 characters; the maximum is 128"),
        ("handler", "two words", "cannot contain spaces"),
        ("handler", "", "cannot contain spaces"),
        ("runtime", "  ", "Choose a value"),
        ("memory_mb", "127", "from 128 to"),
        ("memory_mb", "40000", "from 128 to"),
        ("memory_mb", "1_000", "from 128 to"),
        ("memory_mb", "١٢٨", "from 128 to"),
        ("memory_mb", "+256", "from 128 to"),
        ("memory_mb", "lots", "from 128 to"),
        ("memory_mb", "", "from 128 to"),
        ("memory_mb", "9" * 5000, "from 128 to"),
        ("timeout_s", "0", "from 1 to"),
        ("timeout_s", "1.5", "from 1 to"),
        ("ephemeral_storage_mb", "511", "from 512 to"),
        ("role_arn", "arn:aws:iam::1:role/x", "role ARN"),
        ("role_arn", "", "role ARN"),
        ("kms_key_arn", "my key", "not a"),
        ("dead_letter_arn", "queue", "not a"),
        ("log_group", "with space", "Use letters"),
        ("log_group", "", "Use letters"),
        ("layers", [LAYER, LAYER], "listed twice"),
        ("layers", [f"{LAYER[:-2]}{number}:1" for number in range(6)], "6 layers. The maximum is 5"),
        ("layers", ["tools"], "“tools” is not a layer version ARN"),
        ("subnet_ids", ["subnet-1", "sbn-2"], "“sbn-2” is not a subnet ID"),
        ("subnet_ids", [f"subnet-{number}" for number in range(17)], "17 values; the maximum is 16"),
        ("security_group_ids", [f"sg-{number}" for number in range(6)], "6 values; the maximum is 5"),
        ("file_systems", ("fs-1", "/mnt/x"), "access point"),
        (
            "file_systems",
            (f"arn:aws:elasticfilesystem:eu-west-1:{1:012}:access-point/fsap-{1:017}", "/x"),
            "/mnt",
        ),
        ("reserved_concurrency", "-1", "at least 0"),
        ("reserved_concurrency", "", "at least 0"),
        ("provisioned", [("$LATEST", "1")], "Publish a version"),
        ("provisioned", [("live", "0")], "at least 1"),
        ("provisioned", [("live", "x")], "at least 1"),
        ("environment", [("A", "1")], "“A” is not a valid name"),
        ("environment", [("1ST", "1")], "“1ST” is not a valid name"),
        ("environment", [("КЛЮЧ", "1")], "not a valid name"),
        ("environment", [("TWO WORDS", "1")], "not a valid name"),
        ("environment", [("AWS_REGION", "x")], "AWS_REGION is reserved"),
        ("environment", [("_HANDLER", "x")], "_HANDLER is reserved"),
        ("environment", [("KEY", "1"), ("KEY", "2")], "KEY is listed twice"),
        ("environment", [("", "1")], "has no name"),
        ("environment", [("KEY", "x" * 4087)], "4,097 bytes. The maximum for all variables is 4,096"),
        ("environment", [("KEY", "ü" * 2044)], "4,098 bytes"),
        ("tags", [("aws:mine", "x")], "reserved by AWS"),
        ("tags", [("k" * 129, "x")], "up to 128 characters"),
        ("tags", [("key", "v" * 257)], "up to 128 characters"),
        ("tags", [("key", "<b>")], "up to 128 characters"),
        ("tags", [(f"key{number}", "") for number in range(51)], "51 tags. The maximum is 50"),
        ("runtime_version_arn", "short", "runtime version"),
        ("code_signing_config_arn", "csc-1", "not a code signing"),
        ("capacity_provider_arn", "mine", "capacity provider"),
        ("custom_runtime_arn", "mine", "runtime ARN"),
        ("custom_runtime_alias", "a" * 129, "128"),
        ("accelerator_memory_gb", "", "whole number of at least 0"),
        ("environment_concurrency", "0", "from 1 to 1,600"),
        ("memory_gib_per_vcpu", "1.9", "from 2.0 to 8.0"),
        ("memory_gib_per_vcpu", "nan", "from 2.0 to 8.0"),
        ("durable_retention_days", "91", "from 1 to 90"),
    ],
)
def test_what_aws_would_refuse_is_refused_in_the_field(
    factory: Factory, qtbot: QtBot, name: str, typed: Any, why: str
) -> None:
    editor = factory.editor(name)
    qtbot.addWidget(editor)
    editor.show_value(getattr(Settings(handler="app.old", log_group="/old", role_arn=ROLE), name))
    put_into(editor, typed)
    assert why in editor.fault()


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        ("description", " Ünï ", " Ünï "),
        ("description", "d" * 256, "d" * 256),
        ("handler", "h" * 128, "h" * 128),
        ("handler", "модуль.функция", "модуль.функция"),
        ("runtime", "python9.99", "python9.99"),
        ("memory_mb", "10240", 10_240),
        ("reserved_concurrency", "0", 0),
        ("reserved_concurrency", "1,000", 1_000),
        ("environment", [("KEY", "x" * 4086)], (("KEY", "x" * 4086),)),
        ("environment", [("BB", "ünï\n"), ("AA", "")], (("AA", ""), ("BB", "ünï\n"))),
        ("environment", [("AWS_LAMBDA_EXEC_WRAPPER", "/opt/x")], (("AWS_LAMBDA_EXEC_WRAPPER", "/opt/x"),)),
        ("tags", [("Ключ 1", "знач/ение@")], (("Ключ 1", "знач/ение@"),)),
        ("layers", [LAYER], (LAYER,)),
        ("entry_point", ["-a", "-a"], ("-a", "-a")),
        ("provisioned", [("live", "10"), ("7", "1")], (("7", 1), ("live", 10))),
        ("memory_gib_per_vcpu", "2.5", 2.5),
        ("environment_concurrency", "", None),
        ("file_systems", ("", ""), ()),
    ],
)
def test_what_aws_takes_is_taken(
    factory: Factory, qtbot: QtBot, name: str, typed: Any, value: object
) -> None:
    editor = factory.editor(name)
    qtbot.addWidget(editor)
    editor.show_value(getattr(Settings(), name))
    put_into(editor, typed)
    assert editor.fault() == ""
    assert editor.value() == value


ODD = Settings(
    description="d" * 300,
    runtime="python9.99",
    architecture="riscv64",
    handler="odd handler",
    memory_mb=99_999,
    timeout_s=99_999,
    ephemeral_storage_mb=1,
    snap_start="Sometimes",
    role_arn="no-arn",
    environment=(("A", "1"), ("AWS_REGION", "x")),
    kms_key_arn="key",
    layers=("odd",),
    subnet_ids=("odd",),
    security_group_ids=("odd",),
    ipv6_dual_stack=True,
    file_systems=(FileSystem("odd", "/odd", "ODD"), FileSystem("second", "/mnt/2")),
    dead_letter_arn="odd",
    tracing="Odd",
    log_group="odd group",
    log_format="XML",
    application_log_level="LOUD",
    system_log_level="LOUD",
    entry_point=("a",),
    command=("b",),
    working_directory="w" * 1001,
    capacity_provider_arn="odd",
    environment_concurrency=9999,
    memory_gib_per_vcpu=99.0,
    min_environments=99_999,
    max_environments=99_999,
    durable_retention_days=999,
    durable_timeout_s=31_622_401,
    durable_kms_key_arn="odd",
    image_uri="odd",
    tenant_isolation="ODD",
    custom_runtime_arn="odd",
    custom_runtime_alias="odd" * 50,
    accelerator_memory_gb=7,
    tags=(("aws:cloudformation:stack", "<x>"),),
    reserved_concurrency=0,
    provisioned=(("live", 3),),
    recursion="Odd",
    runtime_update_mode="Odd",
    runtime_version_arn="odd",
    code_signing_config_arn="odd",
    log_retention_days=4,
)


@pytest.mark.parametrize("name", NAMES)
def test_a_value_that_the_model_does_not_know_shows_and_is_kept(
    factory: Factory, qtbot: QtBot, name: str
) -> None:
    editor = factory.editor(name)
    qtbot.addWidget(editor)
    editor.show_value(getattr(ODD, name))
    assert editor.fault() == ""
    assert editor.value() == getattr(ODD, name)
    assert getattr(ODD, name) != getattr(Settings(), name)
    editor.show_value(getattr(Settings(), name))
    assert editor.value() == getattr(Settings(), name) or name in (
        "runtime",
        "recursion",
        "runtime_update_mode",
    )


@pytest.mark.parametrize(
    ("name", "most", "words"),
    [
        ("timeout_s", 1800, "Above 1,800 s"),
        ("memory_mb", 10_240, "Above 10,240 MB"),
        ("ephemeral_storage_mb", 10_240, "Above 10,240 MB"),
    ],
)
def test_a_number_above_the_usual_is_warned_of(
    factory: Factory, qtbot: QtBot, name: str, most: int, words: str
) -> None:
    editor = factory.editor(name)
    qtbot.addWidget(editor)
    editor.show_value(512)
    put_into(editor, str(most))
    assert editor.warning() == ""
    put_into(editor, str(most + 1))
    assert editor.fault() == ""
    assert words in editor.warning()
