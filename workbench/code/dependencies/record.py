"""What one workspace takes from the store of dependencies: a small file beside its others."""

import json
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error, write_atomic

_FILE = "package-dependencies.json"


class Way(Enum):
    """How a function gets its dependencies."""

    PACKAGE = "package"
    LAYER = "layer"


@dataclass(frozen=True, slots=True)
class Used:
    """What is taken.

    Attributes:
        key: Of the set in the store.
        store: The store's folder.
        way: Where it goes.
        tops: Names at the top of the package that dependencies have, or had when it was deployed last. They
            are not missing from the code.
        layer_arn: The layer version that has them instead of the package.
    """

    key: str
    store: Path
    way: Way
    tops: frozenset[str]
    layer_arn: str = ""


def read_used(workspace_folder: Path) -> Used | None:
    """What a workspace uses; None when it uses nothing.

    Raises:
        WorkbenchError: That cannot be read: what would be packed is not what is wanted.
    """
    path = workspace_folder / _FILE
    try:
        value = json.loads(path.read_bytes())
        return Used(
            str(value["key"]),
            Path(value["store"]),
            Way(value["way"]),
            frozenset(map(str, value["tops"])),
            str(value["layer_arn"]),
        )
    except FileNotFoundError:
        return None
    except OSError as error:
        raise explain_os_error(error, "The installed dependencies could not be read.", path) from error
    except (ValueError, KeyError, TypeError) as error:
        raise WorkbenchError(
            "The installed dependencies could not be read.",
            f"{path} is damaged: {error!r}.",
            "Install them again.",
        ) from error


def write_used(workspace_folder: Path, used: Used) -> None:
    """Replaces what a workspace uses. Raises WorkbenchError when the disk refuses; the old counts then."""
    value = {
        "key": used.key,
        "store": str(used.store),
        "way": used.way.value,
        "tops": sorted(used.tops),
        "layer_arn": used.layer_arn,
    }
    write_atomic(workspace_folder / _FILE, json.dumps(value).encode())
