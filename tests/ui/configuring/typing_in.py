"""Putting a value into any field of the form, as a person's typing and choosing would."""

from typing import Any

from PySide6.QtWidgets import QComboBox

from tests.ui.configuring.person import Person
from workbench.functions.settings import sections
from workbench.ui.features.configuration.fields import FileSystemEditor, ReservedEditor, RoleEditor
from workbench.ui.features.configuration.layers import LayersEditor
from workbench.ui.features.configuration.pairs import PairsEditor
from workbench.ui.kit.fields import ChoiceEditor, Editor, FlagEditor, LinesEditor, NumberEditor, TextEditor


def put(person: Person, name: str, typed: Any) -> None:
    """Goes to a setting and puts a value into its field."""
    person.form.show_section(next(each.name for each in sections() if name in each.settings))
    person.rest()
    editor = person.form.rows[name].editor
    assert editor.isEnabled()
    put_into(editor, typed)
    editor.edited.emit()
    person.rest()


def put_into(editor: Editor, typed: Any) -> None:
    """Puts a value into a field; it does not say that it was edited where only a person's touch does."""
    if isinstance(editor, TextEditor | NumberEditor):
        editor.line.setText(typed)
    elif isinstance(editor, ReservedEditor):
        editor.switch.setChecked(typed is not None)
        editor.line.setText(typed or "")
    elif isinstance(editor, ChoiceEditor) and not editor.box.isEditable():
        _choose(editor.box, typed)
    elif isinstance(editor, ChoiceEditor | RoleEditor):
        editor.box.setEditText(typed)
    elif isinstance(editor, FlagEditor):
        editor.box.setChecked(typed)
    elif isinstance(editor, LayersEditor):
        editor.list.clear()
        editor.list.addItems(typed)
    elif isinstance(editor, LinesEditor):
        editor.text.setPlainText("\n".join(typed))
    elif isinstance(editor, FileSystemEditor):
        editor.arn.setText(typed[0])
        editor.mount.setText(typed[1])
    else:
        assert isinstance(editor, PairsEditor)
        editor.show_pairs(typed)


def _choose(box: QComboBox, value: object) -> None:
    place = box.findData(value)
    assert place >= 0
    box.setCurrentIndex(place)
