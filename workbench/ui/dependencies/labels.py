"""Texts about dependencies."""

from PySide6.QtCore import QCoreApplication

from workbench.code.dependencies.inventory import SizeNode
from workbench.code.dependencies.use import DependencyState, DependencyStatus
from workbench.code.dependencies.xray import Level


def tr(text: str) -> str:
    """The text in the user's language."""
    return QCoreApplication.translate("Dependencies", text)


def title_of(node: SizeNode) -> str:
    """What a part is called."""
    return node.name or tr("Your code")


def level_label(level: Level) -> str:
    """The severity of a finding."""
    words = {Level.ERROR: tr("Error"), Level.WARNING: tr("Warning"), Level.INFO: tr("Note")}
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
        DependencyState.NONE: tr("The code declares no dependencies.")
        if not packages
        else tr("%2 in the code folder."),
        DependencyState.AS_DEPLOYED: tr("%1 has not changed since the last deployment."),
        DependencyState.IN_FOLDER: tr(
            "Packages are installed in the folder itself and are not changed by Workbench."
        ),
        DependencyState.READY: tr("%2 from %1 in the package."),
        DependencyState.IN_LAYER: tr("The packages of %1 are in the layer %3."),
        DependencyState.CHANGED: tr(
            "The packages of %1 are not installed. The next deployment installs them."
        )
        if status.is_confirmed
        else tr("The packages of %1 are not installed. The next deployment asks before it installs them."),
    }
    text = words[status.state]
    return text.replace("%1", path).replace("%2", package_count(packages)).replace("%3", layer)


def package_count(packages: int) -> str:
    """A number of packages."""
    return tr("1 package") if packages == 1 else tr("%1 packages").replace("%1", f"{packages:,}")
