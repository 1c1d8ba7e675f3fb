"""The options of a deploy. Those of the last deploy of each function are the defaults of the next one."""

from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Self
from urllib.parse import quote

from workbench.aws.names import Arn
from workbench.core.codec import Format
from workbench.functions.configure import Wanted


class Upload(Enum):
    """How a package is sent to Lambda."""

    AUTO = "auto"
    """Directly; through S3 if it is too large for that, or if that sends less."""
    DIRECT = "direct"
    S3 = "s3"


class Shift(Enum):
    """How an alias moves from the old version to the new one."""

    ALL_AT_ONCE = "all at once"
    CANARY = "canary"
    """A share first, and the rest after the interval."""
    LINEAR = "linear"
    """The same share is added after every interval."""


@dataclass(frozen=True, slots=True)
class SmokeTest:
    """A test event that the new code must answer without an error before the deploy continues.

    Attributes:
        name: Name of the test event, for the user.
        payload: One JSON value.
        expected: A JSON value that the answer must contain (see expected.py); empty for any answer without an
            error.
        tenant_id: For a function with tenant isolation; empty for all others.
    """

    name: str
    payload: str
    expected: str = ""
    tenant_id: str = ""


@dataclass(frozen=True, slots=True)
class AliasMove:
    """An alias that is to point to the new version. It is created if it does not exist.

    Attributes:
        shift: How it moves.
        percent: The share of invocations for the new version, in a canary or in each linear step.
        interval_s: How long each share is watched; with an immediate move, how long the alarms are watched
            afterwards.
        alarms: Names of CloudWatch alarms in the function's region; an ALARM ends the deploy.
    """

    name: str
    shift: Shift = Shift.ALL_AT_ONCE
    percent: float = 10.0
    interval_s: float = 0.0
    alarms: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 < self.percent < 100:
            raise ValueError(f"a share of {self.percent} %")

    def shares(self) -> tuple[float, ...]:
        """The shares (0 to 1) that are watched before the alias points only to the new version."""
        if self.shift is Shift.ALL_AT_ONCE:
            return ()
        if self.shift is Shift.CANARY:
            return (self.percent / 100,)
        steps = range(1, 1 + int(99.999 // self.percent))
        return tuple(round(number * self.percent / 100, 4) for number in steps)


@dataclass(frozen=True, slots=True)
class DeployOptions:
    """The options of a deploy.

    Attributes:
        undo_on_failure: Whether to undo everything, in reverse, when a step fails or the user cancels.
            Otherwise a deploy stops there and says which code the function has.
        upload: How the package is sent to Lambda.
        bucket: Staging bucket in the function's region; empty for Workbench's own.
        configuration: The desired configuration, or None. It is changed before the code.
        smoke_test: The smoke test, or None.
        publish: Whether to publish a version of the new code.
        description: Description of the version.
        version: An existing version to which the alias moves, in which case nothing is published; or empty.
        alias: The alias to move, or None. Requires `publish` or `version`.
        keep_versions: Number of versions to keep; older unused ones are deleted. 0 keeps all.
    """

    undo_on_failure: bool = False
    upload: Upload = Upload.AUTO
    bucket: str = ""
    configuration: Wanted | None = None
    smoke_test: SmokeTest | None = None
    publish: bool = False
    description: str = ""
    alias: AliasMove | None = None
    keep_versions: int = 0
    version: str = ""

    def __post_init__(self) -> None:
        if self.alias and not self.publish and not self.version:
            raise ValueError("an alias points to a published version")

    def without_configuration(self) -> Self:
        """The options for storing on disk: environment variables in the configuration may be secrets."""
        return replace(self, configuration=None)


_FORMAT = Format(DeployOptions)


class RememberedOptions:
    """The options of all functions."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def of(self, function_arn: str) -> DeployOptions:
        """The last options; the default ones at first, and if the file cannot be read."""
        found = _FORMAT.load(self._path(function_arn)) or DeployOptions()
        return found.without_configuration()

    def keep(self, function_arn: str, options: DeployOptions) -> None:
        """Stores the options. Raises WorkbenchError."""
        _FORMAT.write(self._path(function_arn), options.without_configuration())

    def _path(self, function_arn: str) -> Path:
        return file_of(self._folder, function_arn)


def file_of(folder: Path, function_arn: str) -> Path:
    """A function's JSON file in a folder. Raises ValueError if the ARN is invalid."""
    arn = Arn.parse(function_arn)
    parts = (
        quote(part, safe="").replace(".", "%2E") for part in (arn.account_id, arn.region, arn.resource_id)
    )
    return folder.joinpath(*parts).with_suffix(".json")
