"""Settings that go only together: said at the one to correct, as soon as one of them is touched."""

from dataclasses import replace
from typing import Any

import pytest

from workbench.functions.configuration import FileSystem, Settings
from workbench.ui.features.configuration.draft import combination_faults

EFS = FileSystem(
    "arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-0123456789abcdef0", "/mnt/x"
)
S3_FILES = FileSystem("arn:aws:s3files:us-east-1:1:file-system/fs-1/access-point/fsap-1", "/mnt/x", "AUTO")
SNAP: dict[str, Any] = {"snap_start": "PublishedVersions"}


@pytest.mark.parametrize(
    ("wanted", "name", "why"),
    [
        ({"application_log_level": "DEBUG"}, "application_log_level", "JSON"),
        ({"system_log_level": "WARN"}, "system_log_level", "JSON"),
        ({"subnet_ids": ("subnet-1",)}, "security_group_ids", "both"),
        ({"security_group_ids": ("sg-1",)}, "security_group_ids", "both"),
        ({"ipv6_dual_stack": True}, "ipv6_dual_stack", "subnets"),
        ({"runtime_update_mode": "Manual"}, "runtime_version_arn", "runtime version"),
        ({"file_systems": (EFS,)}, "file_systems", "VPC"),
        (SNAP | {"ephemeral_storage_mb": 513}, "snap_start", "512 MB"),
        (SNAP | {"file_systems": (S3_FILES,)}, "snap_start", "File systems are not supported"),
        (SNAP | {"provisioned": (("1", 1),)}, "snap_start", "Provisioned concurrency is not supported"),
        (SNAP | {"tenant_isolation": "PER_TENANT"}, "snap_start", "Tenant isolation is not supported"),
        (
            {"provisioned": (("1", 1),), "tenant_isolation": "PER_TENANT"},
            "provisioned",
            "Tenant isolation is not supported",
        ),
    ],
)
def test_what_aws_would_refuse_or_leave_out_is_said(wanted: dict[str, Any], name: str, why: str) -> None:
    found = combination_faults(replace(Settings(), **wanted), Settings())
    assert set(found) == {name}
    assert why in found[name]
    as_it_is = replace(Settings(), **wanted)
    assert (
        combination_faults(replace(as_it_is, memory_mb=256), as_it_is) == {}
    )  # AWS has it: it is not our business


@pytest.mark.parametrize(
    "wanted",
    [
        {"log_format": "JSON", "application_log_level": "DEBUG", "system_log_level": "WARN"},
        {"subnet_ids": ("subnet-1",), "security_group_ids": ("sg-1",), "ipv6_dual_stack": True},
        {"subnet_ids": ("subnet-1",), "security_group_ids": ("sg-1",), "file_systems": (EFS,)},
        {"runtime_update_mode": "Manual", "runtime_version_arn": "arn"},
        {"file_systems": (S3_FILES,)},
        SNAP,
    ],
)
def test_what_goes_together_is_fine(wanted: dict[str, Any]) -> None:
    assert combination_faults(replace(Settings(), **wanted), Settings()) == {}
