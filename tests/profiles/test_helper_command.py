"""The command that is written into a profile: taken apart as it was put together, and known again."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from botocore.compat import compat_shell_split

from workbench.profiles.credentials_helper import entry_of, helper_command, quoted
from workbench.profiles.ini_editor import value_fault

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
