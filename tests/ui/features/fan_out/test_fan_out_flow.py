"""Deploy to Several…, in the whole window: functions of two accounts and two regions get one package."""

import threading
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLineEdit, QPushButton

from tests.sandbox_functions import create_function, deploy_elsewhere, deployed_text
from tests.ui.code_files import text
from tests.ui.recovery_panel import Panel
from tests.ui.window_desk import Desk, Opener
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.deploy.fan_out import FanOutJournal, FanOutPlan, Target
from workbench.deploy.journal import Journal
from workbench.deploy.options import DeployOptions
from workbench.profiles.safety import Tier
from workbench.ui.features.fan_out.dialog import FanOutDialog
from workbench.ui.features.fan_out.feature import ACTION

OLD = "def handler(event, context):\n    return 'old'\n"
NEW = "def handler(event, context):\n    return 'new'\n"
EUROPE = "eu-central-1"


@dataclass
class Sender:
    """Somebody who deploys the open function's code to others."""

    desk: Desk
    opener: Opener
    name: str

    def write(self, source: str) -> None:
        """Saves app.py, and waits until the editor shows it."""
        code = self.desk.code
        assert code.workspace is not None
        code.workspace.save("app.py", source)
        code.reload()
        self.desk.until(lambda: text(code.files).toPlainText() == source)
        self.desk.idle()

    def open(self) -> FanOutDialog:
        self.desk.context.services.actions[ACTION].trigger()
        self.desk.until(self.dialog)
        return self.shown()

    def dialog(self) -> FanOutDialog | None:
        found = self.desk.window.findChild(FanOutDialog)
        return found if isinstance(found, FanOutDialog) else None

    def shown(self) -> FanOutDialog:
        dialog = self.dialog()
        assert dialog is not None
        return dialog

    def at(self, profile: str, region: str = "us-east-1") -> Connection:
        found = self.opener.ready[profile]
        assert isinstance(found, Connection)
        return found.in_region(region)

    def add(self, profile: str, region: str, name: str, wave: int = 1, words: str = "python3.13") -> None:
        """Adds a function by the dialog's fields, and waits until it was checked."""
        dialog = self.shown()
        picker = dialog.picker
        assert picker is not None
        picker.profile.setCurrentIndex(picker.profile.findData(profile))
        self.desk.until(lambda: picker.region.findText(region) >= 0)
        picker.region.setCurrentText(region)
        picker.function.setCurrentText(name)
        picker.wave.setValue(wave)
        number = dialog.table.rows.rowCount()
        picker.add_button.click()
        self.desk.until(lambda: words in self.states()[number])

    def states(self) -> list[str]:
        return [row.words for row in self.shown().table.rows.all]

    def press(self, name: str) -> None:
        button = self.shown().findChild(QPushButton, name)
        assert button is not None
        assert button.isVisible()
        assert button.isEnabled()
        button.click()

    def until_ended(self, words: str) -> None:
        """Until nothing runs any more; the dialog then says these words."""
        shown = self.shown()
        self.desk.until(lambda: not shown.table.rows.can_edit and shown.close_button.text() == "Close")
        assert words in self.shown().state.text()

    def close(self) -> None:
        self.press("fanOutClose")
        self.desk.until(lambda: self.dialog() is None)
        self.desk.idle()

    def kept(self) -> list[Path]:
        """What is on disk of fan-outs."""
        return list((self.desk.context.services.paths.data_dir / "fan-outs").glob("*"))


@pytest.fixture
def sender(desk: Desk, opener: Opener, connection: Connection) -> Sender:
    name = create_function(connection, OLD).function_name
    desk.connect()
    desk.open(name)
    desk.until(lambda: desk.code.workspace)
    sender = Sender(desk, opener, name)
    sender.write(NEW)
    return sender


