"""Dependencies by keyboard, in a real window: `python -m tests.e2e.dependencies_job FOLDER [REQUIREMENT...]`.

Without requirements it makes a package of its own, and needs no network. Pictures go to FOLDER.
"""

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QApplication, QDialog

from tests.code.dependencies.wheels import make_wheel, settings_for
from tests.e2e.driver import Driver
from tests.e2e.main_job import HANDLER, MainJob, close
from workbench.app import Milestones, Program, make_application
from workbench.core.files import Paths
from workbench.ui.features.dependencies.panel import DependenciesPanel
from workbench.ui.pages.code import CodePage

OWN = ("parcel==1.0",)
SIZES = {"": QSize(1280, 800), "-large": QSize(1600, 1000)}


class DependenciesJob:
    """A person before a program that was just started."""

    def __init__(self, program: Program, driver: Driver, folder: Path, requirements: Sequence[str]) -> None:
        self._program = program
        self._driver = driver
        self._folder = folder
        self._requirements = requirements

    def run(self) -> None:
        """Raises AssertionError where a person would be stuck."""
        driver, window = self._driver, self._program.window
        job = MainJob(self._program, driver)
        job.wait_for_list()
        job.open_function()
        panel = window.findChild(DependenciesPanel)
        assert panel is not None
        driver.keys("alt+shift+y")
        driver.until(lambda: "declares no dependencies" in panel.status.text(), "the code is looked through")
        self._shoot("before")
        self._declare()
        driver.until(lambda: "not installed" in panel.status.text(), "the declaration is noticed")
        driver.until(self._unresolved, "the editor does not know the packages")
        driver.keys("ctrl+shift+y")
        driver.until(lambda: self._asked("installDependencies"), "it is asked what may be installed")
        self._shoot("consent")
        driver.keys("shift+Tab")
        driver.keys("space")
        driver.until(lambda: "in the package" in panel.status.text(), "they are installed", 120)
        driver.until(lambda: not self._unresolved(), "the editor knows the packages")
        self._shoot("installed")
        driver.focus_window()
        driver.keys("ctrl+shift+d")
        driver.until(lambda: "Deployed" in self._banner(), "they are deployed", 60)
        driver.keys("ctrl+shift+p")
        driver.pause()
        driver.type("move dep")
        driver.pause()
        driver.keys("Return")
        driver.until(lambda: self._asked("moveToLayer"), "it is asked")
        self._shoot("question")
        driver.keys("Return")
        driver.until(lambda: "are in the layer" in panel.status.text(), "the layer has them", 60)
        self._shoot("layer")
        driver.focus_window()
        driver.keys("alt+4")
        driver.until(lambda: job.text("testEventText").strip(), "a test event is shown")
        driver.keys("ctrl+shift+i")
        driver.until(lambda: "parts" in job.text("resultAnswer"), "the function uses the layer")

    def fail(self) -> None:
        """What is asked for then cannot be had."""
        panel = self._program.window.findChild(DependenciesPanel)
        workspace = self._program.context.window.page.tab(CodePage).workspace
        assert panel is not None
        assert workspace is not None
        (workspace.root / "requirements.txt").write_text("parcel==9\n", "utf-8")
        self._driver.keys("alt+shift+y")
        self._driver.until(lambda: "not installed" in panel.status.text(), "it is noticed")
        self._driver.keys("ctrl+shift+y")
        self._driver.until(lambda: self._asked("installDependencies"), "it is asked anew")
        self._driver.keys("shift+Tab")
        self._driver.keys("space")
        self._driver.until(
            lambda: "This version of parcel does not exist" in self._banner(), "it is said", 60
        )
        self._shoot("failed")
        self._driver.focus_window()

    def _declare(self) -> None:
        """The person's other tool writes both files."""
        workspace = self._program.context.window.page.tab(CodePage).workspace
        assert workspace is not None
        names = [requirement.partition("=")[0] for requirement in self._requirements]
        lines = [*(f"import {name}" for name in names), ""]
        lines += ["def lambda_handler(event, context):", f"    return {{'parts': {names!r}}}", ""]
        (workspace.root / HANDLER).write_text("\n".join(lines), "utf-8")
        (workspace.root / "settings.ini").write_text("key = AKIA" + "QWERTYUIOPASDFGH\n", "utf-8")
        (workspace.root / "requirements.txt").write_text("\n".join([*self._requirements, ""]), "utf-8")

    def _unresolved(self) -> bool:
        """Whether the type checker misses a package."""
        problems = self._program.window.problems.list
        items = [problems.topLevelItem(row) for row in range(problems.topLevelItemCount())]
        return any(item is not None and "import-not-found" in item.text(4) for item in items)

    def _asked(self, name: str) -> bool:
        """Whether a question is shown and has the keyboard: a key that comes sooner is not for it."""
        active, focus = QApplication.activeModalWidget(), QApplication.focusWidget()
        is_shown = isinstance(active, QDialog) and active.objectName() == name
        return is_shown and focus is not None and focus.window() is active

    def _banner(self) -> str:
        return " ".join(str(each.error) for each in self._program.window.banners.banners)

    def _shoot(self, name: str) -> None:
        window = self._program.window
        for suffix, size in SIZES.items():
            window.resize(size)
            for theme in ("dark", "light"):
                self._program.services.theme.choose(theme)
                self._driver.shoot(str(self._folder / f"{name}-{theme}{suffix}.png"), size)
        window.resize(SIZES[""])


def main(folder: Path, requirements: Sequence[str]) -> None:
    """Does the job once, on a fresh Sandbox."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="workbench-dependencies-") as home:
        os.environ |= {"HOME": home, "WORKBENCH_HOME": home}
        if not requirements:
            wheels = Path(home) / "wheels"
            data: dict[str, bytes | str] = {f"parcel/{n}.bin": b"x" * 90_000 * (n + 1) for n in range(4)}
            make_wheel(wheels, "parcel", "1.0", {"parcel/__init__.py": "", **data})
            os.environ |= settings_for(wheels)
        program = Program(make_application(), Paths.default(), Milestones(None))
        program.show()
        driver = Driver(program.window)
        program.window.move(0, 0)
        program.window.resize(SIZES[""])
        try:
            job = DependenciesJob(program, driver, folder, requirements or OWN)
            job.run()
            job.fail()
        except AssertionError:
            driver.shoot(str(folder / "stuck.png"))
            raise
        close(program, driver)
    print("dependencies job ok")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
