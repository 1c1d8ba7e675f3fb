"""The fields of the dialog that say below what is wrong with what was typed."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QCompleter, QVBoxLayout, QWidget

from workbench.core.messages import _
from workbench.functions.roles import Role
from workbench.ui.kit.text import tool_tip
from workbench.ui.named import named
from workbench.ui.sign_in.form import text_label


class Checked(QWidget):
    """A field with a line below for what is wrong; the line takes no room while nothing is.

    Args:
        field: The field; named already.
    """

    def __init__(self, field: QWidget) -> None:
        super().__init__()
        name = field.objectName()
        self.setObjectName(f"{name}Row")
        self.fault = text_label(f"{name}Fault", "", "danger")
        self.fault.setVisible(False)
        self.setFocusProxy(field)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(field)
        column.addWidget(self.fault)
        self._field = field

    def say(self, fault: str) -> None:
        """Shows what is wrong; an empty text for nothing."""
        if fault != self.fault.text():
            self.fault.setText(fault)
            self.fault.setAccessibleName(fault)
            self._field.setAccessibleDescription(fault)
        self.fault.setVisible(bool(fault))


class OpenChoice(QComboBox):
    """A list that also takes what is typed; typing finds what contains it."""

    def __init__(self, name: str, title: str, items: Sequence[str] = ()) -> None:
        super().__init__()
        named(self, name, title)
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(12)
        self.addItems(list(items))
        completer = QCompleter(self.model(), self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        self.setCompleter(completer)
        line = self.lineEdit()
        assert line is not None
        named(line, f"{name}Text", title)

    @property
    def text(self) -> str:
        return self.currentText().strip()


class RoleChoice(OpenChoice):
    """The execution role: a new one, one of the account's, or one by its ARN."""

    def __init__(self, name: str, title: str) -> None:
        super().__init__(name, title)
        self.addItem(_("New role with least privilege"))
        self._arns: dict[str, str] = {}

    def add_roles(self, roles: Sequence[Role]) -> None:
        """Takes roles that have just come."""
        for role in roles:
            self._arns[role.name] = role.arn
            self.addItem(role.name)
            tip = "\n".join(filter(None, (role.arn, role.description)))
            self.setItemData(self.count() - 1, tool_tip(tip), Qt.ItemDataRole.ToolTipRole)

    @property
    def is_new(self) -> bool:
        """Whether a role is to be made."""
        return self.text == self.itemText(0)

    @property
    def arn(self) -> str:
        """The ARN of the chosen role; what was typed, if it is no name of a role that was listed."""
        return self._arns.get(self.text, self.text)
