"""What the history shows of a deploy: who, which files, which configuration.

Values only. The values of environment variables are left out: they may be secrets, and a history is kept for
long.
"""

from dataclasses import dataclass, field, fields, replace
from typing import NamedTuple

from workbench.code.contents import Contents
from workbench.code.tree import FileChange
from workbench.deploy.changes import changed_files
from workbench.deploy.plan import Plan
from workbench.functions.configure import Wanted
from workbench.functions.model import FunctionDetail

MAX_PATHS = 100
"""Maximum of changed files that are named; the others are counted."""


class FileCount(NamedTuple):
    """How many files of a package differ from the code before.

    Attributes:
        added: Number of new files.
        changed: Number of files with other bytes or another executable bit.
        deleted: Number of deleted files.
    """

    added: int = 0
    changed: int = 0
    deleted: int = 0

    @property
    def total(self) -> int:
        return sum(self)


@dataclass(frozen=True, slots=True)
class Files:
    """How the files of a package differ from those before.

    Attributes:
        paths: The first MAX_PATHS of them, sorted, each with its change.
    """

    count: FileCount = field(default_factory=FileCount)
    paths: tuple[tuple[str, FileChange], ...] = ()


@dataclass(frozen=True, slots=True)
class About:
    """The record of a deploy when it begins.

    Attributes:
        who: ARN of the caller; empty if unknown.
        size_bytes: Size of the package; 0 if unknown.
        files: The changes from the code before; None if that was not on this computer.
        before: The function's configuration, without environment variables.
        after: The desired configuration, without environment variables.
        variables: Names of the environment variables, sorted.
    """

    who: str = ""
    size_bytes: int = 0
    files: Files | None = None
    before: Wanted = field(default_factory=Wanted)
    after: Wanted = field(default_factory=Wanted)
    variables: tuple[str, ...] = ()


def about_of(who: str, plan: Plan, old: Contents | None) -> About:
    """The record of a deploy.

    Args:
        plan: The plan about to be executed.
        old: Contents of the replaced package; None if it is not on this computer.
    """
    sends = plan.package.code_sha256 == plan.new_sha256 != plan.old_sha256
    files = _files(old, plan.package.contents) if old is not None and sends else None
    if plan.observed is None:
        return About(who, plan.package.size_bytes, files)
    before = configuration_of(plan.observed)
    wanted = plan.options.configuration
    after = replace(before, **{**wanted.values(), "environment": None}) if wanted else before
    names = {name for name, _value in (wanted and wanted.environment) or plan.observed.environment}
    return About(who, plan.package.size_bytes, files, before, after, tuple(sorted(names)))


def configuration_of(detail: FunctionDetail) -> Wanted:
    """The part of a function's configuration that a deploy can restore."""
    names = (each.name for each in fields(Wanted) if each.name != "environment")
    return Wanted(**{name: getattr(detail, name) for name in names})


def _files(old: Contents, new: Contents) -> Files:
    found = changed_files(old, new)
    count = [each.change for each in found].count
    return Files(
        FileCount(count(FileChange.ADDED), count(FileChange.CHANGED), count(FileChange.DELETED)),
        tuple((each.path, each.change) for each in found[:MAX_PATHS]),
    )
