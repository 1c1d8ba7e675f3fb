"""Builds the deployment package: the same files give the same bytes, on every machine and at any time.

packer.py explains how, and what makes it fast.
"""

from workbench.code.package.packer import Packer, build_package
from workbench.code.package.patterns import (
    PROJECT_PATTERNS,
    Decision,
    Patterns,
    Secret,
    preview,
    read_patterns,
    write_patterns,
)
from workbench.code.package.scan import Rules, stays_out_by
from workbench.code.package.store import StreamStore
from workbench.code.package.zip_file import Package, package_name, package_name_of

__all__ = [
    "PROJECT_PATTERNS",
    "Decision",
    "Package",
    "Packer",
    "Patterns",
    "Rules",
    "Secret",
    "StreamStore",
    "build_package",
    "package_name",
    "package_name_of",
    "preview",
    "read_patterns",
    "stays_out_by",
    "write_patterns",
]
