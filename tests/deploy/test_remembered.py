"""Options of a deploy come back with their function, and damage to them is no obstacle."""

from pathlib import Path

import pytest

from workbench.deploy.options import AliasMove, DeployOptions, Shift, SmokeTest, Upload
from workbench.deploy.remembered import RememberedOptions
from workbench.functions.configure import Wanted

ARN = "arn:aws:lambda:us-east-1:123456789012:function:hello"
WANTED = DeployOptions(
    undo_on_failure=True,
    upload=Upload.S3,
    bucket="packages",
    smoke_test=SmokeTest("ping", '{"a": 1}', "{}"),
    publish=True,
    description="näher",
    alias=AliasMove("live", Shift.CANARY, 5.0, 300.0, ("errors", "slow")),
    keep_versions=5,
)


def test_what_was_wanted_comes_back_with_its_function(tmp_path: Path) -> None:
    RememberedOptions(tmp_path).keep(ARN, WANTED)
    again = RememberedOptions(tmp_path)
    assert again.of(ARN) == WANTED
    for other in (ARN + "2", ARN.replace("us-east-1", "eu-west-1"), ARN.replace("1234", "4321")):
        assert again.of(other) == DeployOptions()


def test_no_secret_is_kept(tmp_path: Path) -> None:
    options = DeployOptions(configuration=Wanted(environment=(("KEY", "hidden-value"),)))
    RememberedOptions(tmp_path).keep(ARN, options)
    (file,) = tmp_path.rglob("*.json")
    assert b"hidden-value" not in file.read_bytes()
    assert RememberedOptions(tmp_path).of(ARN) == DeployOptions()


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b"[]", b"null", b"{}", b'{"alias": 1}', b"\xff", b'{"publish": true}'],
)
def test_a_damaged_file_means_a_plain_deploy(tmp_path: Path, damage: bytes) -> None:
    remembered = RememberedOptions(tmp_path)
    remembered.keep(ARN, WANTED)
    (file,) = tmp_path.rglob("*.json")
    file.write_bytes(damage)
    assert remembered.of(ARN) == DeployOptions()
    remembered.keep(ARN, WANTED)
    assert remembered.of(ARN) == WANTED
