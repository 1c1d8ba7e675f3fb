"""Which keys can be moved: only what can be put back, and only what is surely the profile's one key."""

import dataclasses
from pathlib import Path

import pytest

from tests.profiles.moving import CTX, KEY_ID, KEYS, NEW_ID, NEW_SECRET, SECRET, Desk
from workbench.core.errors import WorkbenchError
from workbench.profiles.config_files import ConfigFiles
from workbench.profiles.migrate import key_to_move
from workbench.profiles.secret_store import Mode, StoredKeys

KEY = f"aws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET}\n"
OTHER = f"aws_access_key_id = {NEW_ID}\naws_secret_access_key = {NEW_SECRET}\n"
WORKS_KEY = "credential_process = /opt/workbench credentials work\n"
DEV, IN_CONFIG = f"[dev]\n{KEY}", f"[profile dev]\n{KEY}"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


REFUSED: dict[str, tuple[str, str, str]] = {
    # name: (configuration file, credentials file, what is said)
    "no profile": ("", "", "no complete access key"),
    "no key": ("[profile dev]\nregion = eu-west-1\n", "", "no complete access key"),
    "half a key": ("", f"[dev]\naws_access_key_id = {KEY_ID}\n", "no complete access key"),
    "another half": (f"[profile dev]\naws_secret_access_key = {SECRET}\n", "", "no complete access key"),
    "halves in two files": (
        f"[profile dev]\naws_secret_access_key = {NEW_SECRET}\n",
        f"[dev]\naws_access_key_id = {KEY_ID}\n",
        "no complete access key",
    ),
    "an empty secret": (
        "",
        f"[dev]\naws_access_key_id = {KEY_ID}\naws_secret_access_key =\n",
        "no complete access key",
    ),
    "a token": ("", f"{DEV}aws_session_token = t\n", "temporary"),
    "an old token": ("", f"{DEV}aws_security_token = t\n", "temporary"),
    "two keys": (f"[profile dev]\n{OTHER}", DEV, "different access keys"),
    "a key and half of another": (
        f"[profile dev]\naws_access_key_id = {NEW_ID}\n",
        DEV,
        "different access keys",
    ),
    "two sections": ('[profile dev]\n[profile "dev"]\n', DEV, "The profile has two sections"),
    "everybody's": ("", f"[DEFAULT]\n{KEY}[dev]\n", "[DEFAULT]"),
    "a comment behind it": ("", f"[dev]\n{KEY.strip()} # until May\n", "could not be restored"),
    "the next line glued to it": ("", f"[dev]\n{KEY}\tregion = eu-west-1\n", "could not be restored"),
    "another helper": (
        "[profile dev]\ncredential_process = /opt/vault credentials dev\n",
        DEV,
        "another credential process",
    ),
    "a helper in the credentials file": (
        "",
        f"{DEV}credential_process = /opt/vault\n",
        "credentials file contains",
    ),
    "another profile's stored key": (
        f"[profile dev]\n{WORKS_KEY}[profile work]\n{WORKS_KEY}",
        DEV,
        "stored access key of work",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_could_be_lost_is_not_moved(desk: Desk, case: str) -> None:
    config, credentials, words = REFUSED[case]
    desk.write(config, credentials)
    with pytest.raises(WorkbenchError) as caught:
        desk.mover().migrate("dev", "raw", CTX)
    assert words in caught.value.why
    for secret in (SECRET, NEW_SECRET, KEY_ID, NEW_ID):
        assert secret not in str(caught.value)
    assert desk.texts == (config, credentials)
    assert not desk.store.kept
    assert not desk.unfinished


MOVED: dict[str, tuple[str, str]] = {
    "credentials file contains": ("", DEV),
    "in the configuration file": (IN_CONFIG, ""),
    "in both": (IN_CONFIG, DEV),
    "behind a token that counts for nothing": ("[profile dev]\naws_session_token = t\n", DEV),
    "before its own helper": ("[profile dev]\ncredential_process = /old/workbench credentials dev\n", DEV),
}


@pytest.mark.parametrize("case", MOVED)
def test_a_key_is_taken_out_of_wherever_it_stands_and_comes_back_when_that_fails(
    desk: Desk, case: str
) -> None:
    desk.write(*MOVED[case])
    desk.hands_out(StoredKeys(NEW_ID, NEW_SECRET))  # the SDK finds others in the end
    with pytest.raises(WorkbenchError, match="finds other credentials"):
        desk.mover().migrate("dev", "raw", CTX)
    config, credentials = desk.texts
    where = [DEV in credentials, IN_CONFIG in config]
    assert where == {"in both": [True, False], "in the configuration file": [False, True]}.get(
        case, [True, False]
    )
    assert not desk.store.kept
    desk.hands_out(KEYS)
    desk.mover().migrate("dev", "raw", CTX)
    assert SECRET not in "".join(desk.texts)
    assert KEY_ID not in "".join(desk.texts)


@pytest.mark.parametrize("name", ["default", "with blank", "dev@corp", "größe", "bob's"])
def test_names_of_every_kind_move_and_come_back(desk: Desk, name: str) -> None:
    credentials = f"[{name}]\n{KEY}"
    desk.write("", credentials)
    desk.mover().migrate(name, "raw", CTX)
    assert ConfigFiles.read(desk.environ).profiles[name].options["credential_process"] == desk.command(name)
    desk.mover().restore(name, CTX)
    assert desk.credentials.read_text("utf-8") == credentials
    assert not desk.store.kept


@pytest.mark.parametrize("name", ['quo"te', "ends\\"])
def test_a_name_that_the_configuration_file_cannot_have_is_refused(desk: Desk, name: str) -> None:
    """The section would count for nothing, and the profile would have no key."""
    desk.write("", f"[{name}]\n{KEY}")
    with pytest.raises(WorkbenchError, match="cannot be in the configuration file"):
        desk.mover().migrate(name, "raw", CTX)


def test_a_section_in_the_configuration_file_that_was_made_for_the_move_goes_with_it(desk: Desk) -> None:
    desk.write("", DEV)
    desk.hands_out(StoredKeys(NEW_ID, NEW_SECRET))
    with pytest.raises(WorkbenchError):
        desk.mover().migrate("dev", "raw", CTX)
    assert desk.texts == ("", DEV)


def test_one_file_under_both_names_is_edited_as_one(desk: Desk) -> None:
    desk.write("", f"[default]\n{KEY}")
    desk.config.unlink()
    desk.config.symlink_to(desk.credentials)
    desk.mover().migrate("default", "raw", CTX)
    assert (
        desk.credentials.read_text("utf-8") == f"[default]\ncredential_process = {desk.command('default')}\n"
    )
    desk.mover().restore("default", CTX)
    assert desk.credentials.read_text("utf-8") == f"[default]\n{KEY}"


@pytest.mark.parametrize(
    ("mode", "extra", "refused"),
    [
        ("session", "mfa_serial = arn:aws:iam::123456789012:mfa/me\n", True),
        ("raw", "mfa_serial = arn:aws:iam::123456789012:mfa/me\n", False),
        ("session", "", False),
    ],
)
def test_temporary_keys_without_a_code_are_not_made_where_a_device_is_named(
    desk: Desk, mode: Mode, extra: str, *, refused: bool
) -> None:
    """GetSessionToken takes no temporary keys: nobody could sign in with a code any more."""
    desk.write(f"[profile dev]\n{extra}", DEV)
    files = ConfigFiles.read(desk.environ)
    if refused:
        with pytest.raises(WorkbenchError, match="MFA device"):
            key_to_move("dev", mode, files)
    else:
        assert key_to_move("dev", mode, files).keys == dataclasses.replace(KEYS, mode=mode)


def test_no_repr_shows_the_secret(desk: Desk) -> None:
    assert SECRET not in repr(key_to_move("dev", "raw", ConfigFiles.read(desk.environ)))
