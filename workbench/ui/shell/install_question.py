"""The question before packages are installed for a declaration for the first time: what, and from where."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QCheckBox, QWidget

from workbench.code.dependencies.declared import InstallConsent, InstallNotConfirmed, InstallPreview
from workbench.code.dependencies.store import DependencyStore
from workbench.code.dependencies.use import keep_lock
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _, ngettext
from workbench.ui.kit.dialog import Question
from workbench.ui.kit.text import named, tool_tip
from workbench.ui.shell.messages import Message
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
    words = (
        _(
            "{path} has no lock file. npm chose these versions: {package_count} from {names}. Install them? "
            "Files are written outside the code, and no package scripts are run."
        )
        if preview.is_resolved
        else _(
            "{path} requires {package_count} from {names}. Install them? Files are written outside "
            "the code, and no package scripts are run."
        )
    ).format(
        path=preview.path,
        package_count=package_count(len(preview.packages)),
        names=", ".join(preview.sources),
    )
    if preview.new_hosts:
        asked = ngettext(
            "{hosts} is not one of your package indexes. Install allows it for this project.",
            "{hosts} are not among your package indexes. Install allows them for this project.",
            len(preview.new_hosts),
        )
        words = f"{words}\n\n{asked.format(hosts=', '.join(preview.new_hosts))}"
    lines = [line for note in preview.notes for line in (note, "")] + list(preview.packages)
    if preview.constraints:
        lines += ["", _("Version constraints:"), *preview.constraints]
    question = Question(
        "installDependencies",
        _("Install Dependencies"),
        words,
        _("Install"),
        parent,
        "\n".join(lines),
    )
    keep = QCheckBox(_("Keep these versions in package-lock.json"), question)
    named(keep, "installDependenciesKeep")
    keep.setToolTip(tool_tip(preview.keep_in))
    keep.setVisible(bool(preview.keep_in))
    question.content.addWidget(keep)

    def agreed() -> None:
        InstallConsent(services.settings).allow(preview)  # in force even if it cannot be stored
        if preview.keep_in and keep.isChecked():
            _keep_lock(services, Path(preview.keep_in), then)
        else:
            then()

    if declined is not None:
        question.rejected.connect(declined)
    question.ask(agreed)
    return question


def _keep_lock(services: Services, folder: Path, then: Callable[[], object]) -> None:
    """Writes the lock file first, so that what is packed has it. Without it the packages are the same."""
    store = DependencyStore(services.paths.cache_dir / "dependencies", policy=services.policy)

    def failed(error: WorkbenchError) -> None:
        services.messages.add(Message(error, "warning", services.clock.now()))
        then()

    services.jobs.start(
        _("Writing package-lock.json"),
        lambda ctx: keep_lock(folder, store, InstallConsent(services.settings), ctx),
        on_done=lambda _path: then(),
        on_error=failed,
        on_cancelled=then,
    )


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
