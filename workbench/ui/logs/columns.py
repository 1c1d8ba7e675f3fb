"""Which keys of JSON lines are columns: the button, and what was chosen last.

Owns: the choice. Must not know: how the table shows them.
"""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMenu, QToolButton

from workbench.core.jobs import Job
from workbench.logs.buffer import Rows
from workbench.logs.parse import MESSAGE, keys_in
from workbench.ui.named import named
from workbench.ui.preferences import Preference
from workbench.ui.services import Services

_CHOSEN: Preference[list[str]] = Preference("logs.columns", [])
_LOOKED_AT = 1000
_MOST = 40
_USUAL = (MESSAGE, "msg", "requestId")
_LEFT_OUT = ("timestamp", "time", "level")
_FIRST = 4


class Columns(QObject):
    """The menu of the keys that the newest lines have.

    Signals:
        changed(tuple): These keys are columns, in this order.
    """

    changed = Signal(tuple)

    def __init__(self, services: Services, rows: Callable[[], Rows]) -> None:
        super().__init__()
        self._services = services
        self._rows = rows
        self.keys: tuple[str, ...] = ()
        self.button = named(QToolButton(), "logsColumns", self.tr("Columns"))
        self.button.setText(self.tr("Columns"))
        self.button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = named(QMenu(self.button), "logsColumnsMenu", self.tr("Columns"))
        self._menu.aboutToShow.connect(self.look)
        self.button.setMenu(self._menu)

    def forget(self) -> None:
        """Another log: its keys are not known."""
        self.keys = ()

    def look(self) -> None:
        """Reads which keys there are, in a job, and shows the columns."""
        rows = self._rows()
        count = len(rows)
        self._services.jobs.submit(
            Job(
                self.tr("Reading the keys of JSON log lines"),
                lambda _ctx: keys_in(row.text for row in rows.each(max(0, count - _LOOKED_AT), count)),
                replaces="logs.columns",
                quiet=True,
                on_done=self._take,
            )
        )

    @property
    def chosen(self) -> tuple[str, ...]:
        """The columns: those chosen once that lines have, else what most logs have."""
        chosen = [str(key) for key in _CHOSEN.read(self._services.settings)]
        known = tuple(key for key in chosen if key in self.keys or key == MESSAGE)
        if known:
            return known
        usual = [key for key in _USUAL if key in self.keys]
        rest = [key for key in self.keys if key not in (*_USUAL, *_LEFT_OUT)]
        return tuple((usual + rest)[:_FIRST]) or (MESSAGE,)

    def _take(self, keys: tuple[str, ...]) -> None:
        is_new = keys != self.keys
        self.keys = keys
        if is_new or not self._menu.actions():
            self._menu.clear()
            chosen = self.chosen
            for key in dict.fromkeys((*chosen, *keys[:_MOST])):
                action = self._menu.addAction(key)
                action.setCheckable(True)
                action.setChecked(key in chosen)
                action.toggled.connect(lambda on, key=key: self._toggle(key, on))
            self.changed.emit(chosen)

    def _toggle(self, key: str, on: bool) -> None:
        chosen = [each for each in self.chosen if each != key] + ([key] if on else [])
        self._services.settings.set(_CHOSEN.key, chosen)
        self.changed.emit(tuple(chosen))
