"""What one package says for the next: whether that can rely on it, and what is remembered.

Must not know: where that is kept (memory.py).
"""

from collections.abc import Set

from workbench.code.names import ENVIRONMENT_MARK
from workbench.code.package.assemble import Assembled
from workbench.code.package.layout import Last, Plan
from workbench.code.package.model import Package
from workbench.code.package.output import Mark
from workbench.code.package.patterns import Secret
from workbench.code.package.scan import Rules, Scan


def can_be_merged(touched: Set[str], last: Last) -> bool:
    """Whether touched files change nothing for others.

    Empty folders, virtual environments, links and lists of installed files do.
    """
    rules = last.rules
    if Secret.INSTALLED in last.secrets.values() and any(path.endswith("/RECORD") for path in touched):
        return False
    makes_environment = rules.in_project and any(path.endswith(ENVIRONMENT_MARK) for path in touched)
    return not (rules.empty_folders or last.has_links or makes_environment)


def is_known(last: Last | None, rules: Rules, found: Scan) -> bool:
    """Whether all that would be remembered of an unchanged package is remembered."""
    if last is None or not last.marks or last.rules != rules:
        return False
    known = (last.walked, last.has_links, last.secrets)
    return known == (found.walked, found.has_links, found.secrets)


def as_last(
    package: Package,
    rules: Rules,
    assembled: Assembled,
    plan: Plan,
    last: Last | None,
    found: Scan,
    marks: tuple[Mark, ...],
) -> Last:
    """What the next package begins with."""
    entries = assembled.entries
    if last is not None and plan.same_paths:
        positions = last.positions
        by_path = dict(last.by_path)  # copying is quicker than making
        by_path.update((entry.path, entry) for entry in entries[plan.first :])
    else:
        by_path = {entry.path: entry for entry in entries}
        positions = {entry.path: place for place, entry in enumerate(entries)}
    return Last(
        package, rules, entries, by_path, positions, assembled.offsets,
        assembled.central, plan.names, marks, found.walked, found.has_links, found.secrets, plan.notes,
        assembled.unpacked_bytes,
    )  # fmt: skip
