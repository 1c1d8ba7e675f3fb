"""The folders of Workbench, for this user only."""

import errno
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

import workbench
from workbench.core.errors import WorkbenchError
from workbench.core.files import make_private_folder
from workbench.core.messages import _

_HOME_VARIABLE = "WORKBENCH_HOME"
_OTHERS = 0o077


@dataclass(frozen=True, slots=True)
class Paths:
    """The four folders of one installation."""

    data_dir: Path
    cache_dir: Path
    config_dir: Path
    log_dir: Path

    @classmethod
    def default(cls, environ: Mapping[str, str] = os.environ) -> "Paths":
        """The platform's folders, or those below WORKBENCH_HOME."""
        if home := environ.get(_HOME_VARIABLE):
            return cls.below(Path(home))
        dirs = platformdirs.PlatformDirs("workbench", appauthor=False)
        return cls(dirs.user_data_path, dirs.user_cache_path, dirs.user_config_path, dirs.user_log_path)

    @classmethod
    def below(cls, home: Path) -> "Paths":
        """All four folders below one."""
        return cls(home / "data", home / "cache", home / "config", home / "log")

    def make_private(self) -> "Privacy":
        """Creates missing folders, and removes other users' access to existing ones.

        They may contain code, payloads and keys. On Windows, a user's folders are private already.
        """
        narrowed, open_to_others = [], []
        for folder in (self.data_dir, self.cache_dir, self.config_dir, self.log_dir):
            try:
                make_private_folder(folder)
                if os.name == "nt":
                    continue
                mode = folder.stat().st_mode
                if mode & _OTHERS:
                    folder.chmod(mode & ~_OTHERS & 0o7777)
                    if folder.stat().st_mode & _OTHERS:  # a disk without modes says nothing
                        raise PermissionError(errno.EPERM, _("the disk does not keep the change"))
                    narrowed.append(folder)
            except OSError as error:
                open_to_others.append(_not_private(folder, error))
        return Privacy(tuple(narrowed), tuple(open_to_others))


@dataclass(frozen=True, slots=True)
class Privacy:
    """The result of `Paths.make_private`.

    Attributes:
        narrowed: Folders that other users of this computer could read until now.
        problems: Folders that could not be made private, and why.
    """

    narrowed: tuple[Path, ...] = ()
    problems: tuple[WorkbenchError, ...] = ()


def _not_private(folder: Path, error: OSError) -> WorkbenchError:
    return WorkbenchError(
        _("{folder} is not private.").format(folder=folder),
        _("Other users of this computer might be able to read it: {strerror}.").format(
            strerror=error.strerror or error
        ),
        _(
            "Make it a folder that only you can access (mode 700), or set {home_variable} to such a folder."
        ).format(home_variable=_HOME_VARIABLE),
    )


def resources_dir() -> Path:
    """The folder with editor page, icons and samples: packaged, or beside the package in a checkout."""
    package = Path(workbench.__file__).parent
    packaged = package / "_resources"
    return packaged if packaged.is_dir() else package.parent / "resources"
