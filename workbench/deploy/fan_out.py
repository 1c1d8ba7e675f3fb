"""One package to several functions, in waves: the state of each, which are next, and which it suits. Pure.

Waves go one after the other, each when all functions of the one before have the package. When one fails no
other begins.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import PurePosixPath

from workbench.code.contents import Contents
from workbench.code.syntax import handler_files
from workbench.deploy.options import DeployOptions
from workbench.functions.model import FunctionDetail


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
        options: What is wanted of each deploy apart from the code.
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


def twice(targets: Sequence[Target]) -> Target | None:
    """The first target that names the same function as one before it, or None."""
    seen: set[str] = set()
    for target in targets:
        if target.function_arn and target.function_arn in seen:
            return target
        seen.add(target.function_arn)
    return None


_COMPILED = re.compile(r"\.(so|node|pyd)(\.[0-9.]+)?$")
_LAYER_NAME = re.compile(r":layer:([^:]+)")


@dataclass(frozen=True, slots=True)
class Compatibility:
    """Whether a package runs in a function.

    Attributes:
        refusal: Why it cannot run there, in sentences; empty when it can.
        warning: What the user should know; empty when there is nothing.
    """

    refusal: str = ""
    warning: str = ""


def check_compatibility(
    source: FunctionDetail, target: FunctionDetail, contents: Contents, layer_arn: str = ""
) -> Compatibility:
    """Whether a package that was made for one function runs in another one.

    Args:
        source: The function that the package was made for.
        target: The other one.
        contents: What is in the package.
        layer_arn: The layer that has the package's dependencies; empty when they are in the package.
    """
    if target.package_type == "Image":
        return Compatibility("It runs a container image, not a zip file.")
    if _family(source.runtime) != _family(target.runtime):
        return Compatibility(f"It runs {target.runtime}, the package is for {source.runtime}.")
    compiled = _compiled(contents)
    if source.architectures != target.architectures and compiled:
        return Compatibility(
            f"It runs on {target.architectures[0]}; {compiled} in the package is compiled for "
            f"{source.architectures[0]}."
        )
    if layer_arn and layer_arn not in target.layers:
        return Compatibility(
            f"The package's dependencies are in the layer {layer_arn}, which it does not have."
        )
    warnings = []
    if source.runtime != target.runtime:
        if compiled:
            return Compatibility(
                f"It runs {target.runtime}; {compiled} in the package is compiled for {source.runtime}."
            )
        warnings.append(f"It runs {target.runtime}, the package was made for {source.runtime}.")
    files = handler_files(target.handler, target.runtime)
    if files and not contents.files.keys() & set(files):
        problem = f"Its handler {target.handler} is not in the package."
        if not target.layers:
            return Compatibility(problem)
        warnings.append(f"{problem} A layer may have it.")
    if missing := sorted(_layer_names(source) - _layer_names(target)):
        warnings.append(f"It lacks the layer {', '.join(missing)}.")
    return Compatibility("", " ".join(warnings))


def _family(runtime: str) -> str:
    """A runtime without its version: "python" of "python3.13"."""
    return re.sub(r"[0-9.].*$", "", runtime)


def _compiled(contents: Contents) -> str:
    """The name of a compiled file in the package, or ""."""
    for path, file in contents.files.items():
        name = PurePosixPath(path).name
        if _COMPILED.search(name) or (path == "bootstrap" and file.executable):
            return name
    return ""


def _layer_names(detail: FunctionDetail) -> set[str]:
    return {found[1] for arn in detail.layers if (found := _LAYER_NAME.search(arn))}
