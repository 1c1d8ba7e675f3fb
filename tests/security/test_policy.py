"""The policy of an organisation cannot be got round: by no menu, key, route, command line, file or variable.

The first tests run the program as it is installed, with a real /etc/workbench/policy.json in a mount
namespace of their own; the others give the whole program its policy by hand.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from tests.aws.conftest import AwsFiles, AwsServer, aws_files, aws_server, through
from tests.e2e.desk import PROFILE, text_of, write_profile
from tests.invoke.test_local import DETAIL
from tests.profiles.fake_keyring import MemoryStore
from tests.sandbox_functions import create_function
from tests.security.policy_desk import NO_GRAPHICS, REASON, Sit, forbidding, palette, sit
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.aws.session import Sessions
from workbench.code.dependencies.store import DependencyStore
from workbench.core.clock import SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.files import Paths
from workbench.core.jobs import JobContext
from workbench.core.policy import Policy, Rule
from workbench.core.settings import Settings
from workbench.invoke.local import LocalCode, LocalIdentity, Runner, run_locally
from workbench.profiles.config_files import ConfigFiles
from workbench.profiles.identities import Identities
from workbench.profiles.manage import ProfileDraft, add_profile, duplicate_profile, edit_profile
from workbench.profiles.model import ProfileKind
from workbench.profiles.safety import Safety, for_access
from workbench.profiles.secret_store import (
    PASSPHRASE_VARIABLE,
    PassphraseStore,
    SecretStore,
    StoredKeys,
)
from workbench.profiles.secret_store import Mode as KeyMode
from workbench.sandbox.processes import LOCAL_RUN_COMMAND, PACKAGE_FOLDER
from workbench.sandbox.supervisor import SandboxState
from workbench.ui.shell.session import LAST_AWS_PROFILE

__all__ = ["aws_files", "aws_server", "sit"]

pytestmark = NO_GRAPHICS
CTX = JobContext()
KEY_ID, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


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
        in_namespace = ["unshare", "-m", "sh", "-c", 'mount --bind "$0" /etc && exec "$@"', str(etc)]
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
    PassphraseStore(Paths.default().data_dir / "keys.json", "open sesame, forty thieves").set(
        "dev", keys, CTX
    )
    return {PASSPHRASE_VARIABLE: "open sesame, forty thieves"}


def test_without_a_policy_the_command_line_hands_out_stored_keys(installed: Installed) -> None:
    done = installed(None, "credentials", "dev", **stored())
    assert json.loads(done.stdout)["SecretAccessKey"] == SECRET


@pytest.mark.parametrize(
    ("policy", "mode", "said"),
    [
        ({"forbid": ["stored-keys"]}, 0o644, "cannot store long-term access keys"),
        ({"forbid": ["raw-keys"]}, 0o644, "cannot be handed out"),
        ({}, 0o666, "cannot store long-term access keys"),
        ('{"forbid": [', 0o644, "cannot store long-term access keys"),
        ("\0" * 10_000_000, 0o644, "cannot store long-term access keys"),
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
    assert "requests can only be sent to AWS" in done.stderr
    assert aws_server.requests == []


@pytest.mark.parametrize("policy", [{}, {"forbid": ["own-endpoints", "raw-keys"]}])
def test_the_command_line_sends_no_stored_key_to_a_server_that_looks_like_aws(
    installed: Installed, aws_server: AwsServer, policy: object
) -> None:
    url = aws_server.url.replace("http:", "https:") + "\\@sts.us-east-1.amazonaws.com"
    done = installed(policy, "credentials", "dev", **stored("session", url))
    assert done.returncode == 8, done.stderr
    assert "is not the URL of a server" in done.stderr
    assert aws_server.connected == 0


START = """
from PySide6.QtCore import QTimer
from workbench import app
from workbench.ui.shell.window import MainWindow
from PySide6.QtWidgets import QApplication, QLabel

def look():
    [window] = [each for each in QApplication.topLevelWidgets() if isinstance(each, MainWindow)]
    labels = [label for each in window.banners.banners for label in each.findChildren(QLabel)]
    texts = [label.text() for label in labels if label.text()]
    is_listed = window.functions.freshness.text().endswith("up to date")  # the Sandbox has started
    if is_listed or "No profile is selected." in texts:
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
    assert "No profile is selected." in done.stdout
    assert REASON in done.stdout
    assert ("cannot be trusted" in done.stdout) == (policy == "{")
    assert not (Paths.default().data_dir / "sandbox").exists()


# The Sandbox ------------------------------------------------------------------------------------------------


def test_no_way_starts_a_forbidden_sandbox(sit: Sit) -> None:
    desk = sit("", forbidding(Rule.SANDBOX))
    message = desk.wait_for_message("No profile is selected.")
    assert REASON in text_of(message)
    assert "Choose an AWS profile" in text_of(message)
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
    QTest.keyClick(picker.view(), Qt.Key.Key_Return)
    assert picker.currentText() == ""
    QTest.keyClick(picker.view(), Qt.Key.Key_Escape)
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
    desk.wait_for_message("No profile is selected.")
    desk.rest()
    assert not desk.program.sandbox.data_dir.exists()


# Local runs -------------------------------------------------------------------------------------------------

LEAVES_A_TRACE = "open({!r}, 'w').close()"


def test_no_way_runs_a_function_on_this_computer(
    sit: Sit, access: Access, connection: Connection, tmp_path: Path
) -> None:
    trace = tmp_path / "ran"
    name = create_function(connection, "def handler(event, context): pass").function_name
    write_profile(access)
    desk = sit(PROFILE, forbidding(Rule.LOCAL_RUNS))
    desk.open_function(name)
    desk.type_over(LEAVES_A_TRACE.format(str(trace)))
    desk.write_event("{}")
    actions = desk.program.services.actions
    for each, keys in (("function.run_locally", "Alt+Shift+R"), ("function.debug", "Ctrl+F5")):
        assert not actions[each].isEnabled()
        assert REASON in actions[each].text()
        actions[each].trigger()
        assert actions[each].shortcut().toString() == keys
    QTest.keyClick(
        desk.window, Qt.Key.Key_R, Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ShiftModifier
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
        runner = Runner(LOCAL_RUN_COMMAND, PACKAGE_FOLDER)
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
    sessions = Sessions(for_access(safety))
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
    assert button.text() == "Organization Policy…"
    desk.rest()
    assert desk.program.session.connection is None


# Long-lived keys --------------------------------------------------------------------------------------------


def identities(policy: Policy) -> Identities:
    paths = Paths.default()
    settings = Settings(paths.config_dir / "settings.json")
    return Identities(settings, paths, SystemClock(), os.environ, policy)


def stores(policy: Policy) -> list[SecretStore]:
    keyring, file = identities(policy).stores()
    assert isinstance(file, PassphraseStore)
    file._passphrase = "open sesame, forty thieves"
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
        identities(forbidding(rule)).migrator(MemoryStore()).migrate("dev", mode, CTX)
    assert before.read_text() == text
    assert not (Paths.default().data_dir / "keys.json").exists()


def test_no_key_is_put_back_into_a_file(aws_files: AwsFiles) -> None:
    file = aws_files.config("[profile dev]\nregion = eu-central-1\n")
    keyring = MemoryStore()
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
