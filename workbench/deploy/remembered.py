"""The options of the last deploy of each function, which are the defaults of the next one.

One small JSON file each. The configuration is never among it: secrets stand in there.
"""

from pathlib import Path
from urllib.parse import quote

from workbench.aws.names import Arn
from workbench.core.codec import Format
from workbench.deploy.options import DeployOptions

_FORMAT = Format(DeployOptions)


class RememberedOptions:
    """The options of all functions.

    Args:
        folder: Where they are kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def of(self, function_arn: str) -> DeployOptions:
        """What was wanted last; the plain deploy at first, and where the file cannot be read."""
        found = _FORMAT.load(self._path(function_arn)) or DeployOptions()
        return found.without_configuration()

    def keep(self, function_arn: str, options: DeployOptions) -> None:
        """Keeps what is wanted from now on.

        Raises:
            WorkbenchError: The disk did not take it.
        """
        _FORMAT.write(self._path(function_arn), options.without_configuration())

    def _path(self, function_arn: str) -> Path:
        return file_of(self._folder, function_arn)


def file_of(folder: Path, function_arn: str) -> Path:
    """A function's own JSON file in a folder of such files. Raises ValueError: it is no ARN."""
    arn = Arn.parse(function_arn)
    parts = (
        quote(part, safe="").replace(".", "%2E") for part in (arn.account_id, arn.region, arn.resource_id)
    )
    return folder.joinpath(*parts).with_suffix(".json")
