"""Go to symbol in all files: every name that the open code defines, found by a few letters."""

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from workbench.code.syntax import Symbol, scan_symbols
from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _
from workbench.ui.pages.code import CodePage
from workbench.ui.quick_pick import Pick, PickTexts, QuickPick
from workbench.ui.services import Services

_KEY = "code.symbols"


class GoToSymbol(QuickPick):
    """Shows the names, own ones first, and goes to the one that is chosen.

    What was found last time is there at once, while the files are read again.

    Args:
        window: The window it lies over.
        services: Run the reading.
        code: Whose files they are.
    """

    def __init__(self, window: QWidget, services: Services, code: CodePage) -> None:
        texts = PickTexts(
            _("Go to symbol in all files"),
            _("Symbol"),
            _("Symbols"),
            _("Type part of a function, class or variable name"),
            _("No names match “{query}”."),
        )
        super().__init__(window, "goToSymbol", texts, self._go)
        self._services = services
        self._code = code
        self._found: tuple[Symbol, ...] = ()
        self._found_in: Workspace | None = None

    def open(self) -> None:
        """Shows the names; called again, goes away."""
        workspace = self._code.workspace
        if self.isVisible():
            self.dismiss()
        elif workspace is not None:
            if workspace is not self._found_in:
                self._found, self._found_in = (), workspace
            self.show_picks(_picks(self._found))
            if not self._found:
                self.renew((), _("Searching for symbols…"))
            self._code.files.typed(lambda typed: self._read(workspace, typed))

    def _read(self, workspace: Workspace, typed: dict[str, str]) -> None:
        def run(ctx: JobContext) -> tuple[Symbol, ...]:
            drafts = {draft.path: draft.text for draft in workspace.drafts()}
            return scan_symbols(workspace.root, drafts | typed, ctx)

        self._services.jobs.submit(
            Job(
                _("Searching for symbols"),
                run,
                replaces=_KEY,
                quiet=True,
                on_done=lambda found: self._show(workspace, found),
                on_error=lambda error: self._fail(workspace, error),
            )
        )

    def _show(self, workspace: Workspace, found: Sequence[Symbol]) -> None:
        if workspace is self._found_in:
            self._found = tuple(found)
            words = _("No names match “{query}”.") if found else _("The code has no names to go to.")
            self.renew(_picks(self._found), words)

    def _fail(self, workspace: Workspace, error: WorkbenchError) -> None:
        if workspace is self._found_in:
            self.renew((), str(error))

    def _go(self, number: str) -> None:
        place = self._found[int(number)]
        if self._found_in is self._code.workspace:
            self._code.files.reveal(place.path, place.line, place.column)


def _picks(found: Sequence[Symbol]) -> list[Pick]:
    return [
        Pick(str(number), each.name, f"{each.path}:{each.line}", each.kind)
        for number, each in enumerate(found)
    ]
