"""The right side of the dialog: what will be made, before anything is."""

from PySide6.QtWidgets import QPlainTextEdit, QTabWidget

from workbench.ui.named import named
from workbench.ui.theme import monospace


class Preview(QTabWidget):
    """Plan, code, permissions and test event, to read."""

    def __init__(self) -> None:
        super().__init__()
        named(self, "newFunctionPreview", self.tr("Resources to create"))
        self.setDocumentMode(True)
        self.plan = self._add("newFunctionPlan", self.tr("Plan"))
        self.plan.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        self.code = self._add("newFunctionCode", self.tr("Code"), fixed=True)
        self.policy = self._add("newFunctionPolicy", self.tr("Permissions"), fixed=True)
        self.sample = self._add("newFunctionEvent", self.tr("Test Event"), fixed=True)

    def show_text(self, field: QPlainTextEdit, text: str) -> None:
        """Shows a text; one that is shown already keeps its place."""
        if field.toPlainText() != text:
            field.setPlainText(text)

    def _add(self, name: str, title: str, *, fixed: bool = False) -> QPlainTextEdit:
        field = named(QPlainTextEdit(), name, title)
        field.setReadOnly(True)
        field.setTabChangesFocus(True)
        field.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        if fixed:
            field.setFont(monospace())
        self.addTab(field, title)
        return field
