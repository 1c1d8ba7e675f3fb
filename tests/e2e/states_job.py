"""Everything that waits, with states that take as long as on AWS: `python -m tests.e2e.states_job DIR [W H]`.

The main job, a new function, each of the 12 kinds of event source, and mappings that are paused, resumed and
removed. Pictures go to DIR, in light and dark, and what the window said at each moment to seen.txt. It
takes about four minutes, so it is run by hand, for each size, behind `xvfb-run -s "-screen 0 1920x1080x24"`.
"""

import faulthandler
import os
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDialog,
    QLabel,
    QProgressBar,
    QPushButton,
    QWidget,
)

from tests.e2e.driver import TYPING, Driver
from tests.e2e.main_job import FUNCTION as HELLO
from tests.e2e.main_job import MainJob, close
from tests.e2e.tour_job import open_program
from workbench.app import Program, make_application
from workbench.triggers.model import Finding, SourceKind
from workbench.ui.features.logs.feature import LogsPage
from workbench.ui.features.new_function.dialog import NewFunctionDialog
from workbench.ui.features.settings.dialog import SettingsDialog
from workbench.ui.features.triggers.add_dialog import AddTriggerDialog
from workbench.ui.features.triggers.labels import kind_title
from workbench.ui.features.triggers.page import TriggersPage
from workbench.ui.features.triggers.plan_form import RemoveDialog
from workbench.ui.pages.code import CodePage
from workbench.ui.shell.plan_form import PlanForm

STUCK_AFTER_S = 900
FUNCTION = "states-orders"
SAID_WITHIN_S = 0.1
SILENT_S = 1.0  # longer than this nothing may run without words, a bar and Cancel
PATIENCE_S = 60.0
_LOOK_MS = 20


@dataclass(frozen=True, slots=True)
class Wish:
    """A kind, the name of what is created for it, and what is typed into its settings."""

    kind: SourceKind
    new_name: str = ""
    settings: dict[str, str] = field(default_factory=dict)


WISHES = (
    Wish(SourceKind("sqs"), "states-jobs"),
    Wish(SourceKind("kinesis"), "states-clicks", {"StartingPosition": "LATEST"}),
    Wish(SourceKind("dynamodb"), "states-people", {"StartingPosition": "LATEST"}),
    Wish(SourceKind("s3"), "states-uploads-2026"),
    Wish(SourceKind("sns"), "states-news"),
    Wish(SourceKind("logs"), "states-log"),
    Wish(SourceKind("events"), "", {"Name": "states-rule", "EventPattern": '{"source": ["shop"]}'}),
    Wish(SourceKind("scheduler"), "", {"Name": "states-nightly", "ScheduleExpression": "rate(1 hour)"}),
    Wish(SourceKind("http-api"), "", {"Name": "states-http", "RouteKey": "GET /orders"}),
    Wish(SourceKind("rest-api"), "", {"name": "states-rest"}),
    Wish(SourceKind("url")),
)


