"""Moving keys into a real keyring and back, read by boto3 and the AWS CLI (rows K1, K4, K5)."""

import configparser
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.profiles import fake_keyring
from tests.sandbox_keys import keys_of
from workbench.core.errors import WorkbenchError
from workbench.core.files import Paths
from workbench.core.jobs import JobContext
from workbench.profiles.credentials_helper import SessionCache, cache_dir, helper_command
from workbench.profiles.migrate import Migrator
from workbench.profiles.secret_store import KeyringStore, SecretStore, StoredKeys
from workbench.profiles.write import ConfigWriter
from workbench.sandbox.supervisor import Endpoint

CTX = JobContext()
KEY_ID, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
CREDENTIALS = f"# mine\n[dev]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET}\n\n[other]\n"
CONFIG = "[profile dev]\nregion = eu-west-1 \n"

pytestmark = pytest.mark.usefixtures("real_keyring")


def migrator(
    tmp_path: Path, store: SecretStore | None = None, command: Callable[[str], str] = helper_command
) -> Migrator:
    paths = Paths.default()
    state = tmp_path / "state"
    return Migrator(
        store or KeyringStore(),
        ConfigWriter(state),
        SessionCache(cache_dir(paths)),
        state,
        os.environ,
        command,
    )


@dataclass(frozen=True)
class Files:
    """The two files of ~/.aws."""

    config: Path
    credentials: Path


@pytest.fixture
def files() -> Files:
    folder = Path(os.environ["HOME"]) / ".aws"
    folder.mkdir()
    return Files(folder / "config", folder / "credentials")


def files_of(files: Files) -> tuple[str, str]:
    return files.config.read_text("utf-8"), files.credentials.read_text("utf-8")


@pytest.fixture
def dev(files: Files) -> Files:
    files.config.write_text(CONFIG, "utf-8")
    files.credentials.write_text(CREDENTIALS, "utf-8")
    return files


def found_by(program: str) -> list[str]:
    """The access key id and the provider, as another process finds them."""
    if program == "aws":
        command = [str(Path(sys.executable).with_name("aws")), "configure", "list", "--profile", "dev"]
    else:
        source = (
            "import boto3; c = boto3.Session(profile_name='dev').get_credentials(); "
            "print(c.get_frozen_credentials().access_key[-4:], c.method)"
        )
        command = [sys.executable, "-c", source]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    line = next(line for line in done.stdout.splitlines() if program == "boto3" or "access_key" in line)
    return line.split()


def test_a_moved_key_is_in_no_file_and_found_by_boto3_and_the_aws_cli(dev: Files, tmp_path: Path) -> None:
    """Row K4."""
    migrator(tmp_path).migrate("dev", "raw", CTX)

    config, credentials = files_of(dev)
    assert SECRET not in config + credentials
    assert KEY_ID not in config + credentials
    assert credentials.startswith("# mine\n")
    assert config == f"{CONFIG}credential_process = {helper_command('dev')}\n"
    assert found_by("boto3") == [KEY_ID[-4:], "custom-process"]
    assert "custom-process" in found_by("aws")
    assert [path.name for path in (tmp_path / "state" / "key-moves").iterdir()] == ["turn.lock"]
    assert SECRET not in "".join(
        file.read_text("utf-8", "replace") for file in (tmp_path / "state").rglob("*") if file.is_file()
    )


def test_a_key_that_is_put_back_works_as_before(dev: Files, tmp_path: Path) -> None:
    mover = migrator(tmp_path)
    mover.migrate("dev", "raw", CTX)
    mover.restore("dev", CTX)
    config, credentials = files_of(dev)
    assert "credential_process" not in config
    parser = configparser.RawConfigParser()
    parser.read_string(credentials)
    assert dict(parser["dev"]) == {"aws_access_key_id": KEY_ID, "aws_secret_access_key": SECRET}
    assert found_by("boto3") == [KEY_ID[-4:], "shared-credentials-file"]
    assert KeyringStore().get("dev", CTX) is None


def test_temporary_keys_are_made_of_a_moved_key(dev: Files, tmp_path: Path, endpoint: Endpoint) -> None:
    known = keys_of("123456789012")
    dev.config.write_text(f"[profile dev]\nregion = us-east-1\nendpoint_url = {endpoint.url}\n", "utf-8")
    dev.credentials.write_text(
        f"[dev]\naws_access_key_id = {known.access_key_id}\n"
        f"aws_secret_access_key = {known.secret_access_key}\n",
        "utf-8",
    )
    migrator(tmp_path).migrate("dev", "session", CTX)
    last, method = found_by("boto3")
    assert method == "custom-process"
    assert last != known.access_key_id[-4:]


