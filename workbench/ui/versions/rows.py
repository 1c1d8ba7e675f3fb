"""Versions and aliases as rows of the tab's tables."""

from workbench.functions.versions import Alias, Version
from workbench.ui.rows_model import TableRow
from workbench.ui.units import size_text

_SHORT_SHA = 12


def alias_row(alias: Alias) -> TableRow:
    """Where an alias points, and who gets which share."""
    weights = ", ".join(f"{version}: {_percent(weight)}" for version, weight in _shares(alias))
    return TableRow((alias.name, alias.version, weights, alias.description))


def version_row(version: Version, aliases: tuple[Alias, ...]) -> TableRow:
    """What a version is, and which aliases point to it."""
    names = []
    for alias in aliases:
        shares = dict(_shares(alias))
        if alias.version == version.version or version.version in shares:
            share = shares.get(version.version, 1)
            names.append(alias.name if share == 1 else f"{alias.name} ({_percent(share)})")
    modified, full = "", ""
    if version.last_modified is not None:
        modified = version.last_modified.astimezone().strftime("%Y-%m-%d %H:%M")
        full = version.last_modified.isoformat(timespec="seconds")
    return TableRow(
        (
            version.version,
            ", ".join(names),
            version.description,
            version.runtime,
            version.code_sha256[:_SHORT_SHA],
            size_text(version.code_size_bytes),
            modified,
        ),
        ((4, version.code_sha256), (5, str(version.code_size_bytes)), (6, full)),
    )


def _shares(alias: Alias) -> list[tuple[str, float]]:
    """Which version gets which share of the alias's calls; empty when all go to one."""
    if not alias.weights:
        return []
    rest = 1 - sum(weight for _, weight in alias.weights)
    return [(alias.version, rest), *alias.weights]


def _percent(share: float) -> str:
    return f"{share * 100:.4g} %"
