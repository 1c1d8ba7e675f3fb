"""The policy's tiers and its retention hold whatever a user chose, and the window says what is in force."""

import base64
import hashlib
import json
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from tests.aws.conftest import AwsFiles, AwsServer, aws_files, aws_server
from tests.deploy.bench import zip_of
from tests.e2e.desk import PROFILE, text_of, write_profile
from tests.fake_time import FakeClock
from tests.sandbox_functions import create_function
from tests.security.policy_desk import ELSEWHERE, NO_GRAPHICS, REASON, Sit, sit
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.aws.session import Sessions
from workbench.core.errors import WorkbenchError
from workbench.core.files import Paths
from workbench.core.jobs import JobContext
from workbench.core.policy import Policy, Rule, TierRule
from workbench.core.settings import Settings
from workbench.deploy.journal import PackageStore
from workbench.functions.deleted import DeletedStore
from workbench.invoke.history import (
    EndedInvocation,
    HistorySearch,
    InvocationHistory,
    InvocationOutcome,
    Mode,
    SentInvocation,
)
from workbench.profiles.safety import Safety, Tier, for_access
from workbench.sandbox.supervisor import Sandbox
from workbench.ui.features.help.feature import NeededPermissionsDialog, PolicyDialog
from workbench.ui.features.profiles.window import ProfilesWindow
from workbench.ui.features.settings.dialog import SettingsDialog
from workbench.ui.shell.invoker import history_of
from workbench.ui.shell.preferences import LEDGER_MB

__all__ = ["aws_files", "aws_server", "sit"]

pytestmark = NO_GRAPHICS
CTX = JobContext()


# Tiers ------------------------------------------------------------------------------------------------------


def tiered(tmp_path: Path, *rules: TierRule) -> Safety:
    return Safety(Settings(tmp_path / "settings.json"), Policy(tiers=rules, path=ELSEWHERE))


