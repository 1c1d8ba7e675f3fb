"""The field for an execution role."""

from collections.abc import Sequence

from PySide6.QtCore import Qt

from workbench.core.messages import _
from workbench.functions.roles import Role
from workbench.ui.kit.fields import OpenChoice
from workbench.ui.kit.text import tool_tip


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
