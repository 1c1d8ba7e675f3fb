"""Package Contents… in the window: who hears of it."""

from PySide6.QtCore import QObject

from workbench.ui.packaging.contents_flow import PackageContents
from workbench.ui.parts import Parts


class ConnectedPackaging(QObject):
    """Lives as long as the window."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts.window)
        banners = parts.window.function_banners
        self.contents = PackageContents(parts.services, parts.code)
        self.contents.failed.connect(lambda error: banners.show_error(error, key="package"))
        self.contents.told.connect(lambda notice: banners.show_error(notice, "info", key="package"))
