"""AWS's configuration files of a test's own, and a real keyring."""

from pathlib import Path

import pytest

from tests.aws.conftest import AwsFiles, AwsServer, aws_files, aws_server
from tests.profiles.edited_file import config, writer
from tests.profiles.homes import Home
from tests.profiles.real_keyring import _bus, real_keyring, unanswered_keyring

__all__ = [
    "AwsFiles",
    "AwsServer",
    "_bus",
    "aws_files",
    "aws_server",
    "config",
    "real_keyring",
    "unanswered_keyring",
    "writer",
]


@pytest.fixture(autouse=True)
def _fresh_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keyring keeps the first one it found for good; each test looks anew."""
    import keyring.core

    monkeypatch.setattr(keyring.core, "_keyring_backend", None)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Two files with profiles of several kinds."""
    return Home(tmp_path)