def test_a_forced_tier_is_not_lowered(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text(json.dumps({"profile.prod.tier": "normal"}))
    safety = tiered(tmp_path, TierRule("production", ("prod*",)))
    assert safety.tier("prod") is Tier.PRODUCTION
    refused = safety.set_tier("prod", Tier.NORMAL)
    assert refused is not None
    assert REASON in refused.why
    assert safety.tier("prod") is Tier.PRODUCTION
    assert safety.set_tier("prod", Tier.READ_ONLY) is None  # a stricter one can be chosen
    assert safety.tier("prod") is Tier.READ_ONLY
    assert safety.set_tier("dev", Tier.NORMAL) is None
    safety.rename("prod", "mine")
    assert safety.tier("mine") is Tier.READ_ONLY
    assert safety.tier("prod") is Tier.READ_ONLY


def test_another_name_does_not_leave_a_read_only_account(
    aws_files: AwsFiles, aws_server: AwsServer, tmp_path: Path
) -> None:
    """The account counts as AWS names it, whatever the settings say of the profile."""
    keys = "aws_access_key_id = AKIDFILE\naws_secret_access_key = s\n"
    aws_files.config(f"[profile harmless]\nendpoint_url = {aws_server.url}\n{keys}")
    pin = {"account_id": "999999999999", "partition": "aws", "arn": "arn:aws:iam::999999999999:user/u"}
    (tmp_path / "settings.json").write_text(json.dumps({"profile.harmless.pin": pin}))
    safety = tiered(tmp_path, TierRule("read-only", accounts=("123456789012",)))
    safety.trust_endpoint("harmless", aws_server.url)
    sessions = Sessions(for_access(safety))
    connection = Connection.open(Access("harmless", "eu-central-1"), sessions=sessions)
    assert connection.account_id == "123456789012"
    asked = len(aws_server.requests)
    with pytest.raises(WorkbenchError, match=f"{REASON}: the profile harmless is read-only"):
        connection.call("lambda", "delete_function", FunctionName="f")
    assert len(aws_server.requests) == asked


def test_the_window_treats_a_forced_tier_as_chosen(sit: Sit, access: Access) -> None:
    write_profile(access)
    rules = (TierRule("production", (PROFILE,)),)
    desk = sit(PROFILE, Policy(tiers=rules, path=ELSEWHERE))
    desk.wait_for_list()
    assert desk.window.top_bar.badge.text() == "PRODUCTION"
    desk.act("profile.manage")
    window = desk.window.findChild(ProfilesWindow, "profilesWindow")
    assert window is not None
    window.choose(PROFILE)
    desk.until(lambda: window.profile is not None and window.profile.name == PROFILE)
    tier = window.details.tier
    assert tier.currentData() is Tier.PRODUCTION
    assert REASON in window.details.tier_rule.text()
    assert REASON in tier.toolTip()
    tier.setFocus()
    QTest.keyClick(tier, Qt.Key.Key_Home)  # to Normal
    assert tier.currentData() is Tier.PRODUCTION
    window.details.tier_chosen.emit(Tier.NORMAL)
    assert [REASON in str(banner.error) for banner in window.banners.banners] == [True]
    assert desk.program.identities.safety.tier(PROFILE) is Tier.PRODUCTION
    window.close()


# Retention --------------------------------------------------------------------------------------------------


def sent(days_ago: float, payload: bytes = b'{"secret": "hunter2hunter2"}') -> SentInvocation:
    when = datetime.now(UTC) - timedelta(days=days_ago)
    return SentInvocation(when.isoformat(), "123456789012", "eu-central-1", "f", "", Mode.SYNC, payload)


def ended(text: str) -> EndedInvocation:
    return EndedInvocation(InvocationOutcome.SUCCEEDED, 200, text.encode(), log=text)


def bytes_of(ledger: Path) -> bytes:
    return b"".join(path.read_bytes() for path in ledger.parent.glob(f"{ledger.name}*"))


def test_old_data_is_deleted_at_the_start_whatever_the_user_set(sit: Sit, access: Access) -> None:
    write_profile(access)
    paths = Paths.default()
    LEDGER_MB_OF_USER = 4096
    Settings(paths.config_dir / "settings.json").set(LEDGER_MB.key, LEDGER_MB_OF_USER)
    ledger = InvocationHistory(paths.data_dir / "ledger.sqlite")
    for days_ago in (40, 31, 29):
        ledger.end(ledger.begin(sent(days_ago)), ended(f"answer of day {days_ago}"))
    for days_ago in (100, 10):
        folder = f"{datetime.now(UTC) - timedelta(days=days_ago):%Y%m%dT%H%M%S}-abcd"
        (paths.data_dir / "deleted" / folder).mkdir(parents=True)
    kept = paths.data_dir / "deploys-packages"
    for name, days_ago in (("old", 100), ("new", 10)):
        (kept / name).mkdir(parents=True)
        (kept / name / "package.zip").write_bytes(b"zip")
        when = time.time() - days_ago * 86_400
        os.utime(kept / name, (when, when))
    policy = Policy(invocations_days=30, packages_days=90, path=ELSEWHERE)
    desk = sit(PROFILE, policy)
    desk.wait_for_list()
    desk.until(lambda: len(ledger.list(HistorySearch())) == 1)
    desk.rest()
    found = bytes_of(paths.data_dir / "ledger.sqlite")
    assert b"answer of day 29" in found
    assert b"answer of day 31" not in found
    assert len(list((paths.data_dir / "deleted").iterdir())) == 1
    desk.until(lambda: not (kept / "old").exists())
    assert (kept / "new" / "package.zip").exists()


def test_an_invocation_deletes_the_old_ones(tmp_path: Path) -> None:
    ledger = InvocationHistory(tmp_path / "ledger.sqlite", max_age_days=30)
    InvocationHistory(tmp_path / "ledger.sqlite").begin(sent(31))
    ledger.end(ledger.begin(sent(0)), ended("new"))
    assert [entry.ended.outcome for entry in ledger.list(HistorySearch())] == [InvocationOutcome.SUCCEEDED]


def test_no_payload_reaches_the_disk(sit: Sit, access: Access, connection: Connection) -> None:
    source = "def handler(event, context):\n    print('logged-' + 'line')\n    return 'answered-' + 'text'\n"
    name = create_function(connection, source).function_name
    write_profile(access)
    desk = sit(PROFILE, Policy(invocations_days=0, path=ELSEWHERE))
    desk.open_function(name)
    desk.write_event('{"password": "hunter2hunter2"}')
    desk.act("function.invoke")
    desk.until(lambda: "answered-text" in desk.result())
    desk.rest()
    services = desk.program.services
    (entry,) = history_of(services).list(HistorySearch())
    whole = history_of(services).get(entry.number)
    assert whole is not None
    assert whole.redacted
    assert (whole.sent.payload, whole.ended.answer, whole.ended.log) == (b"", b"", "")
    assert whole.ended.outcome is InvocationOutcome.SUCCEEDED
    found = bytes_of(services.paths.data_dir / "ledger.sqlite")
    for text in (b"hunter2hunter2", b"answered-text", b"logged-line"):
        assert text not in found


def test_a_policy_that_is_not_trusted_deletes_nothing(tmp_path: Path) -> None:
    policy = Policy.strictest(ELSEWHERE, "It is damaged.")
    path = tmp_path / "ledger.sqlite"
    InvocationHistory(path).begin(sent(4000))
    strict = InvocationHistory(
        path, max_age_days=policy.max_invocation_age_days, keeps_payloads=policy.keeps_payloads
    )
    strict.end(strict.begin(sent(0, b"new payload")), ended("new answer"))
    strict.prune()
    assert len(strict.list(HistorySearch())) == 2
    assert b"hunter2hunter2" in bytes_of(path)
    assert b"new payload" not in bytes_of(path)
    assert b"new answer" not in bytes_of(path)


def test_packages_and_deleted_functions_are_kept_no_longer_than_allowed(tmp_path: Path) -> None:
    store = PackageStore(tmp_path / "packages", max_age_days=10)
    hashes = []
    for text in ("a", "b"):
        data = zip_of({"app.py": text})
        (tmp_path / text).write_bytes(data)
        hashes.append(base64.b64encode(hashlib.sha256(data).digest()).decode())
        store.keep(tmp_path / text, hashes[-1])
    old = time.time() - 11 * 86_400
    os.utime(store._entry(hashes[0]), (old, old))
    store.prune()
    assert [bool(store.size_of(each)) for each in hashes] == [False, True]

    deleted = DeletedStore(tmp_path / "deleted", FakeClock(), max_age_days=10)
    now = FakeClock().now()
    for days_ago, is_being_restored in ((9, False), (11, False), (12, True)):
        folder = tmp_path / "deleted" / f"{now - timedelta(days=days_ago):%Y%m%dT%H%M%S}-ab{days_ago}"
        folder.mkdir(parents=True)
        if is_being_restored:
            (folder / "restoring").touch()
    deleted.prune()
    left = sorted(each.name.partition("-ab")[2] for each in (tmp_path / "deleted").iterdir())
    assert left == ["12", "9"]


# What the window says ---------------------------------------------------------------------------------------


def test_a_policy_that_is_not_trusted_is_said_at_the_start_and_stays(sit: Sit, access: Access) -> None:
    write_profile(access)
    policy = Policy.strictest(ELSEWHERE, f"{ELSEWHERE}: line 3, column 2: Expecting value.")
    desk = sit("", policy)
    message = desk.wait_for_message("cannot be trusted")
    assert "line 3, column 2" in text_of(message)
    assert (
        "Inform the administrator of this computer. The policy is read again when Workbench starts"
        in text_of(message)
    )
    desk.choose_profile(PROFILE)  # which closes all messages
    desk.wait_for_message("Nothing was sent to")
    desk.wait_for_message("cannot be trusted")


def test_help_lists_the_rules_in_force_and_the_permissions(sit: Sit) -> None:
    rules = (TierRule("production", ("*prod*",), ("123456789012",)), TierRule("read-only", ("audit",)))
    desk = sit("", Policy(frozenset(Rule), rules, 30, 90, ELSEWHERE))
    desk.wait_for_message("No profile is selected.")
    desk.act("help.policy")
    dialog = desk.window.findChild(PolicyDialog, "policyDialog")
    assert dialog is not None
    said = text_of(dialog)
    for words in (
        str(ELSEWHERE),
        "The Sandbox cannot be started.",
        "Functions cannot be run or debugged",
        "Dependencies cannot be installed",
        "Requests are sent only to AWS.",
        "Long-lived access keys are neither stored nor handed out",
        "Treated as production: *prod*, 123456789012",
        "Read-only: audit",
        "Invocations are deleted after 30 days.",
        "are deleted after 90 days.",
    ):
        assert words in said
    assert all(label.textFormat() is Qt.TextFormat.PlainText for label in dialog.findChildren(QLabel))
    dialog.close()
    desk.act("help.permissions")
    permissions = desk.window.findChild(NeededPermissionsDialog, "permissionsDialog")
    assert permissions is not None
    assert "view.json" in text_of(permissions)


def test_settings_say_what_the_organisation_has_set(qtbot: QtBot, tmp_path: Path) -> None:
    settings = Settings(tmp_path / "settings.json")
    for policy, words, is_free in (
        (Policy(invocations_days=1), f"{REASON}: Invocations are deleted after 1 day.", True),
        (
            Policy(invocations_days=0),
            f"{REASON}: Payloads, responses and logs of invocations are not stored.",
            False,
        ),
    ):
        parent = QWidget()
        qtbot.addWidget(parent)
        dialog = SettingsDialog(settings, parent, policy)
        rule, size = dialog.findChild(QLabel, "ledgerSizeFault"), dialog.findChild(QSpinBox, "ledgerSize")
        assert rule is not None
        assert size is not None
        assert words in rule.text()
        assert size.isEnabled() is is_free


def test_nothing_of_it_shows_without_a_policy(sit: Sit, access: Access) -> None:
    write_profile(access)
    desk = sit(PROFILE, Policy())
    desk.wait_for_list()
    actions = desk.program.services.actions
    assert not [action.text() for action in actions.all() if REASON in action.text()]
    picker = desk.window.findChild(QComboBox, "profilePicker")
    assert picker is not None
    assert REASON not in str(picker.itemData(picker.findText("Sandbox"), Qt.ItemDataRole.ToolTipRole))
    assert isinstance(desk.program.sandbox, Sandbox)
