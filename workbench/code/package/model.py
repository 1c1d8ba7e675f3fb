"""A deployment package as a value, and how its file is named."""

import base64
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from workbench.code.contents import Contents
from workbench.core.errors import WorkbenchError

WHAT = "The package could not be built."


@dataclass(frozen=True, slots=True)
class Package:
    """A deployment package on disk.

    Attributes:
        path: The zip file, named by its hash. It is never changed.
        code_sha256: What AWS calls CodeSha256: base64 of the zip's SHA-256.
        size_bytes: Of the zip.
        contents: What is in it.
        notes: What a person should know about it, in sentences.
        warnings: What it holds though it looks like a secret, in sentences.
    """

    path: Path
    code_sha256: str
    size_bytes: int
    contents: Contents
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def package_name(sha256: bytes) -> str:
    """The file name of a package with this hash."""
    return f"{sha256.hex()}.zip"


def package_name_of(code_sha256: str) -> str:
    """The file name of a package with this CodeSha256 (base64).

    Raises:
        ValueError: It is no base64.
    """
    return package_name(base64.b64decode(code_sha256, validate=True))


def refusal(why: str, remedy: str) -> WorkbenchError:
    """Why these files make no package."""
    return WorkbenchError(WHAT, why, remedy)


def too_large(sizes: Mapping[str, int], limit_bytes: int) -> WorkbenchError:
    """The refusal of files (path to bytes) that together are over the limit."""
    parts: Counter[str] = Counter()
    for path, size in sizes.items():
        parts[path.partition("/")[0]] += size
    largest = ", ".join(f"{name} ({size / 1e6:.0f} MB)" for name, size in parts.most_common(3))
    return refusal(
        f"The code has {sum(sizes.values()):,} bytes unzipped; Lambda allows {limit_bytes:,}, "
        f"including layers. The largest parts are {largest}.",
        "Remove or exclude what the function does not need.",
    )
