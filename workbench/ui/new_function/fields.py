"""The fields of the dialog that say below what is wrong with what was typed."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from workbench.core.messages import _
from workbench.functions.roles import Role
from workbench.ui.kit.fields import OpenChoice
from workbench.ui.kit.text import tool_tip
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
