"""Where Workbench keeps its files."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

import workbench

_HOME_VARIABLE = "WORKBENCH_HOME"


@dataclass(frozen=True, slots=True)
class Paths:
    """The four folders of one installation. They are made on first use by whoever writes there."""

    data_dir: Path
    cache_dir: Path
    config_dir: Path
    log_dir: Path

    @classmethod
    def default(cls, environ: Mapping[str, str] = os.environ) -> "Paths":
        """The platform's folders, or one folder that holds all four when WORKBENCH_HOME names it."""
        if home := environ.get(_HOME_VARIABLE):
            return cls.below(Path(home))
        dirs = platformdirs.PlatformDirs("workbench", appauthor=False)
        return cls(dirs.user_data_path, dirs.user_cache_path, dirs.user_config_path, dirs.user_log_path)

    @classmethod
    def below(cls, home: Path) -> "Paths":
        """All four folders below one."""
        return cls(home / "data", home / "cache", home / "config", home / "log")


def resources_dir() -> Path:
    """The folder with editor page, icons, samples: packaged, or beside the package in a checkout."""
    package = Path(workbench.__file__).parent
    packaged = package / "_resources"
    return packaged if packaged.is_dir() else package.parent / "resources"
