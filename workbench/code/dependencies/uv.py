"""Installs Python packages for a Lambda runtime with uv, as files, without building or running anything.

uv works in a scratch folder on files that are written anew from what was parsed: it sees nothing of the code.
Source of the options: https://docs.astral.sh/uv/reference/cli/#uv-pip-install
"""

import csv
import io
import re
import sys
from pathlib import Path

from workbench.code.dependencies.child import not_there, run_tool
from workbench.code.dependencies.declared import Declaration, Kind
from workbench.code.dependencies.environment import base_environment, uv_environment
from workbench.code.dependencies.lock_files import check_uv_lock, locked_requirements
from workbench.code.dependencies.requirements import Requirements, as_file, read_requirements
from workbench.code.dependencies.store import Found
from workbench.code.dependencies.target import Target
from workbench.code.dependencies.uv_errors import WHAT, explain
from workbench.code.dependencies.uv_settings import read_settings, write_settings
from workbench.code.names import fault_in_name
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext

_RESOLVED = re.compile(r"Resolved (\d+) packages?")
_DOWNLOADING = re.compile(r"\s*Downloading (\S+)")
_DOWNLOADED = re.compile(r"\s*Downloaded (\S+)")
# What a machine leaves in the list of installed files that another would leave otherwise.
_OWN_FILES = ("direct_url.json", "uv_cache.json")


def install_python(
    declaration: Declaration, target: Target, root: Path, scratch: Path, ctx: JobContext
) -> Found:
    """Installs what is declared; what was downloaded before is used first, the network only on a miss.

    Args:
        declaration: What is to be installed.
        target: What it will run on.
        root: Where the packages go: there, and empty.
        scratch: An empty folder for files of its own.
        ctx: The job; Cancel ends uv.

    Raises:
        WorkbenchError: The declaration is refused, or uv cannot do it; see `explain`.
        Cancelled: `root` is unfinished then.
    """
    requirements = python_requirements(declaration, target, scratch, ctx)
    command = [
        find_uv(), "pip", "install", "--config-file", str(write_settings(read_settings(), scratch)),
        "--target", str(root), "--python-platform", target.platform,
        "--python-version", target.python_version,
        "--only-binary", ":all:", "--no-sources", "--no-compile-bytecode", "--no-progress", *_interpreter(),
    ]  # fmt: skip
    for option, listed in (
        ("--requirements", requirements.wanted),
        ("--constraints", requirements.constraints),
        ("--overrides", requirements.overrides),
    ):
        if listed:
            file = scratch / f"{option.strip('-')}.txt"
            file.write_text(as_file(listed), "utf-8")
            command += [option, str(file)]
    command += ["--prerelease", "allow"] if requirements.prereleases else []
    command += ["--require-hashes"] if requirements.needs_hashes else []
    progress = _Progress(ctx)
    environment = uv_environment()
    ended = run_tool([*command, "--offline"], scratch, ctx, environment=environment)
    if ended.status:
        ctx.progress(0, 0, "Finding packages")
        ended = run_tool(command, scratch, ctx, progress.take, environment=environment)
    if ended.status:
        raise explain(ended.text, target, declaration.path)
    return tidy(root)


def python_requirements(
    declaration: Declaration, target: Target, scratch: Path, ctx: JobContext
) -> Requirements:
    """What a declaration asks for, parsed. Contacts nobody.

    Args:
        declaration: Of Python packages.
        target: What they are to run on.
        scratch: An empty folder to work in.
        ctx: The job.

    Raises:
        WorkbenchError: It is malformed, or takes something from elsewhere than an index.
        Cancelled: In between.
    """
    if declaration.kind is Kind.REQUIREMENTS:
        files = dict(zip(declaration.files, declaration.data, strict=True))
        found = read_requirements(files, declaration.path)
    elif declaration.kind is Kind.UV:
        found = _exported(declaration, target, scratch, ctx)
    else:
        found = locked_requirements(declaration)
    if not found.wanted:
        raise WorkbenchError(
            WHAT,
            f"{declaration.path} does not list any packages.",
            "Remove it, or add the packages that the function needs.",
        )
    return found


def find_uv() -> str:
    """Where uv is, which comes with Workbench.

    Raises:
        WorkbenchError: It is not there.
    """
    from uv import find_uv_bin

    try:
        return str(find_uv_bin())
    except FileNotFoundError as error:
        raise not_there("uv", WHAT, "Reinstall Workbench.") from error


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


def _exported(declaration: Declaration, target: Target, scratch: Path, ctx: JobContext) -> Requirements:
    """What a uv.lock fixes for use. uv reads the lock, beside a project that has a name and nothing else."""
    project = scratch / "project"
    listed = "exported.txt"
    name = check_uv_lock(declaration)
    project.mkdir()
    (project / "uv.lock").write_bytes(declaration.data[0])
    (project / "pyproject.toml").write_text(f'[project]\nname = "{name}"\nversion = "0"\n', "utf-8")
    ended = run_tool(
        [
            find_uv(), "export", "--frozen", "--no-dev", "--no-default-groups", "--no-emit-project",
            "--no-header", "--no-annotate", "--format", "requirements.txt", "--output-file",
            str(project / listed), "--project", str(project), "--no-config", "--offline", *_interpreter(),
        ],
        project,
        ctx,
        environment=base_environment(),
    )  # fmt: skip
    if ended.status:
        raise explain(ended.text, target, declaration.path)
    return read_requirements({declaration.path: (project / listed).read_bytes()}, declaration.path)


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
