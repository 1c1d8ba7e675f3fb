"""The container image that a function runs."""

from PySide6.QtCore import QCoreApplication

from workbench.ui.configuring.editors import TextEditor
from workbench.ui.configuring.supply import Supply
from workbench.ui.new_function.code_fields import is_image_of


class ImageEditor(TextEditor):
    """Its URI; Lambda takes images of the function's own region only.

    Args:
        title: What it is called.
        supply: Knows the function.
    """

    def __init__(self, title: str, supply: Supply) -> None:
        wrong = QCoreApplication.translate("Configuration", "This is not an Amazon ECR image in %1.")
        super().__init__("image_uri", title, None, wrong)
        self._supply = supply

    def value(self) -> str:
        return super().value().strip()

    def fault(self) -> str:
        function = self._supply.function()
        region = function.detail.region if function else ""
        if self.value() == self._shown or is_image_of(self.value(), region):
            return ""
        return self._wrong.replace("%1", region)
