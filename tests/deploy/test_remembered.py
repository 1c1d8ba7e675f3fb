"""Options of a deploy come back with their function, and damage to them is no obstacle."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from workbench.deploy.options import AliasMove, DeployOptions, RememberedOptions, Shift, SmokeTest, Upload
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

    file.write_text('{"format": 1, "configuration": {"handler": "from.a.file"}, "publish": true}')
    assert RememberedOptions(tmp_path).of(ARN) == DeployOptions(publish=True)


EARLIER = r"""{
 "undo_on_failure": true,
 "upload": "s3",
 "bucket": "packages",
 "smoke_test": {"name": "ping", "payload": "{\"a\": 1}"},
 "publish": true,
 "description": "n\u00e4her",
 "alias": {
  "name": "live", "shift": "canary", "percent": 5.0, "interval_s": 300.0, "alarms": ["errors", "slow"]
 },
 "keep_versions": 5
}"""
"""Of before there were versions, expected answers and tenants."""


def test_what_an_earlier_version_kept_is_read(tmp_path: Path) -> None:
    remembered = RememberedOptions(tmp_path)
    remembered.keep(ARN, DeployOptions())
    (file,) = tmp_path.rglob("*.json")
    file.write_text(EARLIER)
    assert remembered.of(ARN) == replace(WANTED, smoke_test=SmokeTest("ping", '{"a": 1}'))


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b"[]", b"null", b'{"alias": 1}', b"\xff", b'{"alias": {"name": "live"}}', b"[" * 100_000],
)
def test_a_damaged_file_means_a_plain_deploy(
    tmp_path: Path, damage: bytes, expect_log: Callable[[str], None]
) -> None:
    remembered = RememberedOptions(tmp_path)
    remembered.keep(ARN, WANTED)
    (file,) = tmp_path.rglob("*.json")
    file.write_bytes(damage)
    assert remembered.of(ARN) == DeployOptions()
    expect_log("hello.json was damaged")
    remembered.keep(ARN, WANTED)
    assert remembered.of(ARN) == WANTED
