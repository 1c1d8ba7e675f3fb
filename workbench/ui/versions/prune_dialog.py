"""Which old versions go, and why the others stay: a dry run that follows the number to keep."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from workbench.core.errors import WorkbenchError
from workbench.functions.prune import Fate, PrunePlan, QualifierUses, Use, plan_prune
from workbench.functions.versions import Alias, Version
from workbench.ui.copy_table import CopyTable
from workbench.ui.kit.empty_message import EmptyMessage
from workbench.ui.kit.text import PlainLabel
from workbench.ui.named import named
from workbench.ui.number_box import number_box
from workbench.ui.rows_model import TableRow
from workbench.ui.sign_in.form import Form
from workbench.ui.units import size_text
from workbench.ui.versions.words import fate_text

_SIZE = (760, 520)
_USUAL_KEPT, _MOST_KEPT = 10, 10_000


class PruneDialog(Form):
    """`agreed` is the yes to what the table shows.

    Args:
        function_name: Whose versions.
        versions: All of them.
        aliases: All of them.
        parent: The window.

    Signals:
        look_wanted: Versions that nobody has looked at yet; `take` brings what uses them.
        agreed: The PrunePlan that is to be carried out.
    """

    look_wanted = Signal(object)
    agreed = Signal(object)

    def __init__(
        self, function_name: str, versions: Sequence[Version], aliases: Sequence[Alias], parent: QWidget
    ) -> None:
        super().__init__("pruneDialog", "", parent)
        self.set_title(self.tr("Delete Old Versions of %1").replace("%1", function_name))
        self.setSizeGripEnabled(True)
        self._versions, self._aliases = versions, aliases
        self._uses: dict[str, Sequence[Use]] = {}
        self.keep = number_box("pruneKeep", self.tr("Number of versions to keep"), 0, _MOST_KEPT)
        self.keep.setValue(_USUAL_KEPT)
        self.table = CopyTable(
            "pruneTable",
            self.tr("Result for each version"),
            (
                self.tr("Version"),
                self.tr("After deletion"),
                self.tr("Description"),
                self.tr("Code size"),
                self.tr("Last modified"),
            ),
            (80, 240, 0, 90, 140),
        )
        EmptyMessage(self.table, self.tr("No published versions."))
        line = QHBoxLayout()
        line.setSpacing(8)
        label = named(PlainLabel(self.tr("Keep the newest")), "pruneKeepLabel")
        label.setBuddy(self.keep)
        line.addWidget(label)
        line.addWidget(self.keep)
        rest = self.tr("and every version that an alias, an event source or a permission refers to")
        line.addWidget(named(PlainLabel(rest), "pruneRest", role="muted"), 1)
        self.content.addLayout(line)
        self.content.addWidget(self.table, 1)
        self.finish_layout(stretch=False)
        self.yes = self.add_button("pruneYes", self.tr("Delete"), "danger")
        self.cancel = self.add_button("pruneCancel", self.tr("Cancel"))
        self.cancel.clicked.connect(self.reject)
        self.yes.clicked.connect(self._submit)
        self.keep.valueChanged.connect(self.replan)
        self.resize(*_SIZE)
        self.keep.setFocus()
        self.plan: PrunePlan = plan_prune(versions, aliases, self.keep.value(), {})

    def fit(self) -> None:
        """The table takes all room: the size is the person's."""

    def take(self, looked: object) -> None:
        """What uses a version is known now: a QualifierUses."""
        if isinstance(looked, QualifierUses):
            self._uses[looked.qualifier] = looked.uses
            self._show()

    def say_unknown(self, error: WorkbenchError) -> None:
        """What uses the versions could not be read: none is deleted on a guess."""
        self.say_error(error)

    def replan(self) -> None:
        """Decides anew, and asks for what is not known yet."""
        self.say("")
        self._show()
        if self.plan.unknown:
            self.look_wanted.emit(tuple(version.version for version in self.plan.unknown))

    def _show(self) -> None:
        self.plan = plan = plan_prune(self._versions, self._aliases, self.keep.value(), self._uses)
        rows = []
        going = (Fate.DELETE, Fate.UNKNOWN)
        for decision in sorted(plan.decisions, key=lambda each: each.fate not in going):
            version = decision.version
            modified = version.last_modified
            rows.append(
                TableRow(
                    (
                        version.version,
                        fate_text(decision),
                        version.description,
                        size_text(version.code_size_bytes),
                        modified.astimezone().strftime("%Y-%m-%d %H:%M") if modified else "",
                    )
                )
            )
        self.table.take(rows)
        number, unknown = len(plan.deleted), len(plan.unknown)
        if unknown:
            self.say(
                self.tr("Finding what uses 1 version…")
                if unknown == 1
                else self.tr("Finding what uses %n versions…", "", unknown)
            )
        elif number:
            text = (
                self.tr("1 version will be permanently deleted. This frees %1 of storage.")
                if number == 1
                else self.tr("%n versions will be permanently deleted. This frees %1 of storage.", "", number)
            )
            self.say(text.replace("%1", size_text(plan.freed_bytes)))
        else:
            self.say(self.tr("Nothing to delete: all versions are kept."))
        self.yes.setText(
            self.tr("Delete 1 Version") if number == 1 else self.tr("Delete %n Versions", "", number)
        )
        self.yes.setEnabled(bool(number) and not unknown)

    def _submit(self) -> None:
        self.accept()
        self.agreed.emit(self.plan)
