"""The outline on the Code tab: where it stands, when it is shown, what it hears and what it asks for."""

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QSplitter

from workbench.core.messages import _
from workbench.ui.editor import Symbol
from workbench.ui.outline import Outline
from workbench.ui.pages.code import CodePage
from workbench.ui.preferences import EDITOR_OUTLINE
from workbench.ui.services import Services

_SIZES = (3, 2)  # the file tree's part of the height, and the outline's


class OutlineFlow(QObject):
    """Lives as long as the Code tab, and binds its own action."""

    def __init__(self, services: Services, code: CodePage) -> None:
        super().__init__(code)
        self._services = services
        self._code, self._editor = code, code.files.editor
        self._uri = ""
        self._is_plain = False
        self.outline = Outline(services.icons, services.theme)
        column = code.findChild(QSplitter, "codeColumn")
        assert isinstance(column, QSplitter)
        column.addWidget(self.outline)
        column.setSizes([part * 1_000 for part in _SIZES])
        for number, part in enumerate(_SIZES):
            column.setStretchFactor(number, part)
        self._editor.outline.told.connect(self._show)
        self._editor.cursor_moved.connect(lambda line, _column: self.outline.follow(line))
        self._editor.fell_back.connect(self._go_without)
        self.outline.chosen.connect(self._go)
        code.workspace_changed.connect(self._forget)
        services.actions.bind("view.outline", self.toggle)
        self._apply()

    def toggle(self) -> None:
        """Shows or hides it, from now on."""
        wanted = not EDITOR_OUTLINE.read(self._services.settings)
        self._services.settings.set(EDITOR_OUTLINE.key, wanted)
        self._apply()

    def _apply(self) -> None:
        wanted = EDITOR_OUTLINE.read(self._services.settings)
        self.outline.setVisible(wanted)
        self._editor.outline.want(wanted=wanted and not self._is_plain)

    def _go_without(self) -> None:
        self._is_plain = True
        self.outline.say(_("The plain editor has no outline."))

    def _forget(self) -> None:
        """Another function is opened: until its file is told, nothing of the one before is shown."""
        if self._code.workspace is None:
            self.outline.say("")

    def _show(self, uri: str, symbols: tuple[Symbol, ...]) -> None:
        self._uri = uri
        if uri:
            self.outline.show_symbols(symbols)
        else:
            self.outline.say(_("No file is open."))

    def _go(self, line: int, column: int) -> None:
        if self._uri == self._editor.shown_uri():
            self._editor.reveal(self._uri, line, column)
            self._editor.focus_text()
