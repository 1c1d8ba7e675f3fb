"""The functions that a template describes; the folder of one can be bound to the open function."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QWidget

from workbench.core.messages import _
from workbench.functions.template_functions import TemplateFunction
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import text_label

_SIZE = QSize(860, 420)


@dataclass(frozen=True, slots=True)
class Described:
    """A function of a template, and where its code is on this disk; None when there is no such folder."""

    function: TemplateFunction
    folder: Path | None


class ImportDialog(Dialog):
    """Read only, but for the one button.

    Args:
        template: The file.
        described: Its functions.
        opened: The open function's name, and what its stack calls it; empty for none.
        existing: The names of the functions of the session's region.
        parent: The window.

    Signals:
        folder_wanted: The folder that the open function is to be bound to.
    """

    folder_wanted = Signal(Path)

    def __init__(
        self,
        template: Path,
        described: Sequence[Described],
        opened: tuple[str, str],
        existing: Collection[str],
        parent: QWidget,
    ) -> None:
        super().__init__("importDialog", "", parent)
        self.set_title(_("Functions of {template}").format(template=template.name))
        self.setSizeGripEnabled(True)
        self._described, self._opened, self._existing = described, opened, existing
        self.content.addWidget(text_label("importFile", str(template), "muted"))
        columns = (
            Column[Described](_("Function"), _name, 220, full=_full_name),
            Column[Described](_("Handler"), lambda each: each.function.handler, 160),
            Column[Described](_("Runtime"), lambda each: each.function.runtime, 100),
            Column[Described](_("Events"), lambda each: ", ".join(each.function.events)),
            Column[Described](
                _("Code folder"),
                lambda each: each.function.code_folder or _("none"),
                150,
                full=lambda each: str(each.folder or ""),
            ),
        )
        self.table = Table("importTable", _("Functions of the template"), columns, identity=id)
        self.content.addWidget(self.table, 1)
        self.about = text_label("importAbout")
        self.content.addWidget(self.about)
        self.finish_layout(stretch=False)
        use = _("Use Folder for {opened}…").format(opened=opened[0]) if opened[0] else _("Use Folder…")
        self.yes = self.add_button("importUse", use, "primary")
        self.add_button("importClose", _("Close")).clicked.connect(self.reject)
        self.yes.clicked.connect(self._submit)
        self.table.selectionModel().selectionChanged.connect(self._selected)
        self.resize(_SIZE)
        self.table.set_rows(described)
        if described:
            self.table.selectRow(self._first())
        else:
            self.set_message(_("The template defines no Lambda functions."))
        self._selected()
        self.table.setFocus()

    def resize_to_content(self) -> None:
        """The table takes all room: the user sets the size."""

    def is_open(self, function: TemplateFunction) -> bool:
        """Whether the open function is this one, as far as names tell."""
        name, logical_id = self._opened
        return bool(name) and (function.function_name == name or function.logical_id == logical_id)

    def chosen(self) -> Described | None:
        """The one that is selected."""
        return next(iter(self.table.chosen()), None)

    def _first(self) -> int:
        return next((row for row, each in enumerate(self._described) if self.is_open(each.function)), 0)

    def _selected(self) -> None:
        chosen = self.chosen()
        self.yes.setEnabled(chosen is not None and chosen.folder is not None and bool(self._opened[0]))
        self.about.setText(self._about(chosen) if chosen else "")

    def _about(self, chosen: Described) -> str:
        function, opened = chosen.function, self._opened[0]
        if not function.code_folder:
            return _("Its code is not in a folder next to the template.")
        if chosen.folder is None:
            return _("The folder {code_folder} does not exist in the template's project.").format(
                code_folder=function.code_folder
            )
        if not opened:
            return _("Open a function to use this folder for it.")
        if self.is_open(function):
            return _("This appears to be the open function, based on its name.")
        if function.function_name in self._existing:
            words = _(
                "{function_name} is in the list. Open it to use this folder for it instead of {opened}."
            )
            return words.format(function_name=function.function_name, opened=opened)
        return _("Its name does not show whether it is {opened}.").format(opened=opened)

    def _submit(self) -> None:
        chosen = self.chosen()
        if chosen is not None and chosen.folder is not None:
            self.accept()
            self.folder_wanted.emit(chosen.folder)


def _name(described: Described) -> str:
    return described.function.function_name or described.function.logical_id


def _full_name(described: Described) -> str:
    function = described.function
    return "\n".join(filter(None, (function.function_name, function.logical_id)))
