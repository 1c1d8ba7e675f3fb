"""How the function is invoked: which version, waiting or not, with which client context, for which tenant."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QEnterEvent, QFocusEvent
from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobHandle
from workbench.core.messages import _
from workbench.functions.versions import Alias, Version, list_both
from workbench.invoke.history import Mode
from workbench.ui.kit.flow_layout import FlowLayout
from workbench.ui.kit.text import PlainLabel, tool_tip
from workbench.ui.kit.text_size import scaled
from workbench.ui.named import named
from workbench.ui.services import OpenFunction, Services

_QUALIFIER_WIDTH, _MODE_WIDTH, _TENANT_WIDTH = 170, 190, 120
_LATEST = "$LATEST"
_MAX_SHOWN = 200  # of versions, the newest; another number can be typed


class _LazyBox(QComboBox):
    """Says that its list is about to be looked at: filling it takes calls that most visits do not need."""

    wanted = Signal()

    def enterEvent(self, event: QEnterEvent) -> None:
        self.wanted.emit()
        super().enterEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.wanted.emit()
        super().focusInEvent(event)

    def showPopup(self) -> None:
        self.wanted.emit()
        super().showPopup()


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
        self._function: OpenFunction | None = None
        self._job: JobHandle | None = None
        self.qualifier = named(_LazyBox(), "invokeQualifier", _("Version or alias"))
        self.qualifier.setEditable(True)  # also what nobody may list
        self.qualifier.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.qualifier.setMinimumWidth(scaled(_QUALIFIER_WIDTH))
        self.qualifier.addItem(_LATEST, "")
        self.qualifier.setToolTip(_("The version or alias to invoke. You can also type its name."))
        self.mode = named(QComboBox(), "invokeMode", _("Invocation type"))
        self.mode.setMinimumWidth(scaled(_MODE_WIDTH))
        self._modes = (
            (_("Synchronous"), Mode.SYNC, False, _("Wait for the response")),
            (
                _("Synchronous, streamed"),
                Mode.SYNC,
                True,
                _("Show the response as the function streams it"),
            ),
            (
                _("Asynchronous"),
                Mode.ASYNC,
                False,
                _("Lambda queues the event, and retries twice if the function fails"),
            ),
            (
                _("Dry run"),
                Mode.DRY_RUN,
                False,
                _("Check whether you may invoke it, without running the function"),
            ),
        )
        for number, (title, _mode, _streaming, tip) in enumerate(self._modes):
            self.mode.addItem(title)
            self.mode.setItemData(number, tool_tip(tip), Qt.ItemDataRole.ToolTipRole)
        self.context = named(QLineEdit(), "invokeClientContext", _("Client context, as JSON"))
        self.context.setPlaceholderText('{"custom": {"key": "value"}}')
        self.context.setClearButtonEnabled(True)
        self.tenant = named(QLineEdit(), "invokeTenant", _("Tenant ID"))
        self.tenant.setToolTip(
            _("The function separates its tenants: Lambda refuses an invocation without a tenant ID.")
        )
        self.tenant.setMinimumWidth(scaled(_TENANT_WIDTH))
        self._tenant_label = PlainLabel(_("Tenant ID"))
        layout = FlowLayout(self)
        for label, field in (
            (PlainLabel(_("Version")), self.qualifier),
            (PlainLabel(_("Type")), self.mode),
            (self._tenant_label, self.tenant),
            (PlainLabel(_("Client context")), self.context),
        ):
            label.setBuddy(field)
            layout.addWidget(label)
            layout.addWidget(field)
        self._show_tenant(shown=False)
        self.qualifier.wanted.connect(self._read)
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
        return typed if row < 0 else str(self.qualifier.itemData(row) or "")

    @property
    def client_context(self) -> str:
        """As typed; empty for none."""
        return self.context.text().strip()

    @property
    def tenant_id(self) -> str:
        """As typed; empty for a function without tenant isolation."""
        has_tenants = self._function is not None and self._function.detail.has_tenants
        return self.tenant.text().strip() if has_tenants else ""

    def show_function(self, function: OpenFunction) -> None:
        """Another function has other versions; a newer state of the same one keeps the choice."""
        before = self._function.detail.function_arn if self._function is not None else ""
        self._function = function
        if self._job is not None:
            self._job.drop()
            self._job = None
        self._show_tenant(shown=function.detail.has_tenants)
        if function.detail.function_arn != before:
            self.tenant.clear()
            self._fill(())

    def _show_tenant(self, *, shown: bool) -> None:
        self._tenant_label.setVisible(shown)
        self.tenant.setVisible(shown)

    def _read(self) -> None:
        """Reads which versions and aliases there are, once. What may not be listed can be typed."""
        if self._function is None or self._job is not None:
            return
        connection, name = self._function.connection, self._function.detail.function_name
        self.qualifier.addItem(_("Loading…"), None)

        self._job = self._services.jobs.submit(
            Job(
                _("Reading the versions of {name}").format(name=name),
                lambda ctx: list_both(connection, name, ctx),
                quiet=True,
                on_done=lambda found: self._show(*found),
                on_error=self._failed,
            )
        )

    def _failed(self, error: WorkbenchError) -> None:
        self._fill(())
        self.qualifier.setToolTip(tool_tip(str(error)))

    def _show(
        self, versions: Sequence[Version], aliases: Sequence[Alias], problem: WorkbenchError | None
    ) -> None:
        rows = [
            (_("{alias} (version {version})").format(alias=each.name, version=each.version), each.name)
            for each in aliases
        ]
        numbers = [each.version for each in versions if each.version != _LATEST]
        numbers.sort(key=lambda number: -int(number) if number.isdecimal() else 0)
        self._fill((*rows, *((number, number) for number in numbers[:_MAX_SHOWN])))
        if problem is not None:
            self.qualifier.setToolTip(tool_tip(str(problem)))

    def _fill(self, rows: Sequence[tuple[str, str]]) -> None:
        is_open = self.qualifier.view().isVisible()
        chosen = self.chosen_qualifier if self._job is not None else ""
        self.qualifier.clear()
        self.qualifier.addItem(_LATEST, "")
        for title, qualifier in rows:
            self.qualifier.addItem(title, qualifier)
        row = self.qualifier.findData(chosen)
        if row >= 0:
            self.qualifier.setCurrentIndex(row)
        else:
            self.qualifier.setEditText(chosen)
        if is_open:
            self.qualifier.showPopup()  # as high as the list is now

    def _mode_changed(self) -> None:
        self.mode.setToolTip(tool_tip(self._modes[self.mode.currentIndex()][3]))
        self.changed.emit()