def test_one_package_goes_to_functions_of_two_accounts_and_regions_in_waves(sender: Sender) -> None:
    near, far, other = sender.at("alice"), sender.at("alice", EUROPE), sender.at("bob")
    names = [create_function(each, OLD).function_name for each in (near, far, other)]
    dialog = sender.open()
    assert not dialog.deploy_button.isEnabled()
    sender.add("alice", "us-east-1", names[0])
    sender.add("alice", EUROPE, names[1])
    sender.add("bob", "us-east-1", names[2])
    assert dialog.table.rows.setData(dialog.table.rows.index(2, 0), 2)  # what typing in the table does
    assert dialog.deploy_button.text() == "Deploy to 3"
    dialog.publish.setChecked(True)
    sender.press("fanOutDeploy")
    sender.until_ended("3 of 3 functions have the new code.")
    assert sender.states() == ["Deployed"] * 3
    assert [deployed_text(each, name) for each, name in zip((near, far, other), names, strict=True)] == [
        NEW
    ] * 3
    assert "Version 1 is published" in dialog.table.rows.all[2].detail
    journal = Journal(sender.desk.context.services.paths.data_dir / "deploys")
    assert journal.records()[0].function_name == names[2]  # the second wave's, last
    sender.close()
    assert sender.kept() == []
    assert deployed_text(near, sender.name) == OLD  # what was not chosen was not touched


def test_a_failure_stops_the_waves_and_it_goes_on_when_the_cause_is_gone(sender: Sender) -> None:
    near, other = sender.at("alice"), sender.at("bob")
    names = [create_function(each, OLD).function_name for each in (near, other)]
    sender.open()
    sender.add("bob", "us-east-1", names[1])
    sender.add("alice", "us-east-1", names[0], wave=2)
    sender.opener.ready["bob"] = WorkbenchError("Could not connect as bob.", "The token has expired.")
    sender.press("fanOutDeploy")
    sender.until_ended("0 of 2 functions have the new code. Failed: 1. Not started: 1.")
    assert "The token has expired." in sender.states()[0]
    assert deployed_text(near, names[0]) == OLD
    sender.close()
    assert len(sender.kept()) == 2  # the journal and the package
    sender.desk.until(lambda: sender.desk.banner("functions was interrupted."))

    sender.opener.ready["bob"] = other
    workspace = sender.desk.code.workspace
    assert workspace is not None
    workspace.save("app.py", "edited = 'since'\n")
    sender.open()
    sender.press("fanOutResume")
    sender.until_ended("2 of 2 functions have the new code.")
    assert deployed_text(near, names[0]) == deployed_text(other, names[1]) == NEW
    sender.close()
    assert sender.kept() == []


def test_what_cannot_be_deployed_to_is_refused_with_words(sender: Sender) -> None:
    script = create_function(sender.at("alice"), "x", runtime="nodejs22.x", file_name="app.js")
    guarded = create_function(sender.at("bob"), OLD)
    sender.desk.protection._safety.set_tier("bob", Tier.READ_ONLY)
    dialog = sender.open()
    sender.add("alice", "us-east-1", sender.name)
    assert dialog.deploy_button.isEnabled()
    sender.add("alice", "us-east-1", script.function_name, words="nodejs22.x")
    sender.add("alice", "us-east-1", "no-such-function", words="not found")
    sender.add("bob", "us-east-1", guarded.function_name, words="read-only")
    for _ in range(3):
        assert dialog.table.rows.all[1].tone == "danger"
        assert not dialog.deploy_button.isEnabled()
        dialog.table.selectRow(1)
        sender.press("fanOutRemove")
    assert dialog.deploy_button.isEnabled()
    sender.close()
    assert sender.kept() == []


def test_the_open_function_itself_may_be_among_them_and_its_code_counts_as_deployed(sender: Sender) -> None:
    sender.open()
    sender.add("alice", "us-east-1", sender.name)
    workspace = sender.desk.code.workspace
    assert workspace is not None
    for package in workspace.packages.iterdir():
        if package != workspace.base_package:
            package.unlink()  # as packing again would
    sender.press("fanOutDeploy")
    sender.until_ended("1 of 1 functions have the new code.")
    sender.close()
    assert workspace.is_clean(JobContext())
    assert not workspace.stale
    function = sender.desk.window.page.function
    assert function is not None
    assert function.detail.code_sha256 == workspace.base.code_sha256


