"""The options of the last deploy of each function, which are the defaults of the next one.

One small JSON file for each. The configuration is left out: it may contain secrets.
"""

from pathlib import Path
from urllib.parse import quote

from workbench.aws.names import Arn
from workbench.core.codec import Format
from workbench.deploy.options import DeployOptions

_FORMAT = Format(DeployOptions)


class RememberedOptions:
    """The options of all functions."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def of(self, function_arn: str) -> DeployOptions:
        """The last options; the default ones at first, and if the file cannot be read."""
        found = _FORMAT.load(self._path(function_arn)) or DeployOptions()
        return found.without_configuration()

    def keep(self, function_arn: str, options: DeployOptions) -> None:
        """Stores the options. Raises WorkbenchError."""
        _FORMAT.write(self._path(function_arn), options.without_configuration())

    def _path(self, function_arn: str) -> Path:
        return file_of(self._folder, function_arn)


def file_of(folder: Path, function_arn: str) -> Path:
    """A function's JSON file in a folder. Raises ValueError if the ARN is invalid."""
    arn = Arn.parse(function_arn)
    parts = (
        quote(part, safe="").replace(".", "%2E") for part in (arn.account_id, arn.region, arn.resource_id)
    )
    return folder.joinpath(*parts).with_suffix(".json")
