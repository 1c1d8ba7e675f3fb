"""Whether a package that was made for one function runs in another one. Pure."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from workbench.code.contents import Contents
from workbench.code.handlers import handler_files
from workbench.functions.model import FunctionDetail

_COMPILED = re.compile(r"\.(so|node|pyd)(\.[0-9.]+)?$")
_LAYER_NAME = re.compile(r":layer:([^:]+)")


@dataclass(frozen=True, slots=True)
class Fit:
    """What was found.

    Attributes:
        refusal: Why it cannot run there, in sentences; empty when it can.
        warning: What a person should know; empty when there is nothing.
    """

    refusal: str = ""
    warning: str = ""


def fit(source: FunctionDetail, target: FunctionDetail, contents: Contents, layer_arn: str = "") -> Fit:
    """Looks whether a package suits a function.

    Args:
        source: The function that the package was made for.
        target: The other one.
        contents: What is in the package.
        layer_arn: The layer that has the package's dependencies; empty when they are in the package.
    """
    if target.package_type == "Image":
        return Fit("It runs a container image, not a zip file.")
    if _family(source.runtime) != _family(target.runtime):
        return Fit(f"It runs {target.runtime}, the package is for {source.runtime}.")
    compiled = _compiled(contents)
    if source.architectures != target.architectures and compiled:
        return Fit(
            f"It runs on {target.architectures[0]}; {compiled} in the package is compiled for "
            f"{source.architectures[0]}."
        )
    if layer_arn and layer_arn not in target.layers:
        return Fit(f"The package's dependencies are in the layer {layer_arn}, which it does not have.")
    warnings = []
    if source.runtime != target.runtime:
        if compiled:
            return Fit(
                f"It runs {target.runtime}; {compiled} in the package is compiled for {source.runtime}."
            )
        warnings.append(f"It runs {target.runtime}, the package was made for {source.runtime}.")
    files = handler_files(target.handler, target.runtime)
    if files and not contents.files.keys() & set(files):
        words = f"Its handler {target.handler} is not in the package."
        if not target.layers:
            return Fit(words)
        warnings.append(f"{words} A layer may have it.")
    if missing := sorted(_layer_names(source) - _layer_names(target)):
        warnings.append(f"It lacks the layer {', '.join(missing)}.")
    return Fit("", " ".join(warnings))


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
