"""`workbench credentials NAME`, run as the AWS CLI runs it, with a real keyring and the Sandbox's STS.

Its command in a profile: taken apart as it was put together, and known again.
"""

import json
import os
import pty
import shlex
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from botocore.compat import compat_shell_split

from tests.profiles.conftest import AwsServer
from tests.sandbox_keys import keys_of
from workbench.core.files import Paths
from workbench.core.jobs import JobContext
from workbench.profiles import credentials_helper as helper
from workbench.profiles.credentials_helper import (
    SessionCache,
    SessionRequest,
    TemporaryKeys,
    cache_dir,
    entry_of,
    helper_command,
    quoted,
)
from workbench.profiles.ini_editor import value_fault
from workbench.profiles.secret_store import KeyringStore, Mode, PassphraseStore, StoredKeys
from workbench.sandbox.supervisor import Endpoint

CTX = JobContext()
KEY_ID, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


def run(name: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "workbench", "credentials", name],
        env=os.environ | environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def keys(mode: Mode, endpoint_url: str = "") -> StoredKeys:
    return StoredKeys(KEY_ID, SECRET, mode, "us-east-1", endpoint_url)


def keys_at(endpoint: Endpoint) -> StoredKeys:
    """Keys that the Sandbox's STS makes temporary ones of."""
    known = keys_of("123456789012")
    return StoredKeys(known.access_key_id, known.secret_access_key, "session", "us-east-1", endpoint.url)


@pytest.mark.usefixtures("real_keyring")
def test_raw_keys_are_handed_out_as_they_are() -> None:
    KeyringStore().set("dev", keys("raw"), CTX)
    done = run("dev")
    assert done.returncode == helper.Exit.OK
    assert json.loads(done.stdout) == {
        "Version": 1,
        "AccessKeyId": KEY_ID,
        "SecretAccessKey": SECRET,
    }
    assert done.stderr == ""


@pytest.mark.usefixtures("real_keyring")
def test_a_session_is_made_once_and_then_handed_out_until_it_ends(endpoint: Endpoint) -> None:
    KeyringStore().set("work", keys_at(endpoint), CTX)
    first = run("work")
    assert first.returncode == helper.Exit.OK, first.stderr
    answer = json.loads(first.stdout)
    assert answer["SessionToken"]
    secret = keys_at(endpoint).secret_access_key
    assert answer["SecretAccessKey"] != secret
    ends_in = datetime.fromisoformat(answer["Expiration"]) - datetime.now(UTC)
    assert timedelta(minutes=16) < ends_in <= timedelta(seconds=helper.SESSION_S + 5)
    # The second needs neither the keyring nor STS.
    second = run("work", DBUS_SESSION_BUS_ADDRESS="unix:path=/nowhere")
    assert second.stdout == first.stdout
    for file in Path(cache_dir(Paths.default())).iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert secret not in file.read_text("utf-8")


def test_keys_that_end_soon_are_not_handed_out_again() -> None:
    """Botocore asks at once again for what ends within 15 minutes."""
    cache, now = SessionCache(cache_dir(Paths.default())), datetime.now(UTC)
    wanted = SessionRequest(KEY_ID)
    for left, found in ((timedelta(minutes=15, seconds=30), False), (timedelta(minutes=17), True)):
        cache.put(wanted, TemporaryKeys("ASIA", "s", "t", now + left))
        cache.mark("dev", wanted)
        assert (cache.of_profile("dev", now) is not None) is found
        assert (cache.get(wanted, now) is not None) is found
    cache.forget("dev")
    assert cache.of_profile("dev", now) is None
    assert cache.get(wanted, now) is None


def test_keys_that_have_ended_do_not_stay_on_the_disk() -> None:
    folder, now = cache_dir(Paths.default()), datetime.now(UTC)
    cache = SessionCache(folder)
    for number, left in enumerate((-1, 1, 60)):
        cache.put(
            SessionRequest(f"AKIA{number}"), TemporaryKeys("ASIA", "s", "t", now + timedelta(minutes=left))
        )
    (folder / SessionRequest("AKIA3").file_name).write_text("damaged")
    (folder / "notes.json").write_text("somebody's")
    cache.mark("dev", SessionRequest("AKIA1"))
    cache.sweep(now)
    left_over = {SessionRequest("AKIA1").file_name, SessionRequest("AKIA2").file_name, "notes.json"}
    assert {path.name for path in folder.glob("*.json")} == left_over
    assert list(folder.glob("profile-*"))


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"Expiration": "soon"}', "\x00\xff"])
def test_a_damaged_cache_is_no_cache(content: str) -> None:
    cache, wanted = SessionCache(cache_dir(Paths.default())), SessionRequest(KEY_ID)
    cache.put(wanted, TemporaryKeys("ASIA", "s", "t", datetime.now(UTC) + timedelta(hours=1)))
    [file] = Path(cache_dir(Paths.default())).iterdir()
    file.write_text(content, "latin-1")
    assert cache.get(wanted, datetime.now(UTC)) is None


