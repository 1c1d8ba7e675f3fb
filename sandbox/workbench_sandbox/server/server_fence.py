"""The fence of the server itself: MiniStack has no more rights than it needs.

It reads its own code and the service models, writes its state, its objects and its temporary folder,
executes nothing and starts no process, and changes no modes and times by paths. Functions are started outside
of it, by the broker. Network is open: functions' triggers name addresses. How it holds:
`workbench_sandbox.fence.confinement`.
"""

import os
import resource
import sys
from pathlib import Path

import workbench_sandbox
from workbench_sandbox.fence import confinement
from workbench_sandbox.server import SERVICE_MODELS
from workbench_sandbox.server.broker import RunFolder
from workbench_sandbox.server.inside.fence import program_folders
from workbench_sandbox.server.lifetime import ServerSettings

_MAX_MEMORY_BYTES = 4 << 30
"""Of data and stacks. The address space is no measure: each thread reserves much of it."""


def enter(settings: ServerSettings, folder: RunFolder) -> None:
    """Confines this process, which must have one thread, permanently; says on standard error if it cannot."""
    resource.setrlimit(resource.RLIMIT_DATA, (_MAX_MEMORY_BYTES, _MAX_MEMORY_BYTES))
    try:
        limits = confinement.Limits(has_network=True, has_programs=False, has_modes=False)
        limits.allow_own_files()
        limits.allow_reading([*program_folders(sys.executable), *sys.path[1:], *_packages(), _models()])
        kept, work = _writable(settings, folder)
        limits.allow_writing(kept, has_links=False)  # Workbench reads there, and the next server
        limits.allow_writing([work])  # a function's package may have links
        limits.enter()
        limits.close()
    except (OSError, confinement.FenceRefused) as error:
        sys.stderr.write(f"unfenced: {error}\n")


def _packages() -> list[str]:
    return [str(Path(each).resolve()) for each in workbench_sandbox.__path__]


def _models() -> str:
    return os.environ.get(SERVICE_MODELS, "")


def _writable(settings: ServerSettings, folder: RunFolder) -> tuple[list[str], str]:
    """Returns the folders that outlive the server, and the one that does not; they exist then."""
    kept = [settings.state_dir, Path(os.environ["S3_DATA_DIR"])]
    for each in (*kept, folder.work):
        each.mkdir(parents=True, exist_ok=True)
    return [str(each) for each in kept], str(folder.work)