class Watcher:
    """Notes all that the window says, and when it is silent though something runs."""

    def __init__(self, program: Program, file: Path) -> None:
        self._program, self._file = program, file
        self._begun = time.monotonic()
        self._last: dict[str, str] = {}
        self._said_at = self._looked_at = self._begun
        self.silences: list[str] = []
        self._timer = QTimer(program.window, interval=_LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def note(self, words: str) -> None:
        """Adds a line of its own."""
        with self._file.open("a") as file:
            file.write(f"{time.monotonic() - self._begun:8.2f}  === {words}\n")

    def look(self) -> None:
        now, seen = time.monotonic(), self._seen()
        if (stood_s := now - self._looked_at) > 0.2:  # as while it takes another theme
            self.note(f"the window stood still for {stood_s:.2f} s")
            self._said_at += stood_s
        self._looked_at = now
        with self._file.open("a") as file:
            for part, words in seen.items():
                if words != self._last.get(part, ""):
                    file.write(f"{now - self._begun:8.2f}  {part}: {words or '-'}\n")
        self._last = seen
        jobs = [handle for handle in self._program.services.jobs.active() if not handle.job.quiet]
        if not jobs or seen["dialog"] or seen["job"]:
            self._said_at = now
        elif now - self._said_at > SILENT_S:
            self._said_at = now
            self.silences.append(", ".join(handle.job.title for handle in jobs))
            self.note(f"SILENT for {SILENT_S:.0f} s: {self.silences[-1]}")

    def _seen(self) -> dict[str, str]:
        window = self._program.window
        dialog = QApplication.activeModalWidget()
        page = window.findChild(TriggersPage)
        rows = page.table.rows.all if page is not None else ()
        return {
            "header": _shown(window, "functionState"),
            "dialog": " | ".join(_shown(dialog, name) for name in _spoken(dialog)) if dialog else "",
            "job": _shown(window, "jobTitle"),
            "summary": _shown(window, "triggerSummary"),
            "rows": ", ".join(f"{each.kind} {each.state or '-'}" for each in rows),
            "messages": " / ".join(str(each.error) for each in window.banners.banners),
            "buttons": ", ".join(
                name
                for name in ("function.deploy", "function.invoke")
                if not self._program.services.actions[name].isEnabled()
            ),
            "result": _shown(window, "resultStatus"),
        }


class States:
    """Someone who waits, and wants to know for what."""

    def __init__(self, program: Program, driver: Driver, folder: Path) -> None:
        self._program, self._driver, self._folder = program, driver, folder
        self._number = 0

    def run(self) -> None:
        """Raises AssertionError where nothing says what is waited for."""
        job = MainJob(self._program, self._driver)
        job.wait_for_list()
        self._watch = Watcher(self._program, self._folder / "seen.txt")
        self._choose_states()
        self._do_the_main_job(job)
        self._deploy_during_another_change()
        self._create()
        self._driver.keys("alt+3")
        for wish in WISHES:
            self._wire(wish)
        self._invoke_directly()
        self._pause_and_resume()
        self._remove()
        assert not self._watch.silences, self._watch.silences

    # Steps --------------------------------------------------------------------------------------------------

    def _choose_states(self) -> None:
        driver = self._driver
        driver.keys("ctrl+comma")
        dialog = driver.dialog(SettingsDialog)
        box = dialog.findChild(QComboBox, "sandboxStates")
        assert box is not None
        driver.click(box)
        driver.pause()
        driver.keys("Down", "Return")
        driver.until(lambda: box.currentData() == "aws", "states as on AWS")
        self._shoot("settings")
        driver.keys("Escape")
        driver.until(lambda: QApplication.activeModalWidget() is None, "the settings are closed")
        driver.focus_window()

    def _do_the_main_job(self, job: MainJob) -> None:
        self._watch.note("main job")
        job.open_function()
        job.edit_and_save()
        pictures = self._later("deploying", 600)
        job.deploy()
        self._driver.until(lambda: pictures, "pictures of the deploy")
        self._shoot("deployed")
        job.invoke()
        self._shoot("invoked")
        self._driver.keys("alt+5")
        logs = self._program.window.page.tab(LogsPage)
        self._driver.until(lambda: logs.view.table.model().rowCount() > 0, "the log lines", 60)
        self._shoot("logs")
        job.look_at_metrics()
        self._shoot("metrics")

    def _deploy_during_another_change(self) -> None:
        """Another program's change is under way, in which AWS refuses a second one."""
        self._watch.note("deploy during another program's change")
        driver, connection = self._driver, self._program.context.session.connection
        assert connection is not None
        driver.keys("alt+1")
        driver.click(self._program.context.window.page.tab(CodePage).files.editor)
        driver.seen(TYPING, "the caret in the text")
        driver.keys("ctrl+End")
        driver.type("# once more")
        driver.keys("ctrl+s")
        driver.pause()
        connection.call("lambda", "update_function_configuration", FunctionName=HELLO, Timeout=7)
        driver.keys("ctrl+shift+d")
        driver.until(lambda: QApplication.activeModalWidget(), "the plan is asked for")
        driver.pause(1_000)
        self._shoot("second-change-asked")
        connection.call("lambda", "update_function_configuration", FunctionName=HELLO, MemorySize=256)
        pictures = self._later("second-change", 700)
        driver.keys("Return")
        driver.until(lambda: pictures, "pictures of the deploy")
        driver.pause(3_000)
        self._shoot("second-change-done")
        driver.until(lambda: QApplication.activeModalWidget() is None, "it is deployed", PATIENCE_S)
        driver.focus_window()

    def _create(self) -> None:
        self._watch.note("new function")
        driver = self._driver
        driver.keys("alt+shift+n")
        driver.dialog(NewFunctionDialog)
        driver.type(FUNCTION)
        pictures = self._later("creating", 500)
        driver.keys("Return")
        driver.until(lambda: self._open_function() == FUNCTION, "the new function is open", 60)
        driver.until(lambda: pictures, "pictures of the creation")
        driver.until(lambda: QApplication.activeModalWidget() is None, "the dialog is closed")
        self._shoot("created")
        driver.until(lambda: self._header() == "Active", "the header says Active", 30)
        self._shoot("active")
        driver.focus_window()

    def _wire(self, wish: Wish) -> None:
        name = wish.kind
        self._watch.note(f"wire {name}")
        dialog = self._open_kind(wish.kind)
        if dialog.pages.currentIndex() == 1:
            self._choose_source(dialog, wish)
        self._fill_in(dialog, wish)
        self._accept(dialog)
        self._shoot(f"{name}-settings")
        self._driver.click(dialog.next)
        self._driver.until(lambda: dialog.shows_plan and dialog.yes.isEnabled(), "the plan")
        self._carry_out(dialog, dialog.yes, name)
        table = self._page().table
        self._driver.until(
            lambda: wish.kind in {each.kind for each in table.rows.all}, f"{name} is listed", PATIENCE_S
        )
        self._shoot(f"{name}-done")

    def _choose_source(self, dialog: AddTriggerDialog, wish: Wish) -> None:
        driver, tree = self._driver, dialog.sources.tree
        if wish.new_name:
            (entry,) = tree.findItems("New ", Qt.MatchFlag.MatchStartsWith)
            driver.click_row(tree, entry.text(0))
            driver.until(dialog.sources.new_name.isVisible, "the field for its name")
            driver.click(dialog.sources.new_name)
            driver.type(wish.new_name)
        driver.until(dialog.next.isEnabled, "Next can be pressed")
        driver.click(dialog.next)
        driver.until(lambda: dialog.pages.currentIndex() == 2, "the settings")

    def _fill_in(self, dialog: AddTriggerDialog, wish: Wish) -> None:
        driver = self._driver
        for setting, text in wish.settings.items():
            found = dialog.findChild(QWidget, f"setting.{setting}")
            assert found is not None, setting
            dialog.settings.area.ensureWidgetVisible(found)
            driver.pause(50)
            if isinstance(found, QComboBox):
                driver.open_list(found)
                driver.type(text)
                driver.keys("Return")
            else:
                driver.click(found)
                driver.keys("ctrl+a")
                driver.type(text)

    def _accept(self, dialog: AddTriggerDialog) -> None:
        """Presses the first fix of all that still blocks."""
        driver = self._driver

        def blocks() -> tuple[Finding, ...]:
            assert dialog.prepared is not None
            return tuple(dialog.prepared.blocks(dialog.settings.findings.accepted()))

        def fix() -> QPushButton | None:
            name = f"fix.{blocks()[0].check_id}.1"
            return next((each for each in dialog.findChildren(QPushButton, name) if each.isVisible()), None)

        def checked() -> bool:
            return dialog.prepared is not None and (dialog.next.isEnabled() or fix() is not None)

        driver.until(checked, "the checks have run", PATIENCE_S)
        while blocks():
            button = fix()
            assert button is not None
            dialog.settings.area.ensureWidgetVisible(button)
            driver.pause(50)
            driver.click(button)
            driver.pause(600)
            driver.until(checked, "the checks have run again", PATIENCE_S)
        driver.until(dialog.next.isEnabled, "the plan can be shown", PATIENCE_S)

    def _carry_out(self, dialog: PlanForm, button: QPushButton, name: str) -> None:
        """Presses the button of a plan; within a tenth of a second it is said what is waited for."""
        driver, times = self._driver, dict[str, float]()

        def look() -> None:
            if dialog.is_busy:
                begun = times.setdefault("begun", time.monotonic())
                if dialog.state.text() and dialog.state.isVisible():
                    times.setdefault("said", time.monotonic() - begun)

        timer = QTimer(dialog, interval=5)
        timer.timeout.connect(look)
        timer.start()
        driver.click(button)
        driver.until(lambda: "begun" in times, f"{name} has begun")
        driver.pause(int(SAID_WITHIN_S * 1000) + 50)
        said = times.get("said", SILENT_S)
        self._watch.note(f"{name}: said after {said:.3f} s")
        if said > SAID_WITHIN_S:
            self._watch.silences.append(f"{name}: nothing was said for {said:.2f} s")
        driver.pause(1500)
        if _is_there(dialog):
            assert dialog.cancel.isEnabled()
            bar = dialog.findChild(QProgressBar, "planProgress")
            assert bar is not None
            assert bar.isVisible()
            self._shoot(f"{name}-waiting")
        driver.until(lambda: QApplication.activeModalWidget() is None, f"{name} has ended", PATIENCE_S)
        driver.focus_window()

    def _invoke_directly(self) -> None:
        dialog = self._open_kind(SourceKind("direct"))
        self._driver.until(dialog.next.isEnabled, "it can be opened in the Test tab")
        self._driver.click(dialog.next)
        self._driver.until(lambda: QApplication.activeModalWidget() is None, "the dialog is closed")
        self._driver.focus_window()
        self._driver.pause(1500)
        self._shoot("direct")
        self._driver.keys("alt+3")

    def _pause_and_resume(self) -> None:
        """What is made of a queue is paused; meanwhile nothing else may be changed, and that is said."""
        driver, panel = self._driver, self._page().panel
        self._choose(SourceKind("sqs"))
        for name, busy, settled in (("pause", "Disabling", "Disabled"), ("resume", "Enabling", "Enabled")):
            self._watch.note(name)
            driver.click(panel.pause)
            self._until_state(SourceKind("sqs"), busy, 5)
            self._shoot(f"{name}-waiting")
            assert not panel.remove.isEnabled()
            assert panel.remove.toolTip(), "no word on why nothing can be changed"
            self._until_state(SourceKind("sqs"), settled)
            driver.until(panel.pause.isEnabled, "it can be changed again", PATIENCE_S)
            self._shoot(f"{name}-done")

    def _remove(self) -> None:
        driver, panel = self._driver, self._page().panel
        self._choose(SourceKind("kinesis"))
        self._watch.note("remove")
        driver.click(panel.remove)
        dialog = driver.dialog(RemoveDialog)
        self._carry_out(dialog, dialog.yes, "remove")
        driver.until(lambda: self._state(SourceKind("kinesis")) == "", "it is gone", PATIENCE_S)
        self._shoot("removed")

    # Hands and eyes -----------------------------------------------------------------------------------------

    def _open_kind(self, kind: SourceKind) -> AddTriggerDialog:
        driver = self._driver
        driver.keys("alt+shift+t")
        dialog = driver.dialog(AddTriggerDialog)
        row = dialog.kinds.list.findItems(kind_title(kind), Qt.MatchFlag.MatchStartsWith)[0]
        driver.click_row(dialog.kinds.list, row.text())
        driver.until(lambda: dialog.kinds.chosen() == kind, f"{kind} is chosen")
        driver.click(dialog.next)
        driver.until(lambda: dialog.pages.currentIndex() > 0, "the next page")
        return dialog

    def _choose(self, kind: SourceKind) -> None:
        table = self._page().table
        self._driver.click_row(table, kind_title(kind))

        def is_chosen() -> bool:
            chosen = table.current()
            return chosen is not None and chosen.kind == kind

        self._driver.until(is_chosen, f"{kind} is chosen")

    def _state(self, kind: SourceKind) -> str:
        triggers = self._page().table.rows.all
        return next((each.state for each in triggers if each.kind == kind), "")

    def _until_state(self, kind: SourceKind, state: str, patience_s: float = PATIENCE_S) -> None:
        words = f"the row of {kind} says {state}"
        self._driver.until(lambda: self._state(kind) == state, words, patience_s)

    def _page(self) -> TriggersPage:
        found: TriggersPage | None = self._program.window.findChild(TriggersPage)
        assert found is not None
        return found

    def _header(self) -> str:
        return _shown(self._program.window, "functionState")

    def _open_function(self) -> str:
        function = self._program.window.page.function
        return function.detail.function_name if function else ""

    def _later(self, name: str, after_ms: int) -> list[bool]:
        """Takes pictures in a while, when something else is under way; the list gets True then."""
        taken: list[bool] = []

        def shoot() -> None:
            self._shoot(name)
            taken.append(True)

        QTimer.singleShot(after_ms, shoot)
        return taken

    def _shoot(self, name: str) -> None:
        self._number += 1
        number = self._number
        self._watch.note(f"picture {number:02} {name}")
        for theme in ("dark", "light"):
            self._program.services.theme.choose(theme)
            self._driver.until_editor_is(theme)
            path = self._folder / f"{number:02}-{name}-{theme}.png"
            self._driver.shoot(str(path), self._program.window.frameSize())


def _spoken(dialog: QWidget) -> tuple[str, ...]:
    return (f"{dialog.objectName()}State", "triggerChecking", "sourceStatus")


def _shown(widget: QWidget | None, name: str) -> str:
    found = widget.findChild(QLabel, name) if widget is not None else None
    return found.text() if found is not None and found.isVisible() else ""


def _is_there(dialog: QDialog) -> bool:
    return QApplication.activeModalWidget() is dialog


def main(folder: Path, width: int, height: int) -> None:
    """Does it all on a fresh Sandbox."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="workbench-states-", ignore_cleanup_errors=True) as home:
        os.environ |= {"HOME": home, "WORKBENCH_HOME": home}
        program, driver = open_program(make_application(), width, height)
        try:
            States(program, driver, folder).run()
        except AssertionError:
            driver.shoot(str(folder / "stuck.png"))
            raise
        close(program, driver)
    print("states job ok")


if __name__ == "__main__":
    faulthandler.dump_traceback_later(STUCK_AFTER_S, exit=True)
    main(Path(sys.argv[1]), *(int(each) for each in sys.argv[2:4] or ("1280", "800")))
