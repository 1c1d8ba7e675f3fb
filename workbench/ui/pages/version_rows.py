"""The columns of versions and of aliases."""

from collections.abc import Callable

from workbench.core.messages import _
from workbench.functions.versions import Alias, Version
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import size_text

_SHORT_SHA = 12


def alias_columns() -> tuple[Column[Alias], ...]:
    """Where an alias points, and who gets which share."""
    return (
        Column(_("Alias"), lambda alias: alias.name, 180),
        Column(_("Version"), lambda alias: alias.version, 90),
        Column(_("Weights"), _weights, 220),
        Column(_("Description"), lambda alias: alias.description),
    )


def version_columns(aliases: Callable[[], tuple[Alias, ...]]) -> tuple[Column[Version], ...]:
    """What a version is, and which aliases point to it."""
    return (
        Column(_("Version"), lambda version: version.version, 90),
        Column(_("Aliases"), lambda version: _names(version, aliases()), 180),
        Column(_("Description"), lambda version: version.description),
        Column(_("Runtime"), lambda version: version.runtime, 110),
        Column(
            _("Code SHA-256"),
            lambda version: version.code_sha256[:_SHORT_SHA],
            130,
            full=lambda version: version.code_sha256,
        ),
        Column(
            _("Code size"),
            lambda version: size_text(version.code_size_bytes),
            90,
            full=lambda version: str(version.code_size_bytes),
        ),
        Column(_("Last modified"), modified_text, 150, full=_moment),
    )


def modified_text(version: Version) -> str:
    """When a version was last modified, in local time; empty where that is not known."""
    modified = version.last_modified
    return modified.astimezone().strftime("%Y-%m-%d %H:%M") if modified else ""


def _moment(version: Version) -> str:
    return version.last_modified.isoformat(timespec="seconds") if version.last_modified else ""


def _weights(alias: Alias) -> str:
    return ", ".join(f"{version}: {_percent(weight)}" for version, weight in _shares(alias))


def _names(version: Version, aliases: tuple[Alias, ...]) -> str:
    names = []
    for alias in aliases:
        shares = dict(_shares(alias))
        if alias.version == version.version or version.version in shares:
            share = shares.get(version.version, 1)
            names.append(alias.name if share == 1 else f"{alias.name} ({_percent(share)})")
    return ", ".join(names)


def _shares(alias: Alias) -> list[tuple[str, float]]:
    """Which version gets which share of the alias's calls; empty when all go to one."""
    if not alias.weights:
        return []
    rest = 1 - sum(weight for _, weight in alias.weights)
    return [(alias.version, rest), *alias.weights]


def _percent(share: float) -> str:
    return f"{share * 100:.4g} %"