def test_a_profile_that_must_be_signed_in_offers_that(sender: Sender) -> None:
    other = sender.at("bob")
    ended = WorkbenchError("Could not connect as bob.", "The sign-in has ended.", action="profile.sign_in")
    sender.opener.ready["bob"] = ended
    dialog = sender.open()
    picker = dialog.picker
    assert picker is not None
    sender.desk.until(lambda: "Functions in this region" in dialog.state.text())
    assert not dialog.remedy_button.isVisible()
    picker.profile.setCurrentIndex(picker.profile.findData("bob"))
    sender.desk.until(dialog.remedy_button.isVisible)
    assert "The sign-in has ended." in dialog.state.text()
    wanted: list[tuple[str, str]] = []
    dialog.remedy_wanted.disconnect()  # it would open a browser
    dialog.remedy_wanted.connect(lambda *remedy: wanted.append(remedy))
    dialog.remedy_button.click()
    assert wanted == [("profile.sign_in", "bob")]
    sender.opener.ready["bob"] = other
    sender.desk.protection.sign_in.signed_in.emit("bob")
    sender.desk.until(
        lambda: "Functions in this region" in dialog.state.text() or "No functions" in dialog.state.text()
    )
    assert not dialog.remedy_button.isVisible()
    sender.close()


def test_production_is_confirmed_by_the_name(sender: Sender) -> None:
    name = create_function(sender.at("bob"), OLD).function_name
    sender.desk.protection._safety.set_tier("bob", Tier.PRODUCTION)
    dialog = sender.open()
    sender.add("bob", "us-east-1", name)
    assert "PRODUCTION" in sender.states()[0]
    sender.press("fanOutDeploy")
    field = dialog.findChild(QLineEdit, "confirmName")
    yes = dialog.findChild(QPushButton, "confirmByNameYes")
    assert field is not None
    assert yes is not None
    assert not yes.isEnabled()
    assert deployed_text(sender.at("bob"), name) == OLD
    field.setText(sender.name)
    yes.click()
    sender.until_ended("1 of 1 functions have the new code.")
    sender.close()


def test_code_that_changed_since_it_was_looked_at_is_not_replaced(sender: Sender) -> None:
    other = sender.at("bob")
    name = create_function(other, OLD).function_name
    sender.open()
    sender.add("bob", "us-east-1", name)
    deploy_elsewhere(other, name, "theirs = 1\n")
    sender.press("fanOutDeploy")
    sender.until_ended("Failed: 1.")
    assert "changed after the plan was made" in sender.states()[0]
    assert deployed_text(other, name) == "theirs = 1\n"
    sender.press("fanOutDiscard")
    sender.desk.until(lambda: sender.dialog() is None)
    sender.desk.idle()
    assert sender.kept() == []


def test_cancel_begins_no_other_and_says_what_became_of_each(sender: Sender) -> None:
    near, other = sender.at("alice"), sender.at("bob")
    names = [create_function(each, OLD).function_name for each in (near, other)]
    sender.open()
    sender.add("bob", "us-east-1", names[1])
    sender.add("alice", "us-east-1", names[0], wave=2)
    held = sender.opener.held["bob"] = threading.Event()
    sender.press("fanOutDeploy")
    sender.desk.until(lambda: sender.states()[0] == "Connecting…")
    sender.press("fanOutCancel")
    assert sender.shown().state.text() == "Cancelling…"
    held.set()
    sender.until_ended("Stopped: 1. Not started: 1.")
    assert "still has its previous code" in sender.states()[0]
    assert deployed_text(near, names[0]) == deployed_text(other, names[1]) == OLD
    sender.close()


def interrupt(sender: Sender) -> tuple[str, str]:
    """Leaves a fan-out as a crash does; the name of its only function, and what the panel calls it."""
    other, parts = sender.at("bob"), sender.desk.context
    detail = create_function(other, OLD)
    workspace = sender.desk.code.workspace
    assert workspace is not None
    package = workspace.package(JobContext())
    file = FanOutJournal(parts.services.paths.data_dir / "fan-outs").hold(package, sender.name)
    target = Target("bob", detail.region, detail.function_name, 1, detail.function_arn, detail.code_sha256)
    sha256, size_bytes, arn = package.code_sha256, package.size_bytes, f"arn:{sender.name}"
    file.begin(FanOutPlan(sender.name, arn, sha256, size_bytes, DeployOptions(), (target,)))
    file.file.before("0")
    file.release()
    return detail.function_name, f"Deploy of {sender.name} to 1 function"


