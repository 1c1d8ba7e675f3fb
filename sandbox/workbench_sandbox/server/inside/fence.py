"""The fence: what a function's code can reach on this computer.

A function's code often comes from others. Before the first line of it is loaded, its process enters the fence
and cannot leave it again, nor can anything that it starts. The fence is made of the kernel's limits (see
`confinement`, which says how they hold) and, where an ordinary user may have them, of namespaces. It uses
only the standard library, because it runs in every Python that runs functions (3.10 and newer).

What is allowed:
    read, execute   the interpreter, the system's programs and libraries and the few files of /etc that
                    programs need to resolve names, verify certificates and tell the time, the runtime, the
                    function's code and layers (the caller names these), most of its own /proc/self
    read, write     the function's own temporary folder, /dev/null and its kin
    network         everything that is not a UNIX socket; those, too, in a root of its own

    namespaces      a root of the function's own (see `private_root`): the user's files have no name in it,
                    and what it has is read-only except for /tmp. This also stops chmod, chown and utime,
                    which Landlock does not know, and nothing outlives the process. No socket of another
                    program can be reached then; with ABI 6, UNIX sockets are therefore allowed, as on Lambda.
                    Ubuntu 24.04 and some containers do not allow it.
                    https://man7.org/linux/man-pages/man7/user_namespaces.7.html

What it does not hold: without namespaces, names and sizes of files can be asked for (stat), though no folder
can be listed, and modes and times of the user's files can be changed; before ABI 6, signals reach other
processes.

`main` enters the fence and becomes another program, when it is told which. Nothing that a function can set
reaches the interpreter or its loader before the fence is entered. It is on the way of cold starts, so nothing
is imported that takes long (json, collections).
"""

import importlib
import marshal
import os
import resource
import signal
import struct
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
if TYPE_CHECKING or __package__:
    from workbench_sandbox.fence import confinement
    from workbench_sandbox.server.inside import private_root
else:  # without the package
    _package = __file__
    for _ in range(3):
        _package = os.path.dirname(os.path.abspath(_package))
    sys.path.insert(0, os.path.join(_package, "fence"))
    confinement = importlib.import_module("confinement")
    del sys.path[0]
    private_root = importlib.import_module("private_root")  # beside this file
FenceRefused = confinement.FenceRefused

NOT_STARTED = "fork/exec "
"""Precedes the reason for which a command could not be started, in Lambda's words."""

MAX_PROCESSES = 1024
"""Of a function, threads included. Source: Lambda quotas, "processes and threads"."""

_MAX_FILES = 1024
"""Open ones of a process. Source: Lambda quotas, "file descriptors"."""

_PR_SET_PDEATHSIG = 1  # include/uapi/linux/prctl.h


def program_folders(path: str) -> "list[str]":
    """Returns the folders of an interpreter ('' has none), without its prefix, which may be a home."""
    found = [path] if path else []
    for file in dict.fromkeys((path, os.path.realpath(path))) if path else ():
        prefix = os.path.dirname(os.path.dirname(file))
        found += [f"{prefix}/{part}" for part in ("bin", "lib", "lib64", "ssl", "pyvenv.cfg")]
    return found


def linked(folder: str) -> "list[str]":
    """Returns a folder and the targets of the links in it."""
    with os.scandir(folder) as entries:
        return [folder, *(os.path.realpath(entry.path) for entry in entries if entry.is_symlink())]


