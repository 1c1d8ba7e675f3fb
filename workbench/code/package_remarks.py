"""What a package will lack when it runs, and what was not done to the code, without running any of it.

What will fail is a `Problem`, about which the user is asked; the rest is said in the plan.
"""

import os
import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from workbench.code.dependencies.missing_modules import MissingModule, missing_modules
from workbench.code.dependencies.store import Target
from workbench.code.handlers import script_exports
from workbench.code.sources import FAMILY_OF_SOURCE, MAX_BYTES, language_of_file
from workbench.code.syntax import Problem, handler_files, missing_handler, split_handler
from workbench.core.messages import _, ngettext
from workbench_sandbox.rules.runtimes import family_of

_BUILD_TARGET = re.compile(r"^(build-[A-Za-z0-9]+)\s*:", re.MULTILINE)
_LONGEST = 1 << 20
_MAX_NAMES = 10
_TITLES = {"python": "Python", "nodejs": "Node.js", "ruby": "Ruby", "java": "Java", "dotnet": ".NET"}


def remarks(root: Path, paths: Collection[str], target: Target) -> tuple[str, ...]:
    """What should be known of a package before it is deployed, in sentences.

    Args:
        root: The folder of the code.
        paths: The files of the package, installed ones included.
    """
    return (*_not_built(root), *_not_vendored(paths, target))


def failures(
    root: Path,
    paths: Collection[str],
    handler: str,
    target: Target,
    *,
    elsewhere: Iterable[str] | None = (),
) -> tuple[Problem, ...]:
    """Why a package with its handler's file will fail, beside what `check_python` finds. Args as `remarks`.

    Args:
        elsewhere: Modules that layers or packages to be installed bring; None if they are unknown.
    """
    lines = [*_not_executable(root, paths, target), *_not_exported(root, paths, handler, target)]
    if elsewhere is not None:
        lines += _missing(missing_modules(root, paths, handler, target, elsewhere), target)
    return tuple(Problem("", 0, 0, line) for line in lines)


def cannot_run(paths: Collection[str], handler: str, target: Target) -> tuple[Problem, ...]:
    """Why a package has nothing for its runtime: it must be built, or is in another language."""
    lines = [*_not_compiled(paths, handler, target)] or [*_other_language(paths, handler, target)]
    return tuple(Problem("", 0, 0, line) for line in lines)


def _missing(modules: Collection[MissingModule], target: Target) -> Iterator[str]:
    if not modules:
        return
    names = _listed([each.name for each in modules])
    path = next(iter(modules)).path
    words = ngettext(
        "{path} imports {names}, which is neither in the package nor in the runtime. Add it to {file}, or "
        "use a layer that has it.",
        "The code imports {names}, which are neither in the package nor in the runtime. Add them to {file}, "
        "or use a layer that has them.",
        len(modules),
    )
    file = "package.json" if target.language == "nodejs" else "requirements.txt"
    yield words.format(path=path, names=names, file=file)


def _other_language(paths: Collection[str], handler: str, target: Target) -> Iterator[str]:
    """That the runtime is of another language than the code."""
    family = family_of(target.runtime)
    if family not in (*_TITLES, "provided") or not missing_handler(paths, handler, target.runtime):
        return
    languages = {language_of_file(path) for path in paths if "/node_modules/" not in f"/{path}"}
    found = {FAMILY_OF_SOURCE.get(each, each) for each in languages} & _TITLES.keys()
    if not found or family in found:
        return
    language = _TITLES[min(found)]
    words = _("The runtime is {runtime}, which does not run {language}. Choose a runtime of {language}.")
    yield words.format(runtime=target.runtime, language=language)


def _not_executable(root: Path, paths: Collection[str], target: Target) -> Iterator[str]:
    if target.runtime.startswith("provided") and "bootstrap" in paths and os.name != "nt":
        try:
            is_executable = bool((root / "bootstrap").stat().st_mode & 0o111)
        except OSError:
            return
        if not is_executable:
            yield _(
                "The file bootstrap is not executable, so Lambda cannot start it. Run chmod +x bootstrap."
            )


