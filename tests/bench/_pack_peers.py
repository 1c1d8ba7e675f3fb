"""What others do to bring an edited line into a package: `sam`, and `pip` with `zip`."""

import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.bench._common import quietly, running_sandbox
from tests.bench._pack_trees import drop, edit, edit_of
from tests.bench._sam import BUCKET, install_sam, sam_environment

SAM = "sam build --cached + sam package"
PIP = "pip install -t + zip -r"
_TEMPLATE = f"""\
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Resources:
  Function:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: source/
      Handler: app.handler
      Runtime: python{sys.version_info.major}.{sys.version_info.minor}
"""

Peer = Callable[[int], float]
"""Makes this edit, packs, and returns how many ms the packing took."""


class Peers:
    """Programs in an environment of the bench's own, which ends with the bench."""

    def __init__(self, folder: Path, wheels: Sequence[str]) -> None:
        self._folder = folder / "peers"
        self._wheels = wheels
        self._programs = self._folder / "environment" / "bin"

    @contextmanager
    def ready(self) -> Iterator[Mapping[str, Peer]]:
        """The peers that could be had."""
        try:
            self._install()
        except RuntimeError as error:
            print(f"sam and pip cannot be installed (no network?): {error}", file=sys.stderr)
            yield {}
            return
        with running_sandbox(self._folder / "sandbox") as connection:
            environment = sam_environment(connection, self._programs)
            yield {SAM: lambda number: self._sam(number, environment), PIP: self._pip}

    def _install(self) -> None:
        install_sam(self._folder / "environment")
        (self._folder / "source").mkdir()
        (self._folder / "source" / "requirements.txt").write_text("\n".join(self._wheels))
        (self._folder / "template.yaml").write_text(_TEMPLATE)

    def _sam(self, number: int, environment: Mapping[str, str]) -> float:
        """In the bench's folder: sam keeps what it installed in the one where it is started."""
        edit(self._folder / "source", number)
        sam = str(self._programs / "sam")
        start = time.perf_counter()
        quietly(sam, "build", "--cached", env=environment, cwd=self._folder)
        options = ("--s3-bucket", BUCKET, "--output-template-file", "packaged.yaml")
        quietly(sam, "package", *options, env=environment, cwd=self._folder)
        took = (time.perf_counter() - start) * 1000
        built = self._folder / ".aws-sam" / "build" / "Function" / "app.py"
        if edit_of(built.read_bytes()) != number:
            raise RuntimeError("sam built the old code")
        return took

    def _pip(self, number: int) -> float:
        source, target, package = self._folder / "source", self._folder / "target", self._folder / "pip.zip"
        edit(source, number)
        drop(target)
        drop(package)
        start = time.perf_counter()
        quietly(
            str(self._programs / "python"), "-m", "pip", "install", "--quiet", "--target", str(target),
            "-r", str(source / "requirements.txt"),
        )  # fmt: skip
        quietly("sh", "-c", f"cp '{source}/app.py' '{target}' && cd '{target}' && exec zip -qr '{package}' .")
        took = (time.perf_counter() - start) * 1000
        with zipfile.ZipFile(package) as archive:
            if edit_of(archive.read("app.py")) != number:
                raise RuntimeError("pip and zip packed the old code")
        return took
