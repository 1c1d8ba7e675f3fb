"""What the user wants of a deploy apart from the new code. Values only."""

from dataclasses import dataclass, replace
from enum import Enum
from typing import Self

from workbench.functions.configure import Wanted


class Upload(Enum):
    """How a package gets to Lambda."""

    AUTO = "auto"
    """Directly; through S3 when it is too large for that, or when that sends less."""
    DIRECT = "direct"
    S3 = "s3"


class Shift(Enum):
    """How an alias gets from the old version to the new one."""

    ALL_AT_ONCE = "all at once"
    CANARY = "canary"
    """A share first, and the rest when the interval is over."""
    LINEAR = "linear"
    """The same share more after every interval."""


@dataclass(frozen=True, slots=True)
class SmokeTest:
    """A test event that the new code must answer without an error before it goes on.

    Attributes:
        name: Of the test event, for the user.
        payload: One JSON value.
        expected: One JSON value that the answer must contain (see expected.py); empty for any answer that is
            no error.
        tenant_id: Of a function with tenant isolation, which needs one; empty for all others.
    """

    name: str
    payload: str
    expected: str = ""
    tenant_id: str = ""


@dataclass(frozen=True, slots=True)
class AliasMove:
    """An alias that is to point to the new version. It is made when there is none.

    Attributes:
        name: Of the alias.
        shift: How it moves.
        percent: The share of invocations that a canary or each linear step brings to the new version.
        interval_s: How long each share is watched; all at once: how long afterwards the alarms are watched.
        alarms: Names of CloudWatch alarms in the function's region; one that goes off ends the deploy.
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
        """The shares (0 to 1) that are watched before the alias points to the new version alone."""
        if self.shift is Shift.ALL_AT_ONCE:
            return ()
        if self.shift is Shift.CANARY:
            return (self.percent / 100,)
        steps = range(1, 1 + int(99.999 // self.percent))
        return tuple(round(number * self.percent / 100, 4) for number in steps)


@dataclass(frozen=True, slots=True)
class DeployOptions:
    """How a deploy is to go.

    Attributes:
        undo_on_failure: Undo everything, in reverse, when a step fails or the user cancels. Without it
            a deploy stops where it is and says which code the function has.
        upload: How the package gets to Lambda.
        bucket: Staging bucket in the function's region; empty for one that Workbench makes for itself.
        configuration: What the function's configuration is to be, or None. It goes before the code.
        smoke_test: What the new code must answer, or None.
        publish: Publish a version of the new code.
        description: Of that version.
        version: A version that is there already: the alias moves to it, and nothing is published. Or empty.
        alias: The alias to move, or None. It needs `publish` or `version`.
        keep_versions: How many versions to keep; older ones that nothing uses are deleted. 0 keeps all.
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
        """What is kept on disk: secret values of environment variables stand in the configuration."""
        return replace(self, configuration=None)