def _not_exported(root: Path, paths: Collection[str], handler: str, target: Target) -> Iterator[str]:
    """That a module of Node.js does not export the handler. For Python, `check_python` tells."""
    if target.language != "nodejs" or handler.startswith("/"):
        return
    path = next((each for each in handler_files(handler, target.runtime) if each in paths), "")
    name = split_handler(handler)[2].partition(".")[0]
    try:
        if not path or (root / path).stat().st_size > MAX_BYTES:
            return
        exported = script_exports((root / path).read_bytes().decode("utf-8-sig", "replace"))
    except (OSError, ValueError):
        return
    if exported is not None and name not in exported:
        words = _("The handler is {handler}, but {path} does not export {name}.")
        yield words.format(handler=handler, path=path, name=name)


def _not_built(root: Path) -> Iterator[str]:
    try:
        with (root / "Makefile").open("rb") as file:
            text = file.read(_LONGEST).decode("utf-8", "replace")
    except OSError:
        return
    if targets := _BUILD_TARGET.findall(text):
        words = _("The Makefile is not run: what {targets} would build is not in the package.")
        yield words.format(targets=_listed(targets))


def _not_compiled(paths: Collection[str], handler: str, target: Target) -> Iterator[str]:
    names = {path.rpartition("/")[2] for path in paths}
    endings = {name.rpartition(".")[2] for name in names}
    runtime = target.runtime
    if runtime.startswith("java") and endings & {"java", "kt", "scala"} and not endings & {"class", "jar"}:
        yield _(
            "The package has Java source, but no compiled classes: every invocation will fail. Build it "
            "(mvn package or gradle build), and use the file that this makes."
        )
    if runtime.startswith("dotnet") and endings & {"cs", "fs", "vb"} and "dll" not in endings:
        yield _(
            "The package has .NET source, but no assemblies: every invocation will fail. Build it "
            "(dotnet publish), and use the folder that this makes."
        )
    language = next((each for key, each in (("go", "Go"), ("rs", "Rust")) if key in endings), "")
    if language and runtime.startswith(("provided", "go")) and "bootstrap" not in paths:
        yield _(
            "The package has {language} source, but no compiled file called bootstrap: every invocation "
            "will fail. Build it, and use the folder that this makes."
        ).format(language=language)
    if target.language == "nodejs":
        stem = split_handler(handler)[0]
        made = any(f"{stem}{ending}" in paths for ending in (".js", ".mjs", ".cjs"))
        source = next(
            (f"{stem}{end}" for end in (".ts", ".mts", ".cts", ".tsx") if f"{stem}{end}" in paths), ""
        )
        if source and not made:
            yield _(
                "{path} is TypeScript, which is not compiled here: every invocation will fail. Build it (tsc "
                "or esbuild), and use the folder that this makes."
            ).format(path=source)


def _not_vendored(paths: Collection[str], target: Target) -> Iterator[str]:
    has_gems = any(path.startswith("vendor/") for path in paths)
    if target.runtime.startswith("ruby") and "Gemfile" in paths and not has_gems:
        yield _("The gems of the Gemfile are not installed: only those in vendor/ go into the package.")


def layers_not_in_sandbox(layers: Iterable[str], account_id: str) -> tuple[str, ...]:
    """A sentence on layers of other accounts, which the Sandbox does not have; empty if there are none."""
    foreign = [":".join(each.split(":")[-2:]) for each in layers if f":{account_id}:" not in each]
    if not foreign:
        return ()
    words = ngettext(
        "The layer {names} belongs to another account and is not in the Sandbox: what it brings is missing "
        "when the function runs there.",
        "The layers {names} belong to other accounts and are not in the Sandbox: what they bring is missing "
        "when the function runs there.",
        len(foreign),
    )
    return (words.format(names=_listed(foreign)),)


def _listed(names: list[str]) -> str:
    more = len(names) - _MAX_NAMES
    listed = ", ".join(names[:_MAX_NAMES])
    return _("{names} and {more:,} more").format(names=listed, more=more) if more > 0 else listed
