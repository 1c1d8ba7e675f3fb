"""One package to several functions, in waves: where each stands, and which are to begin now. Pure.

Waves go one after the other, each when all functions of the one before have the package. When one fails no
other begins. Must not know: how a function is deployed (fan_out_target.py), the disk (fan_out_store.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Self

from workbench.deploy.options import DeployOptions


class TargetState(Enum):
    """Where one function stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DEPLOYED = "deployed"
    SAME = "had it already"
    FAILED = "failed"
    STOPPED = "stopped"
    """Cancelled, or a crash came in between: what it has is looked at when the fan-out goes on."""

    @property
    def is_done(self) -> bool:
        """Whether the function has the package."""
        return self in (TargetState.DEPLOYED, TargetState.SAME)


@dataclass(frozen=True, slots=True)
class Target:
    """A function that is to get the package.

    Attributes:
        profile_name: The profile that reaches it.
        region: Where it is.
        function_name: Its short name.
        wave: Its turn, from 1.
        function_arn: Which function that was when it was looked at; only this one is deployed to.
        seen_sha256: CodeSha256 of its code then; only this code is replaced.
    """

    profile_name: str
    region: str
    function_name: str
    wave: int = 1
    function_arn: str = ""
    seen_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a target stands, and why, in sentences."""

    target: Target
    state: TargetState = TargetState.WAITING
    text: str = ""


@dataclass(frozen=True, slots=True)
class FanOut:
    """A package on its way to several functions.

    Attributes:
        source_name: The function whose code it is.
        source_arn: The same, with account and region.
        code_sha256: CodeSha256 of the package.
        size_bytes: Of its zip.
        when: ISO 8601, UTC: when it began.
        options: What is wanted of each deploy beside the code.
        standings: Of all targets, in the order that they were chosen in.
    """

    source_name: str
    source_arn: str
    code_sha256: str
    size_bytes: int
    when: str
    options: DeployOptions
    standings: tuple[Standing, ...]

    @property
    def is_complete(self) -> bool:
        """Whether every function has the package."""
        return all(standing.state.is_done for standing in self.standings)

    def to_begin(self) -> tuple[int, ...]:
        """Numbers (from 0) of the targets that are to begin now: the next wave, all at once, or none."""
        states = {standing.state for standing in self.standings}
        if states & {TargetState.RUNNING, TargetState.FAILED, TargetState.STOPPED}:
            return ()
        left = [standing.target.wave for standing in self.standings if not standing.state.is_done]
        wave = min(left, default=0)
        return tuple(
            number
            for number, standing in enumerate(self.standings)
            if standing.target.wave == wave and not standing.state.is_done
        )

    def after(self, number: int, state: TargetState, text: str = "") -> "FanOut":
        """The same with one target standing elsewhere."""
        standings = list(self.standings)
        standings[number] = replace(standings[number], state=state, text=text)
        return replace(self, standings=tuple(standings))

    def again(self) -> "FanOut":
        """The same, to go on with: what did not succeed waits for its turn."""
        return replace(
            self,
            standings=tuple(
                standing if standing.state.is_done else Standing(standing.target)
                for standing in self.standings
            ),
        )

    def after_crash(self) -> "FanOut":
        """The same, read back by another run of the program: what was running has stopped."""
        text = "Workbench closed during the deployment."
        return replace(
            self,
            standings=tuple(
                replace(standing, state=TargetState.STOPPED, text=text)
                if standing.state is TargetState.RUNNING
                else standing
                for standing in self.standings
            ),
        )

    def to_json(self) -> dict[str, Any]:
        """For a file on disk; `from_json` reads it back."""
        return {
            "source_name": self.source_name,
            "source_arn": self.source_arn,
            "code_sha256": self.code_sha256,
            "size_bytes": self.size_bytes,
            "when": self.when,
            "options": self.options.to_json(),
            "standings": [_standing_to_json(standing) for standing in self.standings],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Raises KeyError, TypeError or ValueError when the value is not from `to_json` of this version."""
        return cls(
            str(value["source_name"]),
            str(value["source_arn"]),
            str(value["code_sha256"]),
            int(value["size_bytes"]),
            str(value["when"]),
            DeployOptions.from_json(value["options"]),
            tuple(map(_standing_from_json, value["standings"])),
        )


def twice(targets: Sequence[Target]) -> Target | None:
    """The first target that names the same function as one before it, or None."""
    seen: set[str] = set()
    for target in targets:
        if target.function_arn and target.function_arn in seen:
            return target
        seen.add(target.function_arn)
    return None


def _standing_to_json(standing: Standing) -> dict[str, Any]:
    target = standing.target
    return {
        "profile_name": target.profile_name,
        "region": target.region,
        "function_name": target.function_name,
        "wave": target.wave,
        "function_arn": target.function_arn,
        "seen_sha256": target.seen_sha256,
        "state": standing.state.value,
        "text": standing.text,
    }


def _standing_from_json(value: Mapping[str, Any]) -> Standing:
    target = Target(
        str(value["profile_name"]),
        str(value["region"]),
        str(value["function_name"]),
        int(value["wave"]),
        str(value["function_arn"]),
        str(value["seen_sha256"]),
    )
    return Standing(target, TargetState(value["state"]), str(value["text"]))
