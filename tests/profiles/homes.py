"""A home folder with profiles of several kinds, and what a person does to them."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from botocore.credentials import Credentials
from botocore.session import Session

from tests.fake_time import FakeClock
from workbench.core.jobs import JobContext
from workbench.profiles.config_files import ConfigFiles
from workbench.profiles.ini_editor import FileEdits
from workbench.profiles.manage import ProfileDraft, add_profile, edit_profile
from workbench.profiles.write import ConfigWriter

CONFIG = """\
# my profiles
[default]
region = eu-west-1

[profile base]
region = eu-central-1
s3 =
  addressing_style = path

[profile role]
role_arn = arn:aws:iam::111122223333:role/deploy
source_profile = base
custom = kept

[profile sso-a]
sso_session = corp
sso_account_id = 111122223333
sso_role_name = Admin

[profile sso-b]
sso_session = corp
sso_account_id = 444455556666
sso_role_name = Admin

[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
sso_registration_scopes = sso:account:access

[services local]
lambda =
  endpoint_url = http://localhost:4566
  other = kept
"""
CREDENTIALS = """\
[default]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = default-secret

[base]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = base-secret

[old-role]
role_arn = arn:aws:iam::111122223333:role/old
source_profile = base
"""


class Home:
    """Two files, and what a person does to them."""

    def __init__(self, folder: Path) -> None:
        self.config, self.credentials = folder / "config", folder / "credentials"
        self.environ = {
            "AWS_CONFIG_FILE": str(self.config),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.credentials),
        }
        self.config.write_text(CONFIG)
        self.credentials.write_text(CREDENTIALS)
        self._writer = ConfigWriter(folder / "state", FakeClock())

    @property
    def files(self) -> ConfigFiles:
        return ConfigFiles.read(self.environ)

    def make(self, changes: tuple[FileEdits, ...]) -> None:
        self._writer.write(changes, "", JobContext())

    def add(self, draft: ProfileDraft) -> None:
        self.make(add_profile(draft, self.files))

    def edit(self, name: str, draft: ProfileDraft) -> None:
        self.make(edit_profile(name, draft, self.files))

    def options(self, name: str) -> Mapping[str, str]:
        return self.files.profiles[name].options

    def keys(self, name: str, monkeypatch: pytest.MonkeyPatch) -> Credentials:
        """What botocore finds for a profile."""
        found = self.session(name, monkeypatch).get_credentials()
        assert found
        return found

    def session(self, name: str, monkeypatch: pytest.MonkeyPatch) -> Session:
        """A session of botocore's own that reads these files."""
        for variable, value in self.environ.items():
            monkeypatch.setenv(variable, value)
        return Session(profile=name)