class Fence:
    """A fence for this process. The part that all fences share is made at once, while a spare process waits.

    Args:
        readable: What every function may read and execute besides the system's files.
        runtime_dir: /var/runtime on Lambda.
        has_root: Whether the process gets its own root; the constructor then returns in another process (see
            `private_root`).

    Raises:
        FenceRefused: The kernel refused a part, or does not support it.
    """

    def __init__(self, readable: "list[str]", runtime_dir: str, *, has_root: bool) -> None:
        self._root = None
        try:
            if has_root:
                system = (*confinement.SYSTEM_FOLDERS, *confinement.SYSTEM_FILES)
                everything = (*system, *readable, *linked(runtime_dir)[1:])
                self._root = private_root.PrivateRoot(everything, runtime_dir)
            self._readable = [*readable, *linked(private_root.RUNTIME if has_root else runtime_dir)]
            self._limits = confinement.Limits(has_network=True, has_unix=has_root)
        except OSError as error:
            raise FenceRefused(_text(error)) from error

    def enter(
        self,
        places: "dict[str, str]",
        identities: "dict[str, list[int]]",
        readable: "list[str]",
        temporary_mb: int,
    ) -> None:
        """Confines this process, which must have one thread, and everything it will start, permanently.

        Args:
            places: The folders for /var/task, /opt ('' for none) and /tmp on Lambda, by these names; without
                links if the process has its own root. Only the last is writable.
            identities: Device and inode of those folders: what has replaced one since then is refused.
            readable: Further readable and executable paths. Missing ones are ignored.
            temporary_mb: Size of /tmp in a root of the process's own, where it is new; otherwise the folder
                has no limit.

        Raises:
            FenceRefused: The kernel refused a part. The process may be partly confined.
        """
        try:
            if len(os.listdir("/proc/self/task")) != 1:
                raise FenceRefused("the process has more than one thread")
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
            files = _MAX_FILES if most == resource.RLIM_INFINITY else min(most, _MAX_FILES)
            resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
            if self._root:
                # An ordinary user's processes are counted in its own namespace only.
                resource.setrlimit(resource.RLIMIT_NPROC, (MAX_PROCESSES, MAX_PROCESSES))
                self._root.fill(places, readable, temporary_mb)
                places = {path: path for path in places}
                identities = {path: identities[path] for path in identities if path != private_root.TEMPORARY}
            self._limits.allow_own_files()
            held = {name: _opened(path, identities.get(name)) for name, path in places.items() if path}
            opened = {name: f"/proc/self/fd/{place}" for name, place in held.items()}
            folders = [opened[name] for name in (private_root.TASK, private_root.LAYERS) if name in opened]
            self._limits.allow_reading((*self._readable, *folders, *readable, *private_root.NETWORK))
            self._limits.allow_writing((opened[private_root.TEMPORARY],))
            for place in held.values():
                os.close(place)
            self._limits.enter()
            self._limits.close()
        except (OSError, ValueError) as error:
            raise FenceRefused(_text(error)) from error


def _opened(folder: str, identity: "list[int] | None") -> int:
    """Opens a folder; refuses another one than that of this device and inode."""
    place = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    about = os.fstat(place)
    if identity and [about.st_dev, about.st_ino] != list(identity):
        raise FenceRefused(f"{folder} has been replaced")
    return place


def _text(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else "") or str(error)


def make(runtime_dir: str, *, has_root: bool) -> "Fence | FenceRefused":
    """Returns a fence for functions of this interpreter, or why there is none (see `Fence`)."""
    own = [os.path.dirname(os.path.abspath(file)) for file in (__file__, confinement.__file__)]
    own += program_folders(sys.executable)
    try:
        return Fence(own, runtime_dir, has_root=has_root)
    except FenceRefused as refusal:
        return refusal


def enter_or_exit(made: "Fence | FenceRefused", about: "dict[str, Any]", status: int) -> None:
    """Enters a fence; ends the process if that is refused, unless the user made it optional.

    Args:
        about: The arguments of `Fence.enter`, and `is_optional`.
        status: The descriptor to which the reason is written.
    """
    try:
        if isinstance(made, FenceRefused):
            raise made
        made.enter(about["places"], about["identities"], about["readable"], about["temporary_mb"])
    except FenceRefused as refusal:
        if not about["is_optional"]:
            os.write(status, str(refusal).encode())
            os._exit(126)
        text = f"Workbench: running without isolation, with access to all your files ({refusal})."
        os.write(2, f"{text}\n".encode())


def order(about: "dict[str, object]") -> bytes:
    """Returns the input that `main` waits for, for the same version of Python.

    Args:
        about: The arguments of `enter_or_exit`, and `command`, `environment`, `directory`, `has_input`.
    """
    data = marshal.dumps(about)
    return struct.pack("I", len(data)) + data


def main() -> None:
    """Waits for an order, enters the fence and executes the command: `-c … RUNTIME_DIR ROOT STATUS`.

    The status descriptor is closed on success; otherwise it receives the reason. ROOT is "root" if the
    process is to have its own root.
    """
    runtime_dir, has_root, status = sys.argv[1], sys.argv[2] == "root", int(sys.argv[3])
    confinement.prctl("PR_SET_PDEATHSIG", _PR_SET_PDEATHSIG, int(signal.SIGKILL))  # ends with its parent
    os.set_inheritable(status, False)
    made = make(runtime_dir, has_root=has_root)
    about = marshal.loads(_read_exactly(struct.unpack("I", _read_exactly(4))[0]))
    if not about["has_input"]:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    enter_or_exit(made, about, status)
    try:
        os.chdir(about["directory"])
        os.execve(about["command"][0], about["command"], about["environment"])
    except OSError as error:
        reason = f"{NOT_STARTED}{about['command'][0]}: {str(error.strerror).lower()}"
        os.write(status, reason.encode())
    sys.exit(126)


def _read_exactly(size: int) -> bytes:
    """Reads exactly this much: the rest is for the command."""
    data = b""
    while len(data) < size:
        block = os.read(0, size - len(data))
        if not block:
            sys.exit(0)
        data += block
    return data