@pytest.mark.usefixtures("real_keyring")
def test_keys_that_are_not_there_are_said_in_one_line() -> None:
    done = run("nobody")
    assert done.returncode == helper.Exit.MISSING
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "nobody" in done.stderr


def test_a_session_without_a_keyring_is_said() -> None:
    """Row K2: no bus."""
    done = run("dev", DBUS_SESSION_BUS_ADDRESS="unix:path=/nowhere", DISPLAY="")
    assert done.returncode == helper.Exit.NO_KEYRING
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1


@pytest.mark.usefixtures("real_keyring")
def test_what_aws_refuses_is_said_with_its_code_and_without_the_secret(aws_server: AwsServer) -> None:
    from tests.aws.conftest import Answer

    aws_server.reply = lambda _: Answer(
        403,
        b"<ErrorResponse><Error><Code>InvalidClientTokenId</Code><Message>The security token included in the "
        b"request is invalid.</Message></Error><RequestId>r-9</RequestId></ErrorResponse>",
    )
    KeyringStore().set("gone", keys("session", aws_server.url), CTX)
    done = run("gone")
    assert done.returncode == helper.Exit.REFUSED
    assert "InvalidClientTokenId" in done.stderr
    assert SECRET not in done.stderr
    assert KEY_ID not in done.stderr


@pytest.mark.usefixtures("real_keyring")
def test_no_connection_is_told_from_a_refusal() -> None:
    KeyringStore().set("far", keys("session", "http://127.0.0.1:9"), CTX)
    done = run("far")
    assert done.returncode == helper.Exit.NOT_REACHED, done.stderr


def test_the_passphrase_file_is_opened_by_the_environment_only() -> None:
    store = PassphraseStore(Paths.default().data_dir / "keys.json", "open sesame seeds")
    store.set("dev", keys("raw"), CTX)
    nowhere = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere", "DISPLAY": ""}
    assert run("dev", **nowhere).returncode == helper.Exit.LOCKED
    assert run("dev", WORKBENCH_PASSPHRASE="wrong", **nowhere).returncode == helper.Exit.LOCKED
    done = run("dev", WORKBENCH_PASSPHRASE="open sesame seeds", **nowhere)
    assert done.returncode == helper.Exit.OK, done.stderr
    assert json.loads(done.stdout)["SecretAccessKey"] == SECRET


@pytest.mark.usefixtures("real_keyring")
def test_keys_are_never_shown_on_a_terminal() -> None:
    KeyringStore().set("dev", keys("raw"), CTX)
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "workbench", "credentials", "dev"],
        stdout=theirs,
        stderr=subprocess.PIPE,
        text=True,
        timeout=30,
        check=False,
    )
    os.close(theirs)
    os.close(ours)
    assert done.returncode == helper.Exit.TERMINAL
    assert SECRET not in done.stderr


@pytest.mark.usefixtures("real_keyring")
def test_a_profile_in_the_environment_does_not_stand_in_the_way(endpoint: Endpoint) -> None:
    """The AWS CLI is told `--profile work`, and AWS_PROFILE names one that is not there."""
    KeyringStore().set("work", keys_at(endpoint), CTX)
    done = run("work", AWS_PROFILE="ghost", AWS_ACCESS_KEY_ID="AKIAOTHER", AWS_SECRET_ACCESS_KEY="x")
    assert done.returncode == helper.Exit.OK, done.stderr


@pytest.mark.usefixtures("real_keyring")
def test_awss_words_are_one_line_whatever_they_hold(aws_server: AwsServer) -> None:
    from tests.aws.conftest import Answer

    aws_server.reply = lambda _: Answer(
        403,
        b"<ErrorResponse><Error><Code>Odd</Code><Message>The string\n\nto sign\nwas "
        + f"{KEY_ID}\n{SECRET}".encode()
        + b"</Message></Error><RequestId>r-9</RequestId></ErrorResponse>",
    )
    KeyringStore().set("odd", keys("session", aws_server.url), CTX)
    done = run("odd")
    assert done.returncode == helper.Exit.REFUSED
    assert done.stderr.count("\n") == 1
    assert SECRET not in done.stderr
    assert KEY_ID not in done.stderr


