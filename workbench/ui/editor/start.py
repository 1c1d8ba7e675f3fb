"""The surface that shows Monaco, made when first wanted: only that loads QtWebEngine."""

from pathlib import Path

from PySide6.QtWidgets import QWidget

from workbench.ui.editor.surface import Surface, SurfaceFactory


def monaco(page_dir: Path) -> SurfaceFactory:
    """Makes the surface that shows Monaco; the page was built into `page_dir`."""

    def make(parent: QWidget) -> Surface:
        from workbench.ui.editor.view import MonacoSurface

        return MonacoSurface(page_dir, parent)

    return make
