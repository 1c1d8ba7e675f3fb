"""Secrets go where they belong and nowhere else (row G3).

Not into a log, even at DEBUG, nor a file of ours, a text of a widget, or the clipboard.
"""

import logging
import os
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QAccessible, QGuiApplication
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from tests.e2e.desk import PROFILE, Desk
from workbench.aws.client_config import Access
from workbench.core import redaction
from workbench.core.files import Paths
from workbench.core.jobs import JobContext
from workbench.core.redaction import start_logging
from workbench.profiles.config_files import ConfigFiles
from workbench.profiles.secret_store import PassphraseStore

Sit = Callable[[str], Desk]
SECRET = "cAnArY/sEcReT+0123456789abcdefghijklmnop"
TOKEN = "cAnArYtOkEn//////////0123456789abcdefghijklmnopqrstuvwxyz=="
WHISPER = "cAnArY-what-a-helper-said"
PASSPHRASE = "cAnArY horse battery staple"
CANARIES = (TOKEN, WHISPER, PASSPHRASE)


@pytest.fixture
def secret(access: Access) -> str:
    """What nobody is to see: the account's own secret access key, with which the Sandbox lets in."""
    assert access.keys is not None
    return access.keys.secret_access_key


@pytest.fixture
def log_file() -> Iterator[Path]:
    """Logging as the program sets it up, but everything is wanted."""
    root = logging.getLogger()
    before, handlers = root.level, list(root.handlers)
    pinned = {name: logging.getLogger(name).level for name in redaction._LEVELS}
    folder = Paths.default().log_dir
    start_logging(folder)
    root.setLevel(logging.DEBUG)
    yield folder / "workbench.log"
    root.setLevel(before)
    for name, level in pinned.items():
        logging.getLogger(name).setLevel(level)
    for handler in [each for each in root.handlers if each not in handlers]:
        root.removeHandler(handler)
        handler.close()


def write_files(access: Access) -> None:
    """Profiles with a secret, with a token, with a helper that talks, and with a role."""
    assert access.keys is not None
    secret = access.keys.secret_access_key
    folder = Path(os.environ["HOME"]) / ".aws"
    folder.mkdir()
    place = f"region = {access.region}\nendpoint_url = {access.endpoint_url}\n"
    key = f"aws_access_key_id = {access.keys.access_key_id}\naws_secret_access_key = {secret}\n"
    helper = folder / "helper.py"
    helper.write_text(f"import sys\nsys.exit('{WHISPER} {secret}')\n")
    (folder / "config").write_text(
        f"[profile {PROFILE}]\n{place}{key}"
        f"[profile temporary]\n{place}{key}aws_session_token = {TOKEN}\n"
        f"[profile helper]\n{place}credential_process = {shlex.join((sys.executable, str(helper)))}\n"
        f"[profile odd]\n{place}aws_secret_access_key = {secret} # {TOKEN}\n\tglued = {secret}\n"
    )
    for name in (PROFILE, "temporary", "helper", "odd"):
        trust(name, access.endpoint_url)


def trust(name: str, endpoint_url: str) -> None:
    """The person has said before that this profile's keys may go there."""
    from workbench.core.settings import Settings
    from workbench.profiles.safety import Safety

    Safety(Settings(Paths.default().config_dir / "settings.json")).trust_endpoint(name, endpoint_url)


def shown_texts() -> Iterator[str]:
    """What a screen, a screen reader and the clipboard tell of every widget there is."""
    kinds = (
        QAccessible.Text.Name,
        QAccessible.Text.Description,
        QAccessible.Text.Value,
        QAccessible.Text.Help,
    )
    for widget in QApplication.allWidgets():
        yield from (widget.toolTip(), widget.whatsThis(), widget.accessibleName(), widget.statusTip())
        yield from (str(widget.property(name) or "") for name in ("text", "plainText", "windowTitle"))
        if isinstance(widget, QLineEdit):
            yield widget.displayText()
        interface = QAccessible.queryAccessibleInterface(widget)
        if interface is not None and interface.isValid():
            yield from (interface.text(kind) for kind in kinds)
    yield QGuiApplication.clipboard().text()


def files_below(folder: Path) -> Iterator[tuple[str, str]]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield str(path.relative_to(folder)), path.read_bytes().decode("utf-8", "replace")


def assert_nothing_leaked(secret: str) -> None:
    home = Path(os.environ["WORKBENCH_HOME"])
    for canary in (secret, *CANARIES):
        assert not [name for name, text in files_below(home) if canary in text]
        assert not [text for text in shown_texts() if canary in text]


def test_secrets_reach_no_log_no_file_no_widget_and_not_the_clipboard(
    sit: Sit,
    access: Access,
    secret: str,
    function_name: str,
    log_file: Path,
    expect_log: Callable[[str], None],
) -> None:
    write_files(access)
    desk = sit(PROFILE)
    desk.open_function(function_name)
    desk.choose_profile("temporary")
    desk.until(lambda: desk.window.top_bar.account.text() == desk.program.session.account_id)
    desk.wait_for_list()
    desk.choose_profile("helper")
    refused = desk.wait_for_message("runs a program to get its credentials")
    assert WHISPER not in refused.accessibleName()
    identities = desk.program.identities
    identities.trust.trust(identities.trust.asked("helper"))
    desk.act("connection.retry")
    desk.wait_for_message("It exited with status 1")
    assert_nothing_leaked(secret)
    desk.choose_profile("odd")
    desk.wait_for_message("odd")

    expect_log("unexpected exception")
    sys.excepthook(ValueError, ValueError(f"{secret} {TOKEN} {WHISPER}"), None)

    assert "unexpected exception" in log_file.read_text("utf-8")
    assert_nothing_leaked(secret)


@pytest.mark.usefixtures("log_file")
def test_a_key_that_moves_leaves_nothing_behind(
    sit: Sit, access: Access, secret: str, function_name: str
) -> None:
    """Into the passphrase file, handed out by our helper, and back: encrypted, or in AWS's own file only."""
    write_files(access)
    desk = sit("temporary")
    identities = desk.program.identities
    file = identities.stores()[1]
    assert isinstance(file, PassphraseStore)
    file.unlock(PASSPHRASE)
    identities.migrator(file).migrate(PROFILE, "raw", JobContext())
    assert secret not in files_said(PROFILE)
    assert_nothing_leaked(secret)
    desk.choose_profile(PROFILE)
    desk.until(lambda: function_name in desk.names())
    assert_nothing_leaked(secret)
    identities.migrator(file).restore(PROFILE, JobContext())
    assert secret in files_said(PROFILE)
    desk.rest()
    assert_nothing_leaked(secret)
    assert not [name for name, value in os.environ.items() if PASSPHRASE in value]


def files_said(profile_name: str) -> str:
    """A profile's sections as they stand in the files."""
    files = ConfigFiles.read(os.environ).profiles[profile_name]
    return repr(dict(files.options))


def test_the_search_finds_what_is_there(qapp: QApplication) -> None:
    """So that the test above can fail."""
    label = QWidget()
    label.setAccessibleDescription(SECRET)
    try:
        assert any(SECRET in text for text in shown_texts())
    finally:
        label.deleteLater()
