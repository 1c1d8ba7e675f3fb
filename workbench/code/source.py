"""What AWS says about a function's code, and where on this machine its workspace lies."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from workbench.code.base import LATEST, Base
from workbench.code.contents import Contents
from workbench.code.exchange import beside
from workbench.core.clock import Clock
from workbench.core.errors import WorkbenchError
from workbench.core.files import path_below


@dataclass(frozen=True, slots=True)
class CodeSource:
    """What GetFunction says about the code of one function.

    Attributes:
        function_arn: Unqualified or qualified ARN.
        function_name: Its short name.
        region: Such as "eu-central-1".
        account_id: 12 digits.
        code_location: The link to the zip, 10 minutes long. Empty for a container image.
        code_sha256: CodeSha256, base64.
        revision_id: RevisionId.
        version: "$LATEST" or a number.
        image_uri: Of a container image; empty for a zip.
        code_error: Why AWS gives no link; empty when it gives one, or does not say.
        ca_bundle: The file of certificates to trust for the link (`Connection.ca_bundle`); empty for the
            environment's or the system's.
    """

    function_arn: str
    function_name: str
    region: str
    account_id: str
    code_location: str
    code_sha256: str
    revision_id: str
    version: str = LATEST
    image_uri: str = ""
    code_error: str = ""
    ca_bundle: str = ""

    def base(self, code_sha256: str, contents: Contents, clock: Clock) -> Base:
        """The base of a workspace that starts from a package of this function, as it was downloaded."""
        return Base(
            self.function_arn,
            self.function_name,
            self.version,
            code_sha256,
            self.revision_id,
            clock.now().isoformat(),
            contents,
        )


def workspace_folder(root_dir: Path, source: CodeSource) -> Path:
    """Where the workspace of a function, or of one of its versions, lies.

    Raises:
        WorkbenchError: One of its names would lead out of `root_dir`.
    """
    name = source.function_name
    if name != name.lower():  # on a disk that does not tell case apart, Orders and orders would be one
        name += "~" + hashlib.sha256(name.encode()).hexdigest()[:6]
    if source.version != LATEST:
        name += f"@{source.version}"
    return path_below(root_dir, source.account_id, source.region, name)


def bound_workspace_folder(root_dir: Path, source: CodeSource) -> Path:
    """Where the workspace lies that a function has while a local folder holds its code."""
    return beside(workspace_folder(root_dir, source), "local")


def refuse_images(source: CodeSource) -> None:
    """Raises WorkbenchError for a function whose code is no zip, or that AWS gave no link to."""
    if source.image_uri:
        raise WorkbenchError(
            f"The code of {source.function_name} cannot be opened.",
            f"It uses the container image {source.image_uri}.",
            "Push another image, then set the image URI on the Configuration tab.",
            action="function.copy_image_uri",
        )
    if not source.code_location:
        raise WorkbenchError(
            f"The code of {source.function_name} could not be opened.",
            source.code_error or "AWS did not return a link to it.",
            "Then refresh the function." if source.code_error else "Refresh the function, then try again.",
            action="function.refresh",
        )
