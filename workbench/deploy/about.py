"""What the history shows of a deploy: who, which files, which configuration.

Values only. The values of environment variables are not among them: secrets
stand there, and a history is kept for long.
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
"""So many changed files are named; the others are counted."""


class FileCount(NamedTuple):
    """How many files of a package differ from those before.

    Attributes:
        added: How many are new.
        changed: How many differ, in their bytes or their executable bit.
        deleted: How many are gone.
    """

    added: int = 0
    changed: int = 0
    deleted: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self)


@dataclass(frozen=True, slots=True)
class Files:
    """How the files of a package differ from those before.

    Attributes:
        count: How many.
        paths: The first of them, at most MAX_PATHS, sorted, each with what became of it.
    """

    count: FileCount = field(default_factory=FileCount)
    paths: tuple[tuple[str, FileChange], ...] = ()


@dataclass(frozen=True, slots=True)
class About:
    """What is noted of a deploy when it begins.

    Attributes:
        who: ARN of the identity that deployed; empty when not known.
        size_bytes: Of the package; 0 when not known.
        files: How the package differs from the code before; None when that was not on this computer.
        before: The function's configuration, without environment variables.
        after: The same as the deploy wants it.
        variables: Names of the environment variables, sorted.
    """

    who: str = ""
    size_bytes: int = 0
    files: Files | None = None
    before: Wanted = field(default_factory=Wanted)
    after: Wanted = field(default_factory=Wanted)
    variables: tuple[str, ...] = ()


def about_of(who: str, plan: Plan, old: Contents | None) -> About:
    """What is to be noted of a deploy.

    Args:
        who: ARN of the caller.
        plan: What is about to be done.
        old: What is in the package that is replaced; None when it is not on this computer.
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
    """A function's configuration as far as a deploy can put it back."""
    names = (each.name for each in fields(Wanted) if each.name != "environment")
    return Wanted(**{name: getattr(detail, name) for name in names})


def _files(old: Contents, new: Contents) -> Files:
    found = changed_files(old, new)
    count = [each.change for each in found].count
    return Files(
        FileCount(count(FileChange.ADDED), count(FileChange.CHANGED), count(FileChange.DELETED)),
        tuple((each.path, each.change) for each in found[:MAX_PATHS]),
    )