def test_a_fault_of_our_own_is_one_line_and_a_status() -> None:
    """Not a traceback, which quotes what it likes."""
    # As an installation that was half removed: a module that it needs is not there.
    program = (
        "import sys; sys.modules['workbench.profiles.secret_store'] = None; "
        "sys.argv[1:] = ['credentials', 'dev']; "
        "from workbench.__main__ import main; sys.exit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == helper.Exit.FAULT
    assert done.stdout == ""
    assert done.stderr == ": an internal error (ModuleNotFoundError)\n"


@pytest.mark.usefixtures("real_keyring")
def test_a_session_whose_mark_was_lost_is_found_by_its_key(endpoint: Endpoint) -> None:
    KeyringStore().set("work", keys_at(endpoint), CTX)
    first = run("work")
    for mark in cache_dir(Paths.default()).glob("profile-*"):
        mark.unlink()
    assert run("work").stdout == first.stdout
    assert list(cache_dir(Paths.default()).glob("profile-*"))


@pytest.mark.parametrize("arguments", [(), ("a", "b")])
def test_anything_but_one_name_is_a_wrong_call(arguments: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "workbench", "credentials", *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == helper.Exit.USAGE
    assert done.stdout == ""


def test_handing_out_stored_keys_loads_neither_qt_nor_botocore() -> None:
    cache, wanted = SessionCache(cache_dir(Paths.default())), SessionRequest(KEY_ID)
    cache.put(wanted, TemporaryKeys("ASIA", "s", "t", datetime.now(UTC) + timedelta(hours=1)))
    cache.mark("dev", wanted)
    program = (
        "import sys; from workbench.__main__ import main; sys.argv[1:] = ['credentials', 'dev']; main(); "
        "print(sorted({'PySide6', 'botocore', 'keyring', 'shiboken6'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


NAMES = [
    "dev",
    "default",
    "with blank",
    "dev@corp",
    'quo"te',
    "bob's",
    "back\\slash",
    "ends\\",
    "a;b&c|d",
    "$HOME",
    "`id`",
    "a credentials b",
    "größe",
    "",
]


@pytest.mark.parametrize("name", NAMES)
def test_the_command_is_taken_apart_as_it_was_put_together(name: str) -> None:
    program, verb, entry = compat_shell_split(helper_command(name))
    assert Path(program).is_absolute()
    assert Path(program).name == "workbench"
    assert (verb, entry) == ("credentials", name)
    assert entry_of(helper_command(name)) == name
    assert not value_fault(helper_command(name))


@pytest.mark.parametrize("name", NAMES)
def test_a_shell_takes_it_for_the_same(name: str) -> None:
    """The SDKs for Go, Java, JavaScript and others hand the line to one."""
    line = f"printf '%s\\0' {quoted('/opt/my $x/workbench')} {quoted(name)}"
    done = subprocess.run(["sh", "-c", line], capture_output=True, check=True)
    assert done.stdout.decode().split("\0")[:-1] == ["/opt/my $x/workbench", name]


@pytest.mark.parametrize("name", NAMES)
def test_windows_takes_it_for_the_same(name: str) -> None:
    program = r"C:\Program Files\Workbench\workbench.exe"
    line = f"{quoted(program, 'win32')} credentials {quoted(name, 'win32')}"
    assert compat_shell_split(line, "win32") == [program, "credentials", name]
    assert entry_of(line, "win32") == name


def test_blanks_are_in_double_quotes_as_aws_documents_it() -> None:
    assert quoted("/opt/my apps/workbench") == '"/opt/my apps/workbench"'


@pytest.mark.parametrize(
    "command",
    [
        "",
        "/usr/bin/vault credentials dev",  # another program with our verb
        "/opt/workbench export dev",
        "/opt/workbench credentials",
        "/opt/workbench credentials dev --json",
        '/opt/workbench credentials "dev',
        "/opt/workbench/other credentials dev",
    ],
)
def test_another_programs_command_is_not_ours(command: str) -> None:
    assert entry_of(command) is None


@pytest.mark.parametrize("program", ["/old/place/workbench", "workbench"])
def test_a_workbench_elsewhere_is_known_by_its_command(program: str) -> None:
    assert entry_of(f"{program} credentials dev") == "dev"


def test_a_folder_of_that_name_is_not_taken_for_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a checkout, whose package is called so."""
    (tmp_path / "workbench").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["workbench"])
    program = Path(shlex.split(helper_command("dev"))[0])
    assert program != tmp_path / "workbench"
    assert program.name == "workbench"
