"""Does the steps of Getting Started and notes which are done; shows the user guide, and opens projects."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QHBoxLayout,
    QListWidget,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from workbench.core.files import resources_dir
from workbench.core.messages import _
from workbench.functions import template_functions
from workbench.invoke.history import Mode
from workbench.profiles.model import ProfileKind
from workbench.sandbox import REGION
from workbench.sandbox.samples import HELLO
from workbench.ui.editor import Snapshot
from workbench.ui.kit.dialog import BaseDialog
from workbench.ui.kit.file_dialog import FileDialog
from workbench.ui.kit.text import PlainLabel, named
from workbench.ui.pages.code import CodePage
from workbench.ui.pages.test import TestPage
from workbench.ui.shell.actions import ActionSpec
from workbench.ui.shell.context import Context
from workbench.ui.shell.getting_started_card import GettingStarted, Step, Steps, StepsPanel
from workbench.ui.shell.invoker import Invocation
from workbench.ui.shell.services import OpenFunction

_GREETING = re.compile(r"""GREETING = .*(["'])(?P<text>.*?)\1\W*$""")  # a line of the sample's code
_DONE, _FOLDER = "getting_started.done", "getting_started.project_folder"
_KEY = "getting_started"
_GUIDE_LIST_WIDTH, _GUIDE_SIZE = 220, (860, 600)


@dataclass(frozen=True, slots=True)
class GuidePage:
    """A page.

    Attributes:
        title: Its first line, which begins with "# ".
        paragraphs: The paragraphs below it, each with the role of its label: "heading" or "".
    """

    title: str
    paragraphs: tuple[tuple[str, str], ...]


def read_guide(folder: Path) -> tuple[GuidePage, ...]:
    """Reads the pages, in the order of their file names.

    A file is UTF-8. Paragraphs are separated by empty lines; one that begins with "## " is a heading, and
    the lines of all others are joined, except before "- " or a number, which begin an entry of a list.
    """
    return tuple(_page(path.read_text("utf-8")) for path in sorted(folder.glob("*.md")))


def _page(text: str) -> GuidePage:
    title, *rest = (each for each in text.split("\n\n") if each.strip())
    return GuidePage(title.removeprefix("# ").strip(), tuple(map(_paragraph, rest)))


def _paragraph(text: str) -> tuple[str, str]:
    text = text.strip()
    if text.startswith("## "):
        return text.removeprefix("## "), "heading"
    lines: list[str] = []
    for line in text.split("\n"):
        is_entry = line.startswith("- ") or line.partition(". ")[0].isdigit()
        if lines and not is_entry:
            lines[-1] += f" {line.strip()}"
        else:
            lines.append(line.replace("- ", "•  ", 1) if line.startswith("- ") else line)
    return "\n".join(lines), ""


class Guide(BaseDialog):
    """The user guide: the pages on the left, the chosen one on the right. It stays open beside the window.

    Args:
        parent: The window.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "guide", _("User guide"))
        self.setWindowTitle(_("User Guide"))
        self.pages = named(QListWidget(), "guidePages", _("Pages"))
        self.pages.setFixedWidth(_GUIDE_LIST_WIDTH)
        self.pages.ensurePolished()  # else its rows are as high as without the style sheet
        self._shown = QStackedWidget()
        for page in read_guide(resources_dir() / "guide"):
            self.pages.addItem(page.title)
            self._shown.addWidget(_view(page))
        buttons = named(QDialogButtonBox(QDialogButtonBox.StandardButton.Close), "guideButtons")
        buttons.rejected.connect(self.reject)
        both = QHBoxLayout()
        both.setSpacing(0)
        both.addWidget(self.pages)
        both.addWidget(self._shown, 1)
        layout = self.add_column()
        layout.addLayout(both, 1)
        layout.addWidget(buttons)
        self.pages.currentRowChanged.connect(self._shown.setCurrentIndex)
        self.pages.setCurrentRow(0)
        self.resize(*_GUIDE_SIZE)
        self.pages.setFocus()


def _view(page: GuidePage) -> QScrollArea:
    content = QWidget()
    rows = QVBoxLayout(content)
    rows.setContentsMargins(24, 12, 24, 12)
    rows.setSpacing(10)
    for text, role in ((page.title, "title"), *page.paragraphs):
        label = named(PlainLabel(text), "guideParagraph", role=role)
        label.setWordWrap(True)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        rows.addWidget(label)
    rows.addStretch(1)
    area = named(QScrollArea(), "guideText", page.title)
    area.setWidgetResizable(True)
    area.setWidget(content)
    return area


def activate(context: Context) -> None:
    """Adds the steps, the guide and projects."""
    flow = GettingStartedFlow(context)
    context.action(
        ActionSpec("help.getting_started", _("Getting Started"), icon="circle-check"),
        flow.show,
        after=_("&Help"),
    )
    context.action(
        ActionSpec("help.guide", _("User Guide"), "F1", "file-text"),
        flow.show_guide,
        after="help.getting_started",
    )
    context.services.actions.bind("file.open_project", flow.ask_for_project)


class GettingStartedFlow(QObject):
    """Does the steps and notes which are done."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._context, self._actions = context, context.services.actions
        self._window, self._settings = context.window, context.services.settings
        self._files = context.page(CodePage).files
        self._test = context.page(TestPage)
        self._card: GettingStarted = self._window.page.empty
        self._panel = StepsPanel(context.services.icons)
        self._panel.hide()
        self._panel.closed.connect(self._close_panel)
        self._window.functions.add_below(self._panel)
        self._guide: Guide | None = None
        self._then: Callable[[], object] | None = None  # once the sample is open
        stored: list[str] = self._settings.get(_DONE, [])
        self._done = {step for step in Step if step.value in stored}
        self._sha256 = ""  # of the code that the deploy under way replaces
        for steps in self._lists:
            steps.set_done(self._done)
            steps.wanted.connect(self._do)
        self._listen()
        if (step := self._card.steps.pressed) is not None:
            self._do(step)  # pressed before there was anyone to hear it

    @property
    def _lists(self) -> tuple[Steps, Steps]:
        return self._card.steps, self._panel.steps

    def _listen(self) -> None:
        context = self._context
        context.session.changed.connect(self._session_changed)
        context.function_opened.connect(self._function_opened)
        context.deploy_started.connect(self._deploying)
        context.deployed.connect(self._deployed)
        context.charts_answered.connect(lambda: self._mark(Step.METRICS))
        self._files.saved.connect(lambda _uri, _text: self._mark(Step.EDIT))
        context.invoker.finished.connect(self._invoked)

    def show(self) -> None:
        """Shows the steps: as the card, or below the list while a function is open."""
        if self._context.function is None:
            self._card.steps.focus_next()
            return
        self._window.show_functions()
        self._panel.show()
        self._panel.steps.focus_next()

    def _close_panel(self) -> None:
        self._panel.hide()
        self._window.page.focus_tab()

    # What was done ------------------------------------------------------------------------------------------

    def _mark(self, step: Step) -> None:
        if step in self._done:
            return
        self._done.add(step)
        self._settings.set(_DONE, [each.value for each in Step if each in self._done])
        for steps in self._lists:
            steps.set_done(self._done)

    def _deploying(self) -> None:
        function = self._context.function
        self._sha256 = function.detail.code_sha256 if function else ""

    def _deployed(self, function: OpenFunction) -> None:
        if function.detail.code_sha256 != self._sha256:  # else it was deployed already
            self._mark(Step.DEPLOY)

    def _invoked(self, invocation: Invocation) -> None:
        if invocation.request.mode in (Mode.SYNC, Mode.ASYNC):
            self._mark(Step.INVOKE)

    def _session_changed(self) -> None:
        self._then = None
        self._card.set_sandbox(is_sandbox=self._is_sandbox)

    @property
    def _is_sandbox(self) -> bool:
        return self._context.session.profile.kind is ProfileKind.SANDBOX

    # What is asked for --------------------------------------------------------------------------------------

    def _do(self, step: Step) -> None:
        run = {
            Step.EDIT: self._edit,
            Step.DEPLOY: self._actions["function.deploy"].trigger,
            Step.INVOKE: self._invoke,
            Step.METRICS: self._actions["view.metrics"].trigger,
        }[step]
        if self._context.function is not None:
            run()
        elif self._is_sandbox and self._window.functions.model.index_of(HELLO).isValid():
            self._then = run
            self._context.open_function(HELLO)
        else:
            self._window.search_functions()
            why = _("Choose a function from the list, or create one.")
            if self._is_sandbox and self._context.session.region != REGION:
                why = _("Choose or create a function. The samples are in {region}.").format(region=REGION)
            self._window.banners.show_notice(_("No function is open."), why, key=_KEY)

    def _function_opened(self) -> None:
        self._window.banners.dismiss(_KEY)
        then, self._then = self._then, None
        if then is not None:
            self._window.show_functions()
            self._panel.show()
            then()

    def _edit(self) -> None:
        self._window.page.show_tab("codePage")
        files = self._files
        files.editor.focus_text()
        if self._is_hello and files.current_path():
            self._go_to_greeting()
        elif self._is_hello:  # the code is still being read
            files.opened.connect(self._go_to_greeting, Qt.ConnectionType.SingleShotConnection)

    @property
    def _is_hello(self) -> bool:
        function = self._context.function
        return self._is_sandbox and function is not None and function.detail.function_name == HELLO

    def _go_to_greeting(self) -> None:
        """Selects the greeting that the step speaks of, as long as it is there: what is typed replaces it."""
        files = self._files
        path = files.current_path()

        def found(snapshot: Snapshot) -> None:
            for number, line in enumerate(snapshot.text.splitlines(), 1):
                if greeting := _GREETING.match(line):
                    files.reveal(path, number, greeting.start("text") + 1, greeting.end("text") + 1)

        files.editor.text(files.uri_of_open(path), found)

    def _invoke(self) -> None:
        test, invoke = self._test, self._actions["function.invoke"]
        self._window.page.show_tab("testPage")
        if test.text.toPlainText():
            invoke.trigger()
        else:  # the test event is still being read
            test.event_shown.connect(invoke.trigger, Qt.ConnectionType.SingleShotConnection)

    def show_guide(self) -> None:
        """Shows the user guide beside the window."""
        if self._guide is None:
            self._guide = Guide(self._window)
        self._guide.show()
        self._guide.raise_()
        self._guide.activateWindow()

    # A project ----------------------------------------------------------------------------------------------

    def ask_for_project(self) -> None:
        """Asks for the folder of a project."""
        start = self._settings.get(_FOLDER, "")
        dialog = FileDialog("openProject", _("Open Project"), self._window, start)
        dialog.ask_for_folder(_("Open"))
        dialog.fileSelected.connect(lambda folder: self.open_project(Path(folder)))
        dialog.open()

    def open_project(self, folder: Path) -> None:
        """Shows the functions of the folder's template, or makes a function of the folder if it has none."""
        self._settings.set(_FOLDER, str(folder.parent))

        def find(_ctx: object) -> Path | None:
            return next(
                (folder / name for name in template_functions.TEMPLATE_NAMES if (folder / name).is_file()),
                None,
            )

        def found(template: Path | None) -> None:
            if template is not None:
                self._context.navigate("template", template)
            else:
                self._context.navigate("new_function", folder)

        self._context.services.jobs.start(
            _("Looking into {folder}").format(folder=folder.name),
            find,
            replaces="getting_started.project",
            quiet=True,
            on_done=found,
        )
