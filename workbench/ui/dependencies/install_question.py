"""The question before packages are installed for a declaration for the first time: what, and from where."""

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from workbench.code.dependencies.declared import InstallConsent, InstallNotConfirmed, InstallPreview
from workbench.core.errors import WorkbenchError
from workbench.ui.dependencies.labels import package_count
from workbench.ui.safety.confirm import Question
from workbench.ui.services import Services


def ask_to_install(
    services: Services,
    parent: QWidget,
    preview: InstallPreview,
    then: Callable[[], object],
    declined: Callable[[], object] | None = None,
) -> Question:
    """Shows what would be installed, and remembers a yes for the declaration as it is.

    Args:
        services: The program's.
        parent: The window or dialog.
        preview: What would be installed.
        then: Called after a yes.
        declined: Called after a no.
    """
    words = _tr(
        "%1 requires %2 from %3. Install them? Files are written outside the code, and no "
        "package scripts are run."
    )
    words = words.replace("%1", preview.path).replace("%2", package_count(len(preview.packages)))
    lines = list(preview.packages)
    if preview.constraints:
        lines += ["", _tr("Version constraints:"), *preview.constraints]
    question = Question(
        "installDependencies",
        _tr("Install Dependencies"),
        words.replace("%3", ", ".join(preview.sources)),
        _tr("Install"),
        parent,
        "\n".join(lines),
    )

    def agreed() -> None:
        InstallConsent(services.settings).allow(preview.digest)  # in force even if it cannot be stored
        then()

    if declined is not None:
        question.rejected.connect(declined)
    question.ask(agreed)
    return question


def install_error_handler(
    services: Services,
    parent: QWidget,
    again: Callable[[], object],
    failed: Callable[[WorkbenchError], object],
    declined: Callable[[], object] | None = None,
) -> Callable[[WorkbenchError], None]:
    """What a job does with an error: it asks if packages are to be installed, and begins again after a yes.

    Args:
        services: The program's.
        parent: The window.
        again: Begins the job again.
        failed: Called with any other error.
        declined: Called after a no.
    """

    def handle(error: WorkbenchError) -> None:
        if isinstance(error, InstallNotConfirmed):
            ask_to_install(services, parent, error.preview, again, declined)
        else:
            failed(error)

    return handle


def not_installed(what: str) -> WorkbenchError:
    """The error of something that needs the packages, after a no.

    Args:
        what: What did not happen, one sentence.
    """
    return WorkbenchError(
        what,
        _tr("Its dependencies are not installed, because you did not approve the installation."),
        _tr("Start again and choose Install, or install the packages into the code folder."),
        action="dependencies.install",
    )


def _tr(text: str) -> str:
    return QCoreApplication.translate("Dependencies", text)
