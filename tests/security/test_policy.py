"""The policy of an organisation cannot be got round: by no menu, key, route, command line, file or variable.

The first tests run the program as it is installed, with a real /etc/workbench/policy.json in a mount
namespace of their own; the others give the whole program its policy by hand.
"""

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractItemView, QApplication, QComboBox, QLabel, QPushButton, QSpinBox
from pytestqt.qtbot import QtBot

from tests.aws.conftest import AwsFiles, AwsServer, aws_files, aws_server, through
from tests.deploy.bench import zip_of
from tests.e2e.conftest import _NO_GRAPHICS
from tests.e2e.desk import PROFILE, Desk, text_of, write_profile
from tests.fake_time import FakeClock
from tests.invoke.test_local import DETAIL
from tests.sandbox_functions import create_function
from workbench.aws.access import Access
from workbench.aws.connection import Connection
from workbench.aws.session import Sessions
from workbench.code.dependencies.store import DependencyStore
from workbench.core.clock import SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.paths import Paths
from workbench.core.policy import Policy, Rule, TierRule
from workbench.core.settings import Settings
from workbench.deploy.package_store import PackageStore
from workbench.functions.deleted import DeletedStore
from workbench.invoke.ledger import Ledger
from workbench.invoke.ledger_entry import Ended, Mode, Outcome, Search, Sent
from workbench.invoke.local import LocalCode, LocalIdentity, run_locally
from workbench.invoke.local_process import Runner
from workbench.profiles import guards
from workbench.profiles.config_files import ConfigFiles
from workbench.profiles.draft import ProfileDraft
from workbench.profiles.identities import Identities
from workbench.profiles.manage import add_profile, duplicate_profile, edit_profile
from workbench.profiles.model import ProfileKind
from workbench.profiles.passphrase_store import PassphraseStore
from workbench.profiles.safety import Safety, Tier
from workbench.profiles.secret_store import MemoryStore, SecretStore, StoredKeys, StoreStatus
from workbench.profiles.secret_store import Mode as KeyMode
from workbench.profiles.stores import PASSPHRASE_VARIABLE
from workbench.sandbox.local_run import COMMAND, FOLDER
from workbench.sandbox.supervisor import Sandbox, SandboxState
from workbench.ui.invoking.kept import ledger_of
from workbench.ui.organisation_dialog import PolicyDialog
from workbench.ui.preferences import LEDGER_MB
from workbench.ui.profiles.window import ProfilesWindow
from workbench.ui.session import LAST_AWS_PROFILE
from workbench.ui.settings_dialog import SettingsDialog

__all__ = ["aws_files", "aws_server"]

pytestmark = pytest.mark.qt_log_ignore(*_NO_GRAPHICS)
CTX = JobContext()
REASON = "Set by your organisation"
KEY_ID, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
ELSEWHERE = Path("/etc/workbench/policy.json")
Sit = Callable[[str, Policy], Desk]


def forbidding(*rules: Rule) -> Policy:
    return Policy(frozenset(rules), path=ELSEWHERE)


@pytest.fixture
def sit(qtbot: QtBot, qapp: QApplication) -> Iterator[Sit]:
    """Starts the whole program with a profile and a policy."""
    desks: list[Desk] = []

    def start(profile_name: str, policy: Policy) -> Desk:
        desks.append(Desk(qtbot, qapp, profile_name, policy))
        return desks[-1]

    yield start
    for desk in desks:
        desk.leave()


# As installed -----------------------------------------------------------------------------------------------

