"""How the function is invoked: which version, waiting or not, with which client context."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QWidget

from workbench.core.jobs import Job, JobContext, JobHandle
from workbench.functions.versions import Alias, Version, list_aliases, list_versions
from workbench.invoke.ledger_entry import Mode
from workbench.ui.named import named
from workbench.ui.services import OpenFunction, Services

_QUALIFIER_WIDTH, _MODE_WIDTH = 170, 190
_LATEST = "$LATEST"
_MOST_SHOWN = 200  # of versions, the newest; another number can be typed


class OptionsBar(QWidget):
    """A row of fields.

    Signals:
        changed: Another type of invocation: the limits are others.
    """

    changed = Signal()

    def __init__(self, services: Services) -> None:
        super().__init__()
        named(self, "invokeOptions")
        self._services = services
        self._of = ""  # the function whose qualifiers are listed
        self.qualifier = named(QComboBox(), "invokeQualifier", self.tr("Version or alias"))
        self.qualifier.setEditable(True)  # also what nobody may list
        self.qualifier.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.qualifier.setMinimumWidth(_QUALIFIER_WIDTH)
        self.qualifier.addItem(_LATEST, "")
        self.qualifier.setToolTip(self.tr("The version or alias that is invoked; its name can be typed too"))
        self.mode = named(QComboBox(), "invokeMode", self.tr("Invocation type"))
        self.mode.setMinimumWidth(_MODE_WIDTH)
        self._modes = (
            (self.tr("Synchronous"), Mode.SYNC, False, self.tr("Wait for the answer")),
            (
                self.tr("Synchronous, streamed"),
                Mode.SYNC,
                True,
                self.tr("Show the answer piece by piece as the function writes it"),
            ),
            (
                self.tr("Asynchronous"),
                Mode.ASYNC,
                False,
                self.tr("Lambda queues the event; it retries twice when the function fails"),
            ),
            (
                self.tr("Dry run"),
                Mode.DRY_RUN,
                False,
                self.tr("Only ask whether you may invoke it; the function does not run"),
            ),
        )
        for number, (title, _mode, _streaming, tip) in enumerate(self._modes):
            self.mode.addItem(title)
            self.mode.setItemData(number, tip, Qt.ItemDataRole.ToolTipRole)
        self.context = named(QLineEdit(), "invokeClientContext", self.tr("Client context, as JSON"))
        self.context.setPlaceholderText('{"custom": {"key": "value"}}')
        self.context.setClearButtonEnabled(True)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for words, field in (
            (self.tr("Version"), self.qualifier),
            (self.tr("Type"), self.mode),
            (self.tr("Client context"), self.context),
        ):
            label = QLabel(words)
            label.setBuddy(field)
            layout.addWidget(label)
            layout.addWidget(field, 1 if field is self.context else 0)
        self.mode.currentIndexChanged.connect(self._mode_changed)
        self._mode_changed()

    @property
    def chosen_mode(self) -> Mode:
        """How the function is run."""
        return self._modes[self.mode.currentIndex()][1]

    @property
    def streaming(self) -> bool:
        """Whether the answer is taken in pieces."""
        return self._modes[self.mode.currentIndex()][2]

    @property
    def chosen_qualifier(self) -> str:
        """A version or an alias; empty for $LATEST."""
        typed = self.qualifier.currentText().strip()
        row = self.qualifier.findText(typed)
        return str(self.qualifier.itemData(row)) if row >= 0 else typed

    @property
    def client_context(self) -> str:
        """As typed; empty for none."""
        return self.context.text().strip()

    def show_function(self, function: OpenFunction) -> None:
        """Another function has other versions; a newer state of the same one keeps the choice."""
        if function.detail.function_arn != self._of:
            self._of = function.detail.function_arn
            self._fill(())

    def load(self, function: OpenFunction) -> JobHandle:
        """Reads which versions and aliases there are. What may not be listed can be typed all the same."""
        connection, name = function.connection, function.detail.function_name

        def run(ctx: JobContext) -> tuple[tuple[Version, ...], tuple[Alias, ...]]:
            return list_versions(connection, name, ctx), list_aliases(connection, name, ctx)

        return self._services.jobs.submit(
            Job(
                self.tr("Reading the versions of %1").replace("%1", name),
                run,
                quiet=True,
                on_done=lambda found: self._show(*found),
                on_error=lambda error: self.qualifier.setToolTip(str(error)),
            )
        )

    def _show(self, versions: Sequence[Version], aliases: Sequence[Alias]) -> None:
        rows = [
            (self.tr("%1 (version %2)").replace("%1", each.name).replace("%2", each.version), each.name)
            for each in aliases
        ]
        numbers = [each.version for each in versions if each.version != _LATEST]
        numbers.sort(key=lambda number: -int(number) if number.isdecimal() else 0)
        self._fill((*rows, *((number, number) for number in numbers[:_MOST_SHOWN])))

    def _fill(self, rows: Sequence[tuple[str, str]]) -> None:
        chosen = self.chosen_qualifier if rows else ""
        self.qualifier.clear()
        self.qualifier.addItem(_LATEST, "")
        for title, qualifier in rows:
            self.qualifier.addItem(title, qualifier)
        row = self.qualifier.findData(chosen)
        if row >= 0:
            self.qualifier.setCurrentIndex(row)
        else:
            self.qualifier.setEditText(chosen)

    def _mode_changed(self) -> None:
        self.mode.setToolTip(self._modes[self.mode.currentIndex()][3])
        self.changed.emit()
