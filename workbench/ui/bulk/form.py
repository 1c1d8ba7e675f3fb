"""The choice of a change: what is to be done, and the value, on one line."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from workbench.aws.quotas import (
    MEMORY_USUAL_LIMIT_MB,
    TIMEOUT_USUAL_LIMIT_S,
    NumberLimit,
    known_values,
    number_limit,
)
from workbench.core.messages import _
from workbench.functions.bulk_plan import (
    BulkChange,
    Configure,
    Delete,
    Retag,
    Retain,
    accepts_tag_key,
    accepts_tag_value,
)
from workbench.functions.configure import Wanted
from workbench.functions.settings.limits import RETENTION_DAYS
from workbench.ui.bulk.labels import days_text
from workbench.ui.kit.fields import OpenChoice
from workbench.ui.kit.text import say, text_label
from workbench.ui.named import named
from workbench.ui.number_box import number_box

_USUAL_MEMORY_MB, _MEMORY_STEP_MB, _USUAL_TIMEOUT_S, _USUAL_DAYS = 512, 64, 30, 30
_USUAL_RUNTIME = "python3.13"


@dataclass(frozen=True, slots=True)
class BulkLimits:
    """What the service model says of the values.

    Attributes:
        runtimes: All that it lists, the newest last.
    """

    memory_mb: NumberLimit
    timeout_s: NumberLimit
    runtimes: tuple[str, ...]


def load_limits() -> BulkLimits:
    """Reads the service model. The first time it takes 50 ms: not for the main thread."""
    accepts_tag_key("key")  # the model's texts, too
    return BulkLimits(number_limit("MemorySize"), number_limit("Timeout"), known_values("Runtime"))


class ChangeForm(QWidget):
    """Says what is wrong with what was typed; `change` is what is right.

    Signals:
        edited: Something else is wanted now.
        wanted: The plan shall be shown.
    """

    edited = Signal()
    wanted = Signal()

    def __init__(self, limits: BulkLimits) -> None:
        super().__init__()
        named(self, "bulkForm")
        self.kind = named(QComboBox(), "bulkKind", _("Change"))
        memory, timeout = limits.memory_mb, limits.timeout_s
        self.memory = number_box("bulkMemory", _("Memory"), memory.minimum, memory.maximum, " MB")
        self.memory.setSingleStep(_MEMORY_STEP_MB)
        self.memory.setValue(_USUAL_MEMORY_MB)
        self.timeout = number_box("bulkTimeout", _("Timeout"), timeout.minimum, timeout.maximum, " s")
        self.timeout.setValue(_USUAL_TIMEOUT_S)
        self.runtime = OpenChoice("bulkRuntime", _("Runtime"), limits.runtimes)
        self.runtime.setCurrentText(_USUAL_RUNTIME)
        self.days = named(QComboBox(), "bulkDays", _("Log retention"))
        for days in (*RETENTION_DAYS, None):
            self.days.addItem(days_text(days), days)
        self.days.setCurrentIndex(self.days.findData(_USUAL_DAYS))
        self.tags = named(QLineEdit(), "bulkTags", _("Tags"))
        self.tags.setPlaceholderText(_("key=value, key=value"))
        self.keys = named(QLineEdit(), "bulkKeys", _("Tag keys"))
        self.keys.setPlaceholderText(_("key, key"))
        self.go = named(QPushButton(_("Show Plan")), "bulkPlan", _("Show Plan"))
        self.go.setAutoDefault(False)
        self.fault = text_label("bulkFault", "", "muted")
        self.fault.setVisible(False)
        self._values = QStackedWidget()
        self._makers: list[Callable[[], BulkChange | None]] = []
        self._fill()
        self._lay_out()
        self.kind.currentIndexChanged.connect(self._values.setCurrentIndex)
        for signal in (
            self.kind.currentIndexChanged,
            self.memory.valueChanged,
            self.timeout.valueChanged,
            self.runtime.currentTextChanged,
            self.days.currentIndexChanged,
            self.tags.textChanged,
            self.keys.textChanged,
        ):
            signal.connect(self._changed)
        for line in (self.tags, self.keys):
            line.returnPressed.connect(self.go.click)
        self.go.clicked.connect(self.wanted)
        self._is_busy = False
        self._changed()

    @property
    def change(self) -> BulkChange | None:
        """What is wanted; None while it is not said rightly."""
        return self._makers[self.kind.currentIndex()]()

    def set_busy(self, *, busy: bool) -> None:
        """While something runs nothing else can be wanted."""
        self._is_busy = busy
        self.kind.setEnabled(not busy)
        self._values.setEnabled(not busy)
        self._switch()

    def _fill(self) -> None:
        nothing = text_label(
            "bulkDeleteWords", _("Deletes the functions with all their versions and aliases.")
        )
        nothing.setWordWrap(False)  # a wrapped text would ask for a second line, and get it for every value
        kinds: tuple[tuple[str, QWidget, Callable[[], BulkChange | None]], ...] = (
            (_("Memory"), self.memory, lambda: Configure(Wanted(memory_mb=self.memory.value()))),
            (_("Timeout"), self.timeout, lambda: Configure(Wanted(timeout_s=self.timeout.value()))),
            (_("Runtime"), self.runtime, self._runtime),
            (_("Log retention"), self.days, lambda: Retain(self.days.currentData())),
            (_("Set tags"), self.tags, self._put),
            (_("Remove tags"), self.keys, self._remove),
            (_("Delete"), nothing, Delete),
        )
        for title, field, maker in kinds:
            self.kind.addItem(title)
            self._values.addWidget(field)
            self._makers.append(maker)

    def _lay_out(self) -> None:
        self._values.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.kind)
        row.addWidget(self._values, 1)
        row.addWidget(self.go)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(row)
        column.addWidget(self.fault)

    def _changed(self) -> None:
        text, tone = self._hint()
        say(self.fault, text, tone)
        self._switch()
        self.edited.emit()

    def _switch(self) -> None:
        self.go.setEnabled(self.change is not None and not self._is_busy)

    def _hint(self) -> tuple[str, str]:
        """What is to be said of the value, and its tone."""
        field = self._values.currentWidget()
        if field is self.tags and self.tags.text().strip() and self.change is None:
            return _(
                "Enter key=value, separated by commas. Use letters, digits, spaces and _ . : / = "
                "+ - @. Keys can have up to 128 characters, values up to 256. Keys that begin "
                "with “aws:” are reserved by AWS."
            ), "danger"
        if field is self.keys and self.keys.text().strip() and self.change is None:
            return _(
                "Enter the keys, separated by commas. Tags that begin with “aws:” cannot be removed."
            ), "danger"
        if field is self.memory and self.memory.value() > MEMORY_USUAL_LIMIT_MB:
            return _("Most functions can have at most 10,240 MB. AWS checks the value."), "warning"
        if field is self.timeout and self.timeout.value() > TIMEOUT_USUAL_LIMIT_S:
            return _("Most functions can run for at most 1,800 s. AWS checks the value."), "warning"
        if isinstance(self.change, Delete):
            return _(
                "Code and configuration, up to 2 GB in total, are kept on this computer. Use "
                "Restore Deleted Function… to restore one function at a time."
            ), "warning"
        return "", "muted"

    def _runtime(self) -> BulkChange | None:
        text = self.runtime.text
        return Configure(Wanted(runtime=text)) if text and " " not in text else None

    def _put(self) -> BulkChange | None:
        pairs = [each.partition("=") for each in self.tags.text().split(",") if each.strip()]
        tags = [(key.strip(), sign, value.strip()) for key, sign, value in pairs]
        if not tags or not all(
            sign and accepts_tag_key(key) and accepts_tag_value(value) for key, sign, value in tags
        ):
            return None
        found = {key: value for key, __, value in tags}
        return Retag(tuple(found.items())) if len(found) == len(tags) else None

    def _remove(self) -> BulkChange | None:
        keys = tuple(dict.fromkeys(each.strip() for each in self.keys.text().split(",") if each.strip()))
        return Retag(remove=keys) if keys and all(map(accepts_tag_key, keys)) else None
