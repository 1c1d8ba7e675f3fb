"""The Logs tab among the other parts of the window."""

from PySide6.QtCore import QObject

from workbench.ui.code_places import CodePlaces
from workbench.ui.pages.base import Page
from workbench.ui.pages.triggers import TriggersPage
from workbench.ui.parts import Parts


class LogsController(QObject):
    """Connects the Logs tab with code, tests and triggers."""

    def __init__(self, parts: Parts, triggers: Page) -> None:
        super().__init__(parts.window)
        assert isinstance(triggers, TriggersPage)
        self._parts = parts
        self._triggers = triggers
        parts.logs.notice.connect(parts.window.function_banners.show_notice)
        parts.services.actions.bind("view.insights", self._show_insights)
        parts.logs.cause_wanted.connect(self._show_cause)
        parts.logs.view.event_wanted.connect(self._use_event)
        self._places = CodePlaces(parts)
        parts.logs.view.place_wanted.connect(self._show_source)

    def _show_insights(self) -> None:
        self._parts.window.page.show_tab("logsPage")
        self._parts.logs.show_insights()

    def _use_event(self, text: str) -> None:
        """Uses a logged event as the test event; Undo brings back the previous text."""
        self._parts.window.page.show_tab("testPage")
        self._parts.test.take_text(text)

    def _show_source(self, path: str, line: int, source: str) -> None:
        """A line of the open function's code; of the other functions whose log is read it is not open."""
        function = self._parts.window.page.function
        if function is not None and source in ("", function.detail.function_name):
            self._places.show(path, line)

    def _show_cause(self, source_arn: str) -> None:
        """Shows the trigger of this source once the triggers are read, or that there is none any more."""
        self._triggers.look_for(source_arn)
        self._parts.window.page.show_tab("triggersPage")
