"""Changes that were not sent, on disk and back."""

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.core.errors import WorkbenchError
from workbench.functions.configuration import FileSystem, Settings
from workbench.functions.settings import SettingChange, SettingsDrafts, changes

ARN = "arn:aws:lambda:eu-central-1:123456789012:function:hello"
OTHER = ARN.replace("eu-central-1", "eu-west-1")
NEW = Settings(
    description="ä “x”\n",
    memory_mb=512,
    environment=(("A", "secret"), ("B", "")),
    layers=("arn:layer:1", "arn:layer:2"),
    file_systems=(FileSystem("arn:fs", "/mnt/data"),),
    ipv6_dual_stack=True,
    memory_gib_per_vcpu=2.5,
    tags=(("team", "core"),),
    provisioned=(("live", 3),),
    reserved_concurrency=0,
)


CHANGE = '{"function_arn": "", "changes": [{%s}]}'


@pytest.fixture
def drafts(tmp_path: Path) -> SettingsDrafts:
    return SettingsDrafts(tmp_path / "drafts")


@pytest.mark.parametrize(("old", "new"), [(Settings(), NEW), (NEW, Settings())])
def test_every_kind_of_change_comes_back_as_it_was(
    drafts: SettingsDrafts, old: Settings, new: Settings
) -> None:
    made = changes(old, new)
    drafts.keep(ARN, made)
    assert drafts.of(ARN) == made
    assert drafts.of(OTHER) == ()


def test_nobody_else_may_read_it_and_nothing_to_send_leaves_no_file(
    drafts: SettingsDrafts, tmp_path: Path
) -> None:
    drafts.keep(ARN, changes(Settings(), NEW))
    [file] = (tmp_path / "drafts").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    drafts.keep(ARN, ())
    drafts.keep(ARN, ())
    assert list((tmp_path / "drafts").iterdir()) == []


EARLIER = r"""{"function_arn": "ARN", "changes": [
{"name": "description", "key": "", "old": "", "new": "n\u00e4her"},
{"name": "memory_mb", "key": "", "old": 128, "new": 512},
{"name": "environment", "key": "A", "old": null, "new": "secret"},
{"name": "layers", "key": "", "old": [], "new": ["arn:layer:1"]},
{"name": "file_systems", "key": "", "old": [], "new": [{"arn": "arn:fs", "mount_path": "/mnt/data"}]},
{"name": "memory_gib_per_vcpu", "key": "", "old": null, "new": 2.5},
{"name": "provisioned", "key": "live", "old": null, "new": 3},
{"name": "reserved_concurrency", "key": "", "old": null, "new": 0}]}"""
"""A draft of before there were versions."""


def test_a_draft_of_an_earlier_version_comes_back(drafts: SettingsDrafts, tmp_path: Path) -> None:
    drafts.keep(ARN, changes(Settings(), NEW))
    [file] = (tmp_path / "drafts").iterdir()
    file.write_text(EARLIER)
    assert drafts.of(ARN) == (
        SettingChange("description", "", "", "näher"),
        SettingChange("memory_mb", "", 128, 512),
        SettingChange("environment", "A", None, "secret"),
        SettingChange("layers", "", (), ("arn:layer:1",)),
        SettingChange("file_systems", "", (), (FileSystem("arn:fs", "/mnt/data"),)),
        SettingChange("memory_gib_per_vcpu", "", None, 2.5),
        SettingChange("provisioned", "live", None, 3),
        SettingChange("reserved_concurrency", "", None, 0),
    )


@pytest.mark.parametrize(
    "damage",
    [
        "",
        "{",
        "null",
        '{"changes": 1}',
        '{"function_arn": "", "changes": [{"name": "memory_mb"}]}',
        CHANGE % '"name": "tags", "key": "a", "old": [], "new": null',
        CHANGE % '"name": "memory_mb", "key": "", "old": 128, "new": "hidden-value"',
        CHANGE % '"name": "file_systems", "key": "", "old": [{"x": 1}], "new": []',
    ],
)
def test_a_damaged_draft_is_none(
    drafts: SettingsDrafts, tmp_path: Path, damage: str, expect_log: Callable[[str], None]
) -> None:
    drafts.keep(ARN, changes(Settings(), NEW))
    [file] = (tmp_path / "drafts").iterdir()
    file.write_text(damage)
    assert drafts.of(ARN) == ()
    expect_log("was damaged")
    [left] = (tmp_path / "drafts").glob("*.damaged")
    assert left.read_text() == damage
    assert stat.S_IMODE(left.stat().st_mode) == 0o600


def test_a_setting_of_a_later_version_is_passed_over(drafts: SettingsDrafts, tmp_path: Path) -> None:
    drafts.keep(ARN, [SettingChange("memory_mb", "", 128, 256)])
    [file] = (tmp_path / "drafts").iterdir()
    value = json.loads(file.read_text())
    value["changes"].append({"name": "sparkle", "key": "", "old": 1, "new": 2})
    file.write_text(json.dumps(value))
    assert drafts.of(ARN) == (SettingChange("memory_mb", "", 128, 256),)


def test_a_disk_that_refuses_is_an_error(drafts: SettingsDrafts, tmp_path: Path) -> None:
    (tmp_path / "drafts").write_text("a file where the folder should be")
    with pytest.raises(WorkbenchError):
        drafts.keep(ARN, changes(Settings(), NEW))
