"""Packages that are too large for a request go through S3; who knows how they get there is brought along.

Owns: what creating a function asks of an uploader. Must not know: buckets' names, multipart uploads.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext


@dataclass(frozen=True, slots=True)
class Staged:
    """Where a package is brought to.

    Attributes:
        bucket: In the function's region.
        key: Of the object.
        owner: Account that the bucket must belong to; empty for a bucket that a person chose.
        exists: Whether the bucket is there; it is made otherwise.
    """

    bucket: str
    key: str
    owner: str = ""
    exists: bool = True


class Uploader(Protocol):
    """Brings a package to S3. Every method may raise WorkbenchError; those with a `ctx` also Cancelled."""

    def place(self, connection: Connection, bucket: str, function_name: str, code_sha256: str) -> Staged:
        """Where the package would go. Asks nobody.

        Args:
            connection: To the function's account and region.
            bucket: The one that a person chose; empty for the program's own.
            function_name: Whose package it is.
            code_sha256: Its CodeSha256.
        """
        ...

    def observe(self, connection: Connection, staged: Staged, package: Path, ctx: JobContext) -> Staged:
        """Looks whether the bucket is there and can be used. Changes nothing."""
        ...

    def make_bucket(self, connection: Connection, staged: Staged, ctx: JobContext) -> None:
        """Makes it: private, encrypted, emptied by itself."""
        ...

    def send(self, connection: Connection, staged: Staged, package: Path, ctx: JobContext) -> None:
        """Brings the package there unless it is, and tells how many bytes have gone."""
        ...

    def take_back(self, connection: Connection, staged: Staged) -> None:
        """Removes the package, and what of it has arrived. Whatever is gone already is no error."""
        ...

    def take_back_bucket(self, connection: Connection, staged: Staged) -> None:
        """Removes the bucket if it is empty; one that others use by now stays."""
        ...


class PartOfJob(JobContext):
    """A job's context for one of its steps: how far the step is, is told as a share of the whole.

    Args:
        ctx: Of the job.
        number: Of the step, from 0.
        total: How many steps there are.
    """

    def __init__(self, ctx: JobContext, number: int, total: int) -> None:
        self.__dict__ |= ctx.__dict__
        self._number, self._total = number, total

    def progress(self, done: float, total: float, text: str = "") -> None:
        super().progress(self._number + (min(1.0, done / total) if total else 0.0), self._total, text)
