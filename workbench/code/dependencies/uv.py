"""Installs Python packages for a Lambda runtime with uv, as files, without building or running anything.

Owns: how uv is called, and making its result the same on every machine. Source of the options:
https://docs.astral.sh/uv/reference/cli/#uv-pip-install
"""

import csv
import io
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from workbench.code.dependencies.child import Ended, not_there, run_tool
from workbench.code.dependencies.declared import Declaration, Kind, read_text
from workbench.code.dependencies.lock_files import pipenv_requirements, poetry_requirements
from workbench.code.dependencies.store import Found
from workbench.code.dependencies.target import Target
from workbench.code.dependencies.uv_errors import WHAT, explain
from workbench.code.names import fault_in_name
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext

_EDITABLE = re.compile(r"^\s*(?:-e|--editable)[ =]\s*(\S+)", re.MULTILINE)
_RESOLVED = re.compile(r"Resolved (\d+) packages?")
_DOWNLOADING = re.compile(r"\s*Downloading (\S+)")
_DOWNLOADED = re.compile(r"\s*Downloaded (\S+)")
# What a machine leaves in the list of installed files that another would leave otherwise.
_OWN_FILES = ("direct_url.json", "uv_cache.json")


def install_python(
    code: Path, declaration: Declaration, target: Target, root: Path, scratch: Path, ctx: JobContext
) -> Found:
    """Installs what is declared; what was downloaded before is used first, the network only on a miss.

    Args:
        code: The function's code.
        declaration: What it declares.
        target: What it will run on.
        root: Where the packages go: there, and empty.
        scratch: For files of its own.
        ctx: The job; Cancel ends uv.

    Raises:
        WorkbenchError: uv cannot do it; see `explain`.
        Cancelled: `root` is unfinished then.
    """
    uv = find_uv()
    requirements = _requirements(uv, code, declaration, target, scratch, ctx)
    _refuse_editables([requirements, *(code / name for name in declaration.files)])
    command = [
        uv, "pip", "install", "--requirement", str(requirements), "--target", str(root),
        "--python-platform", target.platform, "--python-version", target.python_version,
        "--only-binary", ":all:", "--no-compile-bytecode", "--no-progress", *_interpreter(),
    ]  # fmt: skip
    progress = _Progress(ctx)
    ended = run_tool([*command, "--offline"], code, ctx)
    if ended.status:
        ctx.progress(0, 0, "Looking for packages")
        ended = run_tool(command, code, ctx, progress.take)
    if ended.status:
        raise explain(ended.text, target, declaration.path)
    return tidy(root)


def find_uv() -> str:
    """Where uv is, which comes with Workbench.

    Raises:
        WorkbenchError: It is not there.
    """
    from uv import find_uv_bin

    try:
        return str(find_uv_bin())
    except FileNotFoundError as error:
        raise not_there("uv", WHAT, "Install Workbench again.") from error


def tidy(root: Path) -> Found:
    """Removes what depends on the machine, such as scripts that begin with the path of its Python.

    A file that is changed is made anew: uv may have linked it to its cache. Raises OSError.
    """
    (root / ".lock").unlink(missing_ok=True)
    packages, sizes = [], {}
    for record in sorted(root.glob("*.dist-info/RECORD")):
        name, _, version = record.parent.name.removesuffix(".dist-info").partition("-")
        packages.append((name.replace("_", "-").lower(), version))
        kept, dropped = [], False
        for row in csv.reader(io.StringIO(record.read_text("utf-8"))):
            if not row or fault_in_name(row[0]):
                continue  # what leaves the folder is no file of the package
            if _is_of_this_machine(root, row[0]):
                (root / row[0]).unlink(missing_ok=True)
                dropped = True
                continue
            kept.append(row)
            sizes[row[0]] = int(row[2]) if len(row) > 2 and row[2].isdecimal() else 0
        if dropped:
            text = io.StringIO()
            csv.writer(text, lineterminator="\n").writerows(kept)
            record.unlink()
            record.write_text(text.getvalue(), "utf-8")
        sizes[record.relative_to(root).as_posix()] = record.stat().st_size
    scripts = root / "bin"
    if scripts.is_dir() and not any(scripts.iterdir()):
        scripts.rmdir()
    return Found(tuple(sorted(packages)), tuple(sorted(sizes)), sum(sizes.values()))


def _is_of_this_machine(root: Path, path: str) -> bool:
    folder, _, name = path.rpartition("/")
    if folder.endswith(".dist-info"):
        return name in _OWN_FILES
    if folder not in ("bin", "Scripts"):
        return False
    try:
        with (root / path).open("rb") as file:
            return file.read(2) == b"#!" or name.endswith(".exe")
    except FileNotFoundError:
        return True


def _requirements(
    uv: str, code: Path, declaration: Declaration, target: Target, scratch: Path, ctx: JobContext
) -> Path:
    """A file that uv installs from."""
    if declaration.kind in (Kind.REQUIREMENTS, Kind.PYPROJECT):
        return code / declaration.path
    listed = scratch / "requirements.txt"
    if declaration.kind is Kind.POETRY:
        listed.write_text(poetry_requirements(code / declaration.path), "utf-8")
    elif declaration.kind is Kind.PIPENV:
        listed.write_text(pipenv_requirements(code / declaration.path), "utf-8")
    else:
        ended = _export(uv, code, listed, ctx)
        if ended.status:
            raise explain(ended.text, target, declaration.path)
    return listed


def _refuse_editables(files: Sequence[Path]) -> None:
    """Such a package would be a link to a folder of this computer."""
    for file in files:
        if file.suffix == ".txt" and (found := _EDITABLE.search(read_text(file))):
            raise WorkbenchError(
                WHAT,
                f"{found[1]} is to be installed in place (-e): the package would name a folder here.",
                "Put its code beside the function's, or build a wheel of it and name that file.",
            )


def _export(uv: str, code: Path, listed: Path, ctx: JobContext) -> Ended:
    """Of uv.lock, which stays as it is."""
    return run_tool(
        [
            uv, "export", "--frozen", "--no-dev", "--no-emit-project", "--no-header", "--no-annotate",
            "--format", "requirements.txt", "--output-file", str(listed), "--project", str(code),
            "--offline", *_interpreter(),
        ],
        code,
        ctx,
    )  # fmt: skip


def _interpreter() -> tuple[str, ...]:
    """Options: uv wants some Python, of any version; looking for one takes time."""
    return () if getattr(sys, "frozen", False) else ("--python", sys.executable)


class _Progress:
    """What uv writes, as progress: it names the packages that it downloads."""

    def __init__(self, ctx: JobContext) -> None:
        self._ctx = ctx
        self._total = 0
        self._done = 0

    def take(self, line: str) -> None:
        if found := _RESOLVED.match(line):
            self._total = int(found[1])
            self._say(f"{self._total} packages")
        elif found := _DOWNLOADED.match(line):
            self._done += 1
            self._say(found[1])
        elif found := _DOWNLOADING.match(line):
            self._say(f"Downloading {found[1]}")

    def _say(self, text: str) -> None:
        self._ctx.progress(min(self._done, self._total), self._total, text)
