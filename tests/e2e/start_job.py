"""The program until all is usable: which modules that took. Run by test_start.py, with WORKBENCH_HOME set.

Prints as JSON the names of the modules that are loaded when all is usable. Ends once the rest is loaded, too.
"""

import json
import sys

from PySide6.QtCore import QTimer

from workbench.core import lazy_imports


def main() -> None:
    """Starts the program, waits until it has loaded everything, closes it."""
    lazy_imports.install()

    from workbench.app import Milestones, Program, make_application
    from workbench.core.files import Paths
    from workbench.ui.shell.preferences import METRICS_SPARKLINES

    loaded: list[str] = []

    class Noted(Milestones):
        def reach(self, name: str) -> None:
            super().reach(name)
            if name == "all":
                loaded.extend(sys.modules.keys() - lazy_imports.unloaded())

    application = make_application()
    program = Program(application, Paths.default(), Noted(None))
    # Reading sparklines loads numpy; on a slow machine that can begin before the editor is ready.
    program.services.settings.set(METRICS_SPARKLINES.key, "off")
    program.show()

    def look() -> None:
        if loaded and not lazy_imports.unloaded():
            watch.stop()
            program.window.close()

    watch = QTimer(program.window, interval=20)
    watch.timeout.connect(look)
    watch.start()
    application.exec()
    program.destroy()
    print(json.dumps(loaded))


if __name__ == "__main__":
    main()
