"""The question before packages are installed for a declaration for the first time: what, and from where."""

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from workbench.code.dependencies.declared import InstallConsent, InstallNotConfirmed, InstallPreview
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _, ngettext
from workbench.ui.kit.dialog import Question
from workbench.ui.shell.services import Services


def package_count(packages: int) -> str:
    """A number of packages."""
    return ngettext("{count} package", "{count} packages", packages).format(count=f"{packages:,}")


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
    words = _(
        "{path} requires {package_count} from {names}. Install them? Files are written outside "
        "the code, and no "
        "package scripts are run."
    )
    lines = list(preview.packages)
    if preview.constraints:
        lines += ["", _("Version constraints:"), *preview.constraints]
    question = Question(
        "installDependencies",
        _("Install Dependencies"),
        words.format(
            path=preview.path,
            package_count=package_count(len(preview.packages)),
            names=", ".join(preview.sources),
        ),
        _("Install"),
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
        _("Its dependencies are not installed, because you did not approve the installation."),
        _("Start again and choose Install, or install the packages into the code folder."),
        action="dependencies.install",
    )