@pytest.mark.parametrize(
    "content",
    [
        "[dev]\nregion = eu-west-1\n",  # no key
        f"[dev]\naws_access_key_id = {KEY_ID}\n",  # half a key
        f"[dev]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = s\naws_session_token = t\n",
        "",
    ],
)
def test_only_a_whole_long_lived_key_is_moved(files: Files, tmp_path: Path, content: str) -> None:
    files.credentials.write_text(content, "utf-8")
    with pytest.raises(WorkbenchError):
        migrator(tmp_path).migrate("dev", "raw", CTX)
    assert files.credentials.read_text("utf-8") == content
    assert KeyringStore().get("dev", CTX) is None


@pytest.mark.parametrize("make", [fake_keyring.Locked, fake_keyring.Forgetful])
def test_a_keyring_that_fails_leaves_the_files_untouched(
    dev: Files, tmp_path: Path, make: Callable[[], fake_keyring.Vault]
) -> None:
    """Row K2."""
    with fake_keyring.in_use(make()), pytest.raises(WorkbenchError):
        migrator(tmp_path).migrate("dev", "raw", CTX)
    assert SECRET in dev.credentials.read_text("utf-8")
    assert dev.config.read_text("utf-8") == CONFIG


def test_a_key_that_the_sdk_would_not_find_any_more_is_put_back(dev: Files, tmp_path: Path) -> None:
    mover = migrator(tmp_path, command=lambda _: "/nowhere/workbench credentials dev")
    with pytest.raises(WorkbenchError):
        mover.migrate("dev", "raw", CTX)
    assert found_by("boto3") == [KEY_ID[-4:], "shared-credentials-file"]
    assert "credential_process" not in dev.config.read_text("utf-8")
    assert KeyringStore().get("dev", CTX) is None


_CRASH = """
import os, sys
from pathlib import Path
from workbench.core.jobs import JobContext, Progress
from workbench.core.files import Paths
from workbench.profiles.credentials_helper import helper_command
from workbench.profiles.migrate import Migrator
from workbench.profiles.secret_store import KeyringStore
from workbench.profiles.credentials_helper import SessionCache, cache_dir
from workbench.profiles.write import ConfigWriter

step, state = int(sys.argv[1]), Path(sys.argv[2])

def report(progress):
    if progress.done == step:
        os._exit(9)

cache = SessionCache(cache_dir(Paths.default()))
Migrator(KeyringStore(), ConfigWriter(state), cache, state, os.environ, helper_command).migrate(
    "dev", "raw", JobContext(report=report)
)
"""


@pytest.mark.parametrize("step", range(1, 6))
def test_a_crash_after_any_step_leaves_a_key_that_works_and_the_next_start_tidies_up(
    dev: Files, tmp_path: Path, step: int
) -> None:
    """Row K5."""
    crashed = subprocess.run(
        [sys.executable, "-c", _CRASH, str(step), str(tmp_path / "state")], timeout=60, check=False
    )
    assert crashed.returncode == 9
    assert found_by("boto3")[0] == KEY_ID[-4:]

    assert migrator(tmp_path).recover(CTX) == ("dev",)

    assert migrator(tmp_path).recover(CTX) == ()
    key, method = found_by("boto3")
    assert key == KEY_ID[-4:]
    config, credentials = files_of(dev)
    stored = KeyringStore().get("dev", CTX)
    if step < 5:  # the key was still in the file: undone
        assert method == "shared-credentials-file"
        assert "credential_process" not in config
        assert stored is None
    else:
        assert method == "custom-process"
        assert SECRET not in credentials
        assert stored == StoredKeys(KEY_ID, SECRET, "raw", "eu-west-1")


def test_the_command_that_is_written_hands_out_the_key(dev: Files, tmp_path: Path) -> None:
    from botocore.compat import compat_shell_split

    migrator(tmp_path).migrate("dev", "raw", CTX)
    done = subprocess.run(
        compat_shell_split(helper_command("dev")), capture_output=True, text=True, timeout=30, check=True
    )
    assert json.loads(done.stdout)["AccessKeyId"] == KEY_ID
