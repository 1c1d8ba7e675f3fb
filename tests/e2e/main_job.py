"""The main job, done by keyboard and mouse: open, edit, deploy, invoke, read the log, look at the chart."""

from dataclasses import dataclass

import numpy as np
from PySide6.QtWidgets import QPlainTextEdit

from tests.e2e.driver import DRAWN, FINDING, TYPING, Driver
from workbench.app import Program
from workbench.core.messages import _
from workbench.ui.features.metrics.page import MetricsPage
from workbench.ui.pages.code import CodePage

FUNCTION, HANDLER = "hello-http", "lambda_function.py"
GREETING, NEW_GREETING = "Hello", "Servus"


@dataclass(frozen=True, slots=True)
class MainJob:
    """A run of the main job against a program that was just started."""

    program: Program
    driver: Driver

    def run(self) -> None:
        """All of it. Raises AssertionError where a person would be stuck."""
        self.wait_for_list()
        self.open_function()
        self.edit_and_save()
        self.deploy()
        self.invoke()
        self.look_at_metrics()

    def wait_for_list(self) -> None:
        model = self.program.window.functions.model
        self.driver.until(lambda: model.index_of(FUNCTION).isValid(), f"{FUNCTION} is listed")
        self.driver.focus_window()

    def open_function(self) -> None:
        window = self.program.window
        self.driver.click_row(window.functions.view, FUNCTION)
        files = self.program.context.window.page.tab(CodePage).files
        self.driver.until(lambda: files.current_path() == HANDLER, "the handler is open")
        self.driver.until(lambda: files.editor.is_ready, "the editor has started")
        self.driver.seen(DRAWN, "the text")

    def type_over_greeting(self) -> None:
        """Finds the greeting, and types another one over it."""
        driver = self.driver
        driver.click(self.program.context.window.page.tab(CodePage).files.editor)
        driver.seen(TYPING, "the caret in the text")
        driver.keys("ctrl+Home", "ctrl+f")
        driver.seen(FINDING, "the caret in the find field")
        driver.type(GREETING)
        driver.keys("Return", "Escape")
        driver.seen(TYPING, "the caret in the text again")
        driver.type(NEW_GREETING)

    def edit_and_save(self) -> None:
        """Types over the greeting, and saves."""
        self.type_over_greeting()
        driver, files = self.driver, self.program.context.window.page.tab(CodePage).files
        uri = files.editor.active_uri()
        driver.until(lambda: files.editor.is_dirty(uri), "the tab says unsaved")
        driver.keys("ctrl+s")
        driver.until(lambda: not files.editor.is_dirty(uri), "the file is saved")
        workspace = self.program.context.window.page.tab(CodePage).workspace
        assert workspace is not None
        assert NEW_GREETING in workspace.read(HANDLER).text

    def deploy(self) -> None:
        driver, window = self.driver, self.program.window
        before = window.page.function.detail.code_sha256 if window.page.function else ""
        driver.keys("ctrl+shift+d")
        driver.until(
            lambda: window.page.function and window.page.function.detail.code_sha256 != before,
            "the window shows the new code's hash",
        )

    def invoke(self) -> None:
        driver, window = self.driver, self.program.window
        driver.keys("alt+4")
        driver.until(lambda: self.text("testEventText").strip(), "a test event is shown")
        driver.keys("ctrl+shift+i")
        driver.until(lambda: NEW_GREETING in self.text("resultAnswer"), "the answer of the edited code")
        driver.until(lambda: "REPORT" in self.text("resultLog"), "the invocation's log lines")
        assert window.result.status.text() == _("Succeeded")

    def look_at_metrics(self) -> None:
        driver, metrics = self.driver, self.program.window.page.tab(MetricsPage)
        driver.keys("alt+6")
        chart = metrics.charts["invocations"]
        driver.until(
            lambda: any(np.nansum(curve.value) > 0 for curve in chart.curves),
            "the Invocations chart has points",
        )

    def text(self, object_name: str) -> str:
        """The text of a field of the window."""
        field = self.program.window.findChild(QPlainTextEdit, object_name)
        assert field is not None, object_name
        return field.toPlainText()


def close(program: Program, driver: Driver) -> None:
    """Quits as a person does."""
    driver.keys("ctrl+q")
    driver.until(lambda: not program.window.isVisible(), "the window is closed")
