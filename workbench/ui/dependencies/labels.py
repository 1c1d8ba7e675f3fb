"""Texts about dependencies."""

from workbench.code.dependencies.inventory import SizeNode
from workbench.code.dependencies.use import DependencyState, DependencyStatus
from workbench.code.dependencies.xray import Level
from workbench.core.messages import _, ngettext


def title_of(node: SizeNode) -> str:
    """What a part is called."""
    return node.name or _("Your code")


def level_label(level: Level) -> str:
    """The severity of a finding."""
    words = {Level.ERROR: _("Error"), Level.WARNING: _("Warning"), Level.INFO: _("Note")}
    return words[level]


def status_text(status: DependencyStatus, packages: int) -> str:
    """The state of the dependencies in a sentence.

    Args:
        status: How they stand.
        packages: How many are in the package.
    """
    path = status.declaration.path if status.declaration else ""
    layer = ":".join(status.used.layer_arn.split(":")[-2:]) if status.used else ""
    words = {
        DependencyState.NONE: _("The code declares no dependencies.")
        if not packages
        else _("{packages} in the code folder."),
        DependencyState.AS_DEPLOYED: _("{path} has not changed since the last deployment."),
        DependencyState.IN_FOLDER: _(
            "Packages are installed in the folder itself and are not changed by Workbench."
        ),
        DependencyState.READY: _("{packages} from {path} in the package."),
        DependencyState.IN_LAYER: _("The packages of {path} are in the layer {layer}."),
        DependencyState.CHANGED: _(
            "The packages of {path} are not installed. The next deployment installs them."
        )
        if status.is_confirmed
        else _("The packages of {path} are not installed. The next deployment asks before it installs them."),
    }
    text = words[status.state]
    return text.format(path=path, packages=package_count(packages), layer=layer)


def package_count(packages: int) -> str:
    """A number of packages."""
    return ngettext("{count} package", "{count} packages", packages).format(count=f"{packages:,}")