def test_one_that_a_crash_interrupted_is_told_at_the_start_and_goes_on(sender: Sender) -> None:
    name, title = interrupt(sender)
    sender.desk.protection._safety.set_tier("bob", Tier.PRODUCTION)
    sender.desk.window.operations_changed.emit()  # as the next start of the program does
    Panel(sender.desk, f"{title} was interrupted.").press(title, "Finish")
    sender.desk.until(sender.dialog)
    assert sender.states() == ["Stopped: Workbench closed during the deployment."]
    sender.press("fanOutResume")
    field = sender.shown().findChild(QLineEdit, "confirmName")
    yes = sender.shown().findChild(QPushButton, "confirmByNameYes")
    assert field is not None
    assert yes is not None
    assert deployed_text(sender.at("bob"), name) == OLD
    field.setText(sender.name)
    yes.click()
    sender.until_ended("1 of 1 functions have the new code.")
    assert deployed_text(sender.at("bob"), name) == NEW
    sender.close()
    assert sender.kept() == []


def test_one_whose_package_was_changed_can_only_be_discarded(sender: Sender) -> None:
    name, title = interrupt(sender)
    (package,) = (path for path in sender.kept() if path.suffix == ".zip")
    other_bytes = bytes(package.stat().st_size)
    package.unlink()  # it may be the same file as the workspace's
    package.write_bytes(other_bytes)
    sender.desk.window.operations_changed.emit()
    Panel(sender.desk, f"{title} was interrupted.").press(title, "Finish")
    sender.desk.until(lambda: sender.desk.banner("Its package was changed on this computer."))
    assert sender.dialog() is None

    panel = Panel(sender.desk, f"{title} was interrupted.")
    panel.discard(title)
    panel.until_said(title, "Discarded.")
    assert sender.kept() == []
    assert deployed_text(sender.at("bob"), name) == OLD
    panel.dialog.reject()
    sender.desk.idle()


def test_one_without_its_package_says_so(sender: Sender) -> None:
    _name, title = interrupt(sender)
    (package,) = (path for path in sender.kept() if path.suffix == ".zip")
    package.unlink()
    sender.desk.window.operations_changed.emit()
    panel = Panel(sender.desk, f"{title} was interrupted.")
    assert "It cannot be finished: Its package was changed or deleted on this computer." in panel.text(title)
    assert not panel.button(title, "Finish").isEnabled()
    panel.discard(title)
    panel.until_said(title, "Discarded.")
    panel.dialog.reject()
    sender.desk.idle()


def test_it_goes_on_while_the_dialog_is_closed_and_its_end_is_told(sender: Sender) -> None:
    other = sender.at("bob")
    name = create_function(other, OLD).function_name
    sender.open()
    sender.add("bob", "us-east-1", name)
    held = sender.opener.held["bob"] = threading.Event()
    sender.press("fanOutDeploy")
    sender.desk.until(lambda: sender.states()[0] == "Connecting…")
    sender.press("fanOutClose")
    sender.desk.until(lambda: sender.dialog() is None)
    assert sender.open().table.rows.all[0].words == "Connecting…"
    sender.press("fanOutClose")
    sender.desk.until(lambda: sender.dialog() is None)
    held.set()
    sender.desk.until(lambda: sender.desk.banner("1 of 1 functions have the new code."))
    assert deployed_text(other, name) == NEW
    sender.desk.idle()
    assert sender.kept() == []
    sender.open()  # it shows how far the deployment is
    assert sender.desk.banner("1 of 1 functions have the new code.") is None


def test_code_that_will_not_run_goes_out_only_if_that_is_wanted(sender: Sender) -> None:
    sender.write("def handler(event, context)\n")
    dialog = sender.open()
    sender.desk.until(lambda: "app.py:1" in dialog.problems.text())
    sender.add("alice", "us-east-1", sender.name)
    assert not dialog.deploy_button.isEnabled()
    dialog.anyway.setChecked(True)
    assert dialog.deploy_button.isEnabled()
    sender.close()
