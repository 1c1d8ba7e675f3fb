"""Which Source knows which kind."""

from collections.abc import Mapping
from typing import Any

from workbench.triggers.model import SourceKind
from workbench.triggers.sources.source import Source

SOURCES: Mapping[SourceKind, Source[Any]] = {}
