"""What goes wrong on this computer, in the window: the Sandbox, the AWS configuration, the disk."""

import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.desk import PROFILE, Desk, assert_said, text_of, write_profile
from workbench.aws.client_config import Access
from workbench.core.files import Paths
from workbench.profiles.safety import Tier
from workbench.sandbox import PROFILE_NAME
from workbench.sandbox.supervisor import Endpoint

Sit = Callable[[str], Desk]
SAMPLES = ["hello-http", "s3-object-counter", "sqs-worker"]


def wait_for_samples(desk: Desk) -> None:
    desk.until(lambda: sorted(desk.names()) == SAMPLES)
    desk.wait_for_list()


def running(desk: Desk) -> Endpoint:
    """Where the Sandbox answers, once it does."""
    desk.until(lambda: desk.program.sandbox.status.endpoint)
    endpoint = desk.program.sandbox.status.endpoint
    assert endpoint is not None
    return endpoint


def kill(desk: Desk) -> Endpoint:
    """Kills the Sandbox and waits for the next one."""
    before = running(desk)
    os.kill(before.pid, signal.SIGKILL)
    desk.until(lambda: running(desk).pid != before.pid)
    return running(desk)


def test_a_killed_sandbox_comes_back_even_when_its_port_is_taken(sit: Sit) -> None:
    desk = sit(PROFILE_NAME)
    wait_for_samples(desk)
    before = running(desk)

    assert kill(desk).url == before.url
    desk.act("list.refresh")
    wait_for_samples(desk)

    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        os.kill(running(desk).pid, signal.SIGKILL)
        desk.until(lambda: desk.program.sandbox.status.endpoint is None)
        squatter.bind(("127.0.0.1", before.port))
        squatter.listen()
        desk.until(lambda: running(desk).url != before.url)
        desk.until(
            lambda: (
                desk.program.session.connection
                and desk.program.session.connection.endpoint_url == running(desk).url
            )
        )
        wait_for_samples(desk)
        desk.open_function("hello-http")
        desk.write_event("{}")
        desk.act("function.invoke")
        desk.until(lambda: "Hello, world!" in desk.result())


def test_damaged_sandbox_data_is_set_aside_and_a_broken_configuration_named(sit: Sit) -> None:
    state = Paths.default().data_dir / "sandbox" / "state"
    state.mkdir(parents=True)
    (state / "lambda.json").write_bytes(b'{"functions": [')
    config = Path(os.environ["HOME"]) / ".aws" / "config"
    config.parent.mkdir()
    config.write_text("[profile whole]\nregion = eu-west-1\n\n[profile broken\n")

    desk = sit(PROFILE_NAME)

    damaged = desk.wait_for_message("damaged")
    assert_said(damaged)
    (kept,) = state.glob("lambda.json.corrupt-*")
    assert kept.read_bytes() == b'{"functions": ['
    assert kept.name in text_of(damaged)
    broken = desk.wait_for_message("line 4")
    assert_said(broken)
    assert str(config) in text_of(broken)
    assert desk.window.top_bar.profile.findText("whole") >= 0
    wait_for_samples(desk)

    config.write_text("[profile mended]\nregion = eu-west-1\n")
    desk.press_remedy(broken)
    desk.until(lambda: desk.window.top_bar.profile.findText("mended") >= 0)
    assert desk.window.top_bar.profile.currentText() == PROFILE_NAME


def test_that_the_protection_of_the_profiles_is_damaged_is_said_and_all_are_read_only(
    sit: Sit, access: Access
) -> None:
    write_profile(access)
    config = Paths.default().config_dir
    config.mkdir(parents=True, exist_ok=True)
    for name in ("protection.json", "protection.json.good"):
        (config / name).write_text('{"profiles.', "utf-8")

    desk = sit(PROFILE)

    message = desk.wait_for_message("The protection of the profiles is unknown")
    assert_said(message)
    assert "read-only until you choose" in text_of(message)
    assert desk.program.identities.safety.tier(PROFILE) is Tier.READ_ONLY


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """The folder of all working copies, on a disk of its own."""
    folder = Paths.default().data_dir / "workspaces"
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("only root may mount a small disk")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_loses_nothing_that_was_typed(
    sit: Sit, access: Access, function_name: str, small_disk: Path
) -> None:
    write_profile(access)
    desk = sit(PROFILE)
    desk.open_function(function_name)
    workspace = desk.code.workspace
    assert workspace is not None
    saved = workspace.read("app.py").text
    filler = small_disk / "filler"
    with pytest.raises(OSError, match="No space"):
        filler.write_bytes(bytes(1 << 20))

    desk.type_over("handler = print")
    desk.act("file.save")

    assert_said(desk.wait_for_message("is full"))
    assert workspace.read("app.py").text == saved
    shown = desk.files.editor.active_uri()
    assert desk.files.editor.is_dirty(shown)
    filler.unlink()
    desk.act("file.save")
    desk.until(lambda: not desk.files.editor.is_dirty(shown))
    assert workspace.read("app.py").text == "handler = print"
