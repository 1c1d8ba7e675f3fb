"""The real AWS CLI beside Workbench: it reads what we wrote, and whatever it overwrites comes back."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

from tests.profiles.homes import Home
from tests.profiles.writers import ROOT, reapply
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.profiles.ini_editor import FileEdits, SetOption
from workbench.profiles.manage import ProfileDraft, rename_profile
from workbench.profiles.model import ProfileKind
from workbench.profiles.write import ConfigWriter

CTX = JobContext()
AWS = Path(sys.executable).parent / "aws"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


def aws(home: Home, *words: str) -> list[str]:
    """What a command of the CLI says, line by line."""
    environ = os.environ | home.environ
    said = subprocess.run([AWS, *words], env=environ, capture_output=True, text=True, timeout=60, check=True)
    return said.stdout.split("\n")[:-1]


def test_the_cli_reads_what_was_written_and_we_what_it_wrote(home: Home) -> None:
    options = (("aws_access_key_id", "AKIAIOSFODNN7EXAMPLE"), ("region", "us-east-1"))
    home.add(ProfileDraft("new", ProfileKind.STATIC, options, (("aws_secret_access_key", SECRET),)))
    home.make(rename_profile("base", "root", home.files))
    assert aws(home, "configure", "get", "region", "--profile", "root") == ["eu-central-1"]
    assert aws(home, "configure", "get", "aws_secret_access_key", "--profile", "new") == [SECRET]
    assert aws(home, "configure", "get", "source_profile", "--profile", "role") == ["root"]
    aws(home, "configure", "set", "output", "text", "--profile", "new")
    home.edit("new", ProfileDraft("new", ProfileKind.STATIC, (*options, ("output", "table"))))
    assert aws(home, "configure", "get", "output", "--profile", "new") == ["table"]


def test_beside_the_clis_writer_nothing_is_lost_for_good(tmp_path: Path) -> None:
    """It takes no lock, empties the file and writes it anew; what it overwrites is made again."""
    path, writer = tmp_path / "config", ConfigWriter(tmp_path / "state")
    others = "".join(f"[profile p{number}]\nregion = r{number}\n\n" for number in range(20))
    path.write_text(f"{others}[profile cli]\nx = y\n\n[profile mine]\nx = y\n")
    command = [sys.executable, "-m", "tests.profiles.cli_writer", str(path), "40"]
    count, written = 0, list[int]()
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as cli:
        assert cli.stdout
        cli.stdout.readline()
        while cli.poll() is None:
            edit = SetOption("profile mine", f"option_{count}", f"m{count}")
            # Refused, with nothing changed, while the CLI is slow between emptying and writing.
            with contextlib.suppress(WorkbenchError):
                writer.write([FileEdits(path, (edit,))], f"edit {count}", CTX)
                written.append(count)
            count += 1
    for entry in writer.journal.overwritten():
        reapply(writer, entry)
    text = path.read_text()
    assert text.startswith(others)
    assert [number for number in written if f"option_{number} = m{number}\n" not in text] == []
    kept = sum(f"option_{number} = v{number}\n" in text for number in range(40))
    assert kept >= 38  # it may write twice in the hundredth of a second in which its first words are late