Installed = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def installed(tmp_path: Path) -> Installed:
    """Runs Python code, or `workbench ARGUMENTS`, where /etc has this policy."""
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    if not is_root or subprocess.run(["unshare", "-m", "true"], check=False).returncode:
        pytest.skip("only root can give this system another /etc")
    etc = tmp_path / "etc"

    def run(
        policy: object, *arguments: str, mode: int = 0o644, code: str = "", **environ: str
    ) -> subprocess.CompletedProcess[str]:
        shutil.rmtree(etc, ignore_errors=True)
        shutil.copytree("/etc/fonts", etc / "fonts")  # all that the program needs from there
        for name in ("passwd", "hosts", "nsswitch.conf"):
            shutil.copy(Path("/etc") / name, etc / name)
        if policy is not None:
            (etc / "workbench").mkdir()
            file = etc / "workbench" / "policy.json"
            file.write_text(policy if isinstance(policy, str) else json.dumps(policy))
            file.chmod(mode)
        in_namespace = ["unshare", "-m", "sh", "-c", 'mount --bind "$0" /etc && exec "$@"', etc]
        program = ["-c", code] if code else ["-m", "workbench", *arguments]
        return subprocess.run(
            [*in_namespace, sys.executable, *program],
            env=os.environ | environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


def stored(mode: KeyMode = "raw", endpoint_url: str = "") -> dict[str, str]:
    """A key that was stored before there was a policy; returns what opens the store."""
    keys = StoredKeys(KEY_ID, SECRET, mode, "us-east-1", endpoint_url)
    PassphraseStore(Paths.default().data_dir / "keys.json", "open sesame").set("dev", keys, CTX)
    return {PASSPHRASE_VARIABLE: "open sesame"}


def test_without_a_policy_the_command_line_hands_out_stored_keys(installed: Installed) -> None:
    done = installed(None, "credentials", "dev", **stored())
    assert json.loads(done.stdout)["SecretAccessKey"] == SECRET


@pytest.mark.parametrize(
    ("policy", "mode", "said"),
    [
        ({"forbid": ["stored-keys"]}, 0o644, "may not keep long-lived access keys"),
        ({"forbid": ["raw-keys"]}, 0o644, "may not be handed out itself"),
        ({}, 0o666, "may not keep long-lived access keys"),
        ('{"forbid": [', 0o644, "may not keep long-lived access keys"),
        ("\0" * 10_000_000, 0o644, "may not keep long-lived access keys"),
    ],
    ids=["stored", "raw", "writable by others", "damaged", "10 MB"],
)
def test_the_command_line_hands_out_no_key_that_the_policy_keeps(
    installed: Installed, tmp_path: Path, policy: object, mode: int, said: str
) -> None:
    mine = tmp_path / "mine" / "workbench"
    mine.mkdir(parents=True)
    (mine / "policy.json").write_text("{}")
    other = {name: str(mine.parent) for name in ("XDG_CONFIG_DIRS", "XDG_CONFIG_HOME", "HOME", "ProgramData")}
    done = installed(policy, "credentials", "dev", mode=mode, **stored(), **other)
    assert done.returncode == 8, done.stderr
    assert REASON in done.stderr
    assert said in done.stderr
    assert SECRET not in done.stdout + done.stderr
    assert not done.stdout


def test_the_command_line_sends_no_stored_key_to_another_server(
    installed: Installed, aws_server: AwsServer
) -> None:
    given = stored("session", aws_server.url)
    done = installed({"forbid": ["own-endpoints", "raw-keys"]}, "credentials", "dev", **given)
    assert done.returncode == 8, done.stderr
    assert "requests may go to AWS only" in done.stderr
    assert aws_server.requests == []


START = """
from PySide6.QtCore import QTimer
from workbench import app
from workbench.ui.window import MainWindow
from PySide6.QtWidgets import QApplication, QLabel

def look():
    [window] = [each for each in QApplication.topLevelWidgets() if isinstance(each, MainWindow)]
    texts = [label.text() for label in window.banners.findChildren(QLabel) if label.text()]
    is_listed = window.functions.freshness.text().endswith("up to date")  # the Sandbox has started
    if is_listed or "No profile is chosen." in texts:
        print("\\n".join(texts))
        timer.stop()
        window.close()

prepare = app.make_application
def make():
    global timer
    made = prepare()
    timer = QTimer(made, interval=100)
    timer.timeout.connect(look)
    timer.singleShot(2000, timer.start)
    return made
app.make_application = make
app.run()
"""


@pytest.mark.parametrize("policy", [{"forbid": ["sandbox"]}, "{"], ids=["forbidden", "damaged"])
def test_the_program_starts_without_the_sandbox(installed: Installed, policy: object) -> None:
    done = installed(policy, code=START, QT_QPA_PLATFORM="offscreen")
    assert done.returncode == 0, done.stderr
    assert "No profile is chosen." in done.stdout
    assert REASON in done.stdout
    assert ("cannot be trusted" in done.stdout) == (policy == "{")
    assert not (Paths.default().data_dir / "sandbox").exists()


# The Sandbox ------------------------------------------------------------------------------------------------


def test_no_way_starts_a_forbidden_sandbox(sit: Sit) -> None:
    desk = sit("", forbidding(Rule.SANDBOX))
    message = desk.wait_for_message("No profile is chosen.")
    assert REASON in text_of(message)
    assert "Choose an AWS profile" in desk.window.functions.empty.accessibleDescription()
    actions, sandbox = desk.program.services.actions, desk.program.sandbox
    for name in ("sandbox.start", "sandbox.reset"):
        assert not actions[name].isEnabled()
        assert REASON in actions[name].text()
        assert REASON in actions[name].toolTip()
        actions[name].trigger()
    picker = desk.window.top_bar.profile
    row = picker.findText("Sandbox")
    assert REASON in picker.itemData(row, Qt.ItemDataRole.ToolTipRole)
    picker.setFocus()
    QTest.keyClicks(picker, "Sandbox")
    assert picker.currentText() == ""
    assert "Start Sandbox" not in palette(desk)
    desk.program.session.choose(desk.program._sandbox_profile)  # as every other part of the program does
    assert REASON in text_of(desk.wait_for_message("The Sandbox could not be started."))
    for start in (sandbox.start, sandbox.reset):
        with pytest.raises(WorkbenchError, match=REASON):
            start(CTX)
    desk.rest()
    assert sandbox.status.state is SandboxState.STOPPED
    assert not sandbox.data_dir.exists()


def test_the_last_profile_of_aws_is_chosen_in_its_place(sit: Sit, access: Access) -> None:
    write_profile(access)
    settings = Settings(Paths.default().config_dir / "settings.json")
    settings.set("session.profile", "Sandbox")
    settings.set(LAST_AWS_PROFILE, PROFILE)
    desk = sit("", forbidding(Rule.SANDBOX))
    desk.wait_for_list()
    assert desk.window.top_bar.profile.currentText() == PROFILE


def test_a_profile_that_connects_is_remembered_for_that(sit: Sit, access: Access) -> None:
    write_profile(access)
    desk = sit(PROFILE, Policy())
    desk.wait_for_list()
    assert Settings(Paths.default().config_dir / "settings.json").get(LAST_AWS_PROFILE, "") == PROFILE


@pytest.mark.parametrize("wanted", ["Sandbox", "gone"])
def test_naming_the_sandbox_or_no_profile_opens_the_empty_state(sit: Sit, wanted: str) -> None:
    desk = sit(wanted, forbidding(Rule.SANDBOX))
    desk.wait_for_message("No profile is chosen.")
    desk.rest()
    assert not desk.program.sandbox.data_dir.exists()


# Local runs -------------------------------------------------------------------------------------------------

LEAVES_A_TRACE = "open({!r}, 'w').close()\ndef handler(event, context):\n    return 'ran'\n"


def test_no_way_runs_a_function_on_this_computer(
    sit: Sit, access: Access, connection: Connection, tmp_path: Path
) -> None:
    trace = tmp_path / "ran"
    name = create_function(connection, "def handler(event, context): pass").function_name
    write_profile(access)
    desk = sit(PROFILE, forbidding(Rule.LOCAL_RUNS))
    desk.open_function(name)
    desk.type_over(LEAVES_A_TRACE.format(str(trace)).replace("\n", " ; ", 1).split(" ; ")[0])
    desk.write_event("{}")
    actions = desk.program.services.actions
    for each, keys in (("function.run_locally", "Ctrl+Alt+R"), ("function.debug", "Ctrl+F5")):
        assert not actions[each].isEnabled()
        assert REASON in actions[each].text()
        actions[each].trigger()
        assert actions[each].shortcut().toString() == keys
    QTest.keyClick(
        desk.window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
    )
    QTest.keyClick(desk.window, Qt.Key.Key_F5, Qt.KeyboardModifier.ControlModifier)
    button = desk.window.findChild(QPushButton, "testRunLocally")
    assert button is not None
    assert not button.isEnabled()
    assert REASON in button.toolTip()
    button.click()
    assert not [title for title in palette(desk) if "Locally" in title]
    actions._handlers["function.run_locally"]()  # as a part of the program that knows the handler would
    assert REASON in text_of(desk.wait_for_message("The function was not run on this computer."))
    actions._handlers["function.debug"]()
    desk.rest()
    assert not trace.exists()
    assert not (desk.program.services.paths.cache_dir / "local-runs").exists()


def test_the_runner_itself_refuses(tmp_path: Path) -> None:
    trace, folder = tmp_path / "ran", tmp_path / "run"
    (folder / "var/task").mkdir(parents=True)
    (folder / "var/task/app.py").write_text(LEAVES_A_TRACE.format(str(trace)))

    def run(policy: Policy) -> object:
        code = LocalCode(folder, folder / "var/task")
        runner = Runner(COMMAND, FOLDER)
        return run_locally(runner, DETAIL, code, LocalIdentity(), b"{}", CTX, policy=policy)

    with pytest.raises(WorkbenchError, match=REASON):
        run(forbidding(Rule.LOCAL_RUNS))
    assert not trace.exists()


# Installs ---------------------------------------------------------------------------------------------------


def test_no_way_installs_dependencies(sit: Sit, access: Access, connection: Connection) -> None:
    name = create_function(connection, "def handler(event, context): pass").function_name
    write_profile(access)
    desk = sit(PROFILE, forbidding(Rule.INSTALLS))
    desk.open_function(name)
    workspace = desk.code.workspace
    assert workspace is not None
    (workspace.root / "requirements.txt").write_text("six==1.17.0\n")
    install = desk.program.services.actions["dependencies.install"]
    assert not install.isEnabled()
    assert REASON in install.text()
    assert install.iconText() == "Install"  # the panel's button keeps its short name
    assert not [title for title in palette(desk) if title.startswith("Install")]
    desk.act("function.deploy")
    assert REASON in text_of(desk.wait_for_message("The dependencies were not installed."))
    desk.program.services.actions._handlers["dependencies.install"]()
    desk.rest()
    with pytest.raises(WorkbenchError, match=REASON):
        workspace.dependencies.install(workspace.base, CTX)
    assert not (desk.program.services.paths.cache_dir / "dependencies").exists()


def test_what_was_installed_before_can_be_used(tmp_path: Path) -> None:
    store = DependencyStore(tmp_path, policy=forbidding(Rule.INSTALLS))
    with pytest.raises(WorkbenchError, match=REASON):
        store.fill("key", "python", lambda _root, _scratch: pytest.fail("it was installed"))
    assert store.find("key") is None
    assert list(tmp_path.iterdir()) == []


# Servers that are not AWS's ---------------------------------------------------------------------------------


def test_no_request_goes_to_another_server_even_if_it_was_allowed_before(
    aws_files: AwsFiles, aws_server: AwsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = "aws_access_key_id = AKIDFILE\naws_secret_access_key = s\n"
    aws_files.config(
        f"[profile work]\nendpoint_url = {aws_server.url}\n{keys}"
        f"[profile one]\nservices = one\n{keys}[services one]\nlambda =\n  endpoint_url = {aws_server.url}\n"
        f"[profile plain]\n{keys}"
    )
    settings = Settings(tmp_path / "settings.json")
    for name in ("work", "one", "plain"):
        Safety(settings).trust_endpoint(name, aws_server.url)
    safety = Safety(settings, forbidding(Rule.OWN_ENDPOINTS))
    sessions = Sessions(guards.for_access(safety))
    assert not safety.trusts_endpoint("work", aws_server.url)
    refused = safety.trust_endpoint("work", aws_server.url)
    assert refused is not None
    assert REASON in refused.why

    def call(name: str, service: str, operation: str) -> None:
        access = Access(name, "eu-central-1")
        Connection(access, sessions.get(access), "").call(service, operation)

    monkeypatch.setenv("AWS_ENDPOINT_URL", aws_server.url)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", aws_server.url)
    for name, service, operation in (
        ("work", "sts", "get_caller_identity"),
        ("work", "lambda", "list_functions"),
        ("one", "lambda", "list_functions"),
        ("plain", "s3", "list_buckets"),
        ("plain", "logs", "describe_log_groups"),
    ):
        with pytest.raises(WorkbenchError, match=REASON) as caught:
            call(name, service, operation)
        assert caught.value.action == "help.policy", "no button offers to allow it"
    assert aws_server.requests == []
    # The Sandbox brings its keys along and is not meant.
    Connection.open(through(aws_server), sessions=sessions)
    assert aws_server.requests


def test_the_window_offers_no_way_to_allow_a_server(sit: Sit, access: Access) -> None:
    write_profile(access)
    desk = sit(PROFILE, forbidding(Rule.OWN_ENDPOINTS))
    message = desk.wait_for_message("Nothing was sent to http://127.0.0.1")
    assert REASON in text_of(message)
    allow = desk.program.services.actions["profile.trust_endpoint"]
    assert not allow.isEnabled()
    assert REASON in allow.text()
    button = message.findChild(QPushButton, "bannerAction")
    assert button is not None
    assert button.text() == "Policy of Your Organisation…"
    desk.rest()
    assert desk.program.session.connection is None


# Long-lived keys --------------------------------------------------------------------------------------------


class Keyring(MemoryStore):
    """Stands in for a keyring of the system: it lasts."""

    def describe(self, ctx: JobContext) -> StoreStatus:
        return StoreStatus("Keyring", usable=True, lasts=True)


def identities(policy: Policy) -> Identities:
    paths = Paths.default()
    settings = Settings(paths.config_dir / "settings.json")
    return Identities(settings, paths, SystemClock(), os.environ, policy)


def stores(policy: Policy) -> list[SecretStore]:
    keyring, file = identities(policy).stores()
    assert isinstance(file, PassphraseStore)
    file._passphrase = "open sesame"
    return [keyring, file]


@pytest.mark.parametrize(
    ("rule", "mode"),
    [(Rule.STORED_KEYS, "session"), (Rule.STORED_KEYS, "raw"), (Rule.RAW_KEYS, "raw")],
)
def test_no_store_takes_a_long_lived_key(rule: Rule, mode: KeyMode, aws_files: AwsFiles) -> None:
    before = aws_files.credentials(f"[dev]\naws_access_key_id={KEY_ID}\naws_secret_access_key={SECRET}\n")
    text = before.read_text()
    for store in stores(forbidding(rule)):
        with pytest.raises(WorkbenchError, match=REASON):
            store.set("dev", StoredKeys(KEY_ID, SECRET, mode), CTX)
    with pytest.raises(WorkbenchError, match=REASON):
        identities(forbidding(rule)).migrator(Keyring()).migrate("dev", mode, CTX)
    assert before.read_text() == text
    assert not (Paths.default().data_dir / "keys.json").exists()


def test_no_key_is_put_back_into_a_file(aws_files: AwsFiles) -> None:
    file = aws_files.config("[profile dev]\nregion = eu-central-1\n")
    keyring = Keyring()
    keyring.set("dev", StoredKeys(KEY_ID, SECRET), CTX)
    with pytest.raises(WorkbenchError, match=REASON):
        identities(forbidding(Rule.STORED_KEYS)).migrator(keyring).restore("dev", CTX)
    assert SECRET not in file.read_text()
    assert not (file.parent / "credentials").exists()
    assert keyring.get("dev", CTX) is not None, "it is not lost"


def test_no_key_is_written_into_awss_files(aws_files: AwsFiles) -> None:
    old = aws_files.credentials("[old]\naws_access_key_id = AKIDOLD\naws_secret_access_key = older\n")
    writer = identities(forbidding(Rule.STORED_KEYS)).writer
    draft = ProfileDraft(
        "new",
        ProfileKind.STATIC,
        (("aws_access_key_id", KEY_ID), ("region", "eu-central-1")),
        secrets=(("aws_secret_access_key", SECRET),),
    )
    files = ConfigFiles.read(os.environ)
    for edits in (add_profile(draft, files), edit_profile("old", replace(draft, name="old"), files)):
        with pytest.raises(WorkbenchError, match=REASON):
            writer.write(edits, "a key", CTX)
    assert SECRET not in old.read_text()
    writer.write(duplicate_profile("old", "copy", files), "no new key", CTX)
    temporary = ProfileDraft(
        "temporary",
        ProfileKind.TEMPORARY,
        (("aws_access_key_id", "ASIAIOSFODNN7EXAMPLE"),),
        secrets=(("aws_secret_access_key", SECRET), ("aws_session_token", "token")),
    )
    writer.write(add_profile(temporary, ConfigFiles.read(os.environ)), "a temporary key", CTX)
    assert "[temporary]" in old.read_text()


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
    sessions = Sessions(guards.for_access(safety))
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


def sent(days_ago: float, payload: bytes = b'{"secret": "hunter2hunter2"}') -> Sent:
    when = datetime.now(UTC) - timedelta(days=days_ago)
    return Sent(when.isoformat(), "123456789012", "eu-central-1", "f", "", Mode.SYNC, payload)


def ended(text: str) -> Ended:
    return Ended(Outcome.SUCCEEDED, 200, text.encode(), log=text)


def bytes_of(ledger: Path) -> bytes:
    return b"".join(path.read_bytes() for path in ledger.parent.glob(f"{ledger.name}*"))


def test_old_data_is_deleted_at_the_start_whatever_the_user_set(sit: Sit, access: Access) -> None:
    write_profile(access)
    paths = Paths.default()
    LEDGER_MB_OF_USER = 4096
    Settings(paths.config_dir / "settings.json").set(LEDGER_MB.key, LEDGER_MB_OF_USER)
    ledger = Ledger(paths.data_dir / "ledger.sqlite")
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
    desk.until(lambda: len(ledger.list(Search())) == 1)
    desk.rest()
    found = bytes_of(paths.data_dir / "ledger.sqlite")
    assert b"answer of day 29" in found
    assert b"answer of day 31" not in found
    assert len(list((paths.data_dir / "deleted").iterdir())) == 1
    desk.until(lambda: not (kept / "old").exists())
    assert (kept / "new" / "package.zip").exists()


def test_an_invocation_deletes_the_old_ones(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite", max_age_days=30)
    Ledger(tmp_path / "ledger.sqlite").begin(sent(31))
    ledger.end(ledger.begin(sent(0)), ended("new"))
    assert [entry.ended.outcome for entry in ledger.list(Search())] == [Outcome.SUCCEEDED]


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
    (entry,) = ledger_of(services).list(Search())
    whole = ledger_of(services).get(entry.number)
    assert whole is not None
    assert whole.redacted
    assert (whole.sent.payload, whole.ended.answer, whole.ended.log) == (b"", b"", "")
    assert whole.payload_bytes > 0
    assert whole.ended.outcome is Outcome.SUCCEEDED
    found = bytes_of(services.paths.data_dir / "ledger.sqlite")
    for text in (b"hunter2hunter2", b"answered-text", b"logged-line"):
        assert text not in found


def test_a_policy_that_is_not_trusted_deletes_nothing(tmp_path: Path) -> None:
    policy = Policy.strictest(ELSEWHERE, "It is damaged.")
    path = tmp_path / "ledger.sqlite"
    Ledger(path).begin(sent(4000))
    strict = Ledger(path, max_age_days=policy.max_invocation_age_days, keeps_payloads=policy.keeps_payloads)
    strict.end(strict.begin(sent(0, b"new payload")), ended("new answer"))
    strict.prune()
    assert len(strict.list(Search())) == 2
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
    assert "Tell the administrator" in text_of(message)
    desk.choose_profile(PROFILE)  # which closes all messages
    desk.wait_for_message("Nothing was sent to")
    desk.wait_for_message("cannot be trusted")


def test_help_lists_the_rules_in_force(sit: Sit) -> None:
    rules = (TierRule("production", ("*prod*",), ("123456789012",)), TierRule("read-only", ("audit",)))
    desk = sit("", Policy(frozenset(Rule), rules, 30, 90, ELSEWHERE))
    desk.wait_for_message("No profile is chosen.")
    desk.act("help.policy")
    dialog = desk.window.findChild(PolicyDialog, "policyDialog")
    assert dialog is not None
    said = text_of(dialog)
    for words in (
        str(ELSEWHERE),
        "The Sandbox cannot be started.",
        "Functions cannot be run or debugged",
        "Dependencies cannot be installed",
        "Requests go to AWS only.",
        "Long-lived access keys are neither stored nor handed out",
        "Treated as production: *prod*, 123456789012",
        "Read-only: audit",
        "Invocations are deleted after 30 days.",
        "are deleted after 90 days.",
    ):
        assert words in said
    assert all(label.textFormat() is Qt.TextFormat.PlainText for label in dialog.findChildren(QLabel))
    dialog.close()


def test_settings_say_what_the_organisation_has_set(qtbot: QtBot, tmp_path: Path) -> None:
    settings = Settings(tmp_path / "settings.json")
    for policy, words, is_free in (
        (Policy(invocations_days=1), f"{REASON}: Invocations are deleted after 1 day.", True),
        (Policy(invocations_days=0), f"{REASON}: Payloads, answers and logs of invocations are not", False),
    ):
        dialog = SettingsDialog(settings, None, policy)
        qtbot.addWidget(dialog)
        rule, size = dialog.findChild(QLabel, "invocationsRule"), dialog.findChild(QSpinBox, "ledgerSize")
        assert rule is not None
        assert size is not None
        assert words in rule.text()
        assert size.isEnabled() is is_free


def palette(desk: Desk) -> list[str]:
    """The titles that the command palette offers."""
    desk.act("view.palette")
    view = desk.window.findChild(QAbstractItemView, "paletteList")
    assert view is not None
    model = view.model()
    titles = [str(model.index(row, 0).data()) for row in range(model.rowCount())]
    assert titles
    desk.act("view.palette")
    return titles


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
