"""A file system for one function with Lambda's paths, if ordinary users may create one.

The process gets its own namespaces for users, mounts and processes. Its root is an empty tmpfs into which
what the function may see is bound read-only: the system's programs, the runtime (/var/runtime), the code
(/var/task), the layers (/opt). /tmp is a tmpfs as large as the function's EphemeralStorage, beyond which a
write fails with ENOSPC; what is in it takes memory. Nothing else of this computer is visible.

What is the same for every function is bound at once, so that a spare process has time for it; `fill` adds a
function's own and detaches the computer's root.

Three processes: the one that was started stays outside and ends as the function did; the first one of the
process namespace (an init) collects orphans, and with it the kernel ends whatever is left; the third one
goes on.
Source: https://man7.org/linux/man-pages/man7/pid_namespaces.7.html, .../man2/pivot_root.2.html
"""

import ctypes
import importlib
import os
import signal
import struct
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
if TYPE_CHECKING or __package__:
    from workbench_sandbox.fence import confinement
else:
    confinement = importlib.import_module("confinement")  # fence.py has loaded it
check, libc, prctl = confinement.check, confinement.libc, confinement.prctl

TASK, LAYERS, RUNTIME, TEMPORARY = "/var/task", "/opt", "/var/runtime", "/tmp"

# include/uapi/linux/sched.h, mount.h, prctl.h
_CLONE_NEWNS, _CLONE_NEWUSER, _CLONE_NEWPID = 0x00020000, 0x10000000, 0x20000000
_OPEN_TREE, _MOVE_MOUNT, _MOUNT_SETATTR = 428, 429, 442
_OPEN_TREE_CLONE, _AT_RECURSIVE, _AT_EMPTY_PATH, _AT_FDCWD = 1, 0x8000, 0x1000, -100
_MOVE_MOUNT_FROM_EMPTY_PATH, _MOUNT_ATTR_RDONLY = 4, 1
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MNT_DETACH = 2, 4, 8, 2
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE = 1, 4
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}

_OLD = "/.old"
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
_LINKS = {
    "/dev/fd": "/proc/self/fd", "/dev/stdin": "/proc/self/fd/0", "/dev/stdout": "/proc/self/fd/1",
    "/dev/stderr": "/proc/self/fd/2",
}  # fmt: skip
# In the new root these are new or missing: /run has the sockets of other programs.
_NOT_BOUND = ("/proc/", "/dev/", "/run/")
# ext4's default ratio: empty files take memory, too.
_INODES_OF_MB = 64
# Bound late: they can change while a spare process waits.
NETWORK = ("/etc/hosts", "/etc/resolv.conf")


def is_possible() -> bool:
    """Returns whether a process of this user can have its own root, by trying it."""
    if not sys.platform.startswith("linux") or os.uname().machine not in _PIVOT_ROOT:
        return False
    child = os.fork()
    if child == 0:
        status = 1
        try:
            _enter_namespaces()
            grandchild = os.fork()
            if grandchild == 0:
                status = 2
                PrivateRoot._make((), "/usr")
                status = 0
            else:
                status = os.waitstatus_to_exitcode(os.waitpid(grandchild, 0)[1])
        finally:
            os._exit(status)
    return os.waitpid(child, 0)[1] == 0


class PrivateRoot:
    """The root of this process, which continues in another process.

    Raises:
        OSError: The kernel refused a part.
    """

    def __init__(self, readable: "tuple[str, ...]", runtime_dir: str) -> None:
        _enter_namespaces()
        _go_on_in_a_child()
        self._below_tmp = [path for path in readable if path.startswith("/tmp/")]
        self._make(readable, runtime_dir)

    @staticmethod
    def _make(readable: "tuple[str, ...]", runtime_dir: str) -> None:
        binds, links = _plan(path for path in readable if path not in NETWORK)
        real_runtime_dir = os.path.realpath(runtime_dir)
        flags = ctypes.c_ulong(_MS_NOSUID | _MS_NODEV)
        check("mount", libc().mount(b"tmpfs", b"/tmp", b"tmpfs", flags, b"mode=755,size=1m"))
        os.chdir("/tmp")
        os.mkdir(_OLD[1:])
        number = _PIVOT_ROOT[os.uname().machine]
        check("pivot_root", libc().syscall(number, b".", _OLD[1:].encode()))
        os.chdir("/")
        for source, target in binds:
            _bind(source, target)
        for device in _DEVICES:
            _bind(device, device)  # read-only: its mode; what is written to it arrives
        for path, target in (*links, *_LINKS.items()):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            os.symlink(target, path)
        _bind(real_runtime_dir, RUNTIME)
        for path in ("/proc", "/etc", TASK, LAYERS, TEMPORARY):
            os.makedirs(path, exist_ok=True)
        flags = ctypes.c_ulong(_MS_NOSUID | _MS_NODEV | _MS_NOEXEC)
        if libc().mount(b"proc", b"/proc", b"proc", flags, None):
            _bind("/proc", "/proc")  # a container hides parts of its own

    def fill(self, places: "dict[str, str]", readable: "list[str]", temporary_mb: int) -> None:
        """Adds the function's own paths, and detaches everything else permanently.

        Args:
            places: The folders for TASK and LAYERS ('' for none), without links.
            readable: Files and folders that keep their paths.
            temporary_mb: Size of TEMPORARY, which is new and empty.

        Raises:
            OSError: The kernel refused a part.
        """
        for path in (TASK, LAYERS):
            if places[path]:
                _bind(places[path], path)
        flags = ctypes.c_ulong(_MS_NOSUID | _MS_NODEV)
        options = f"mode=700,size={temporary_mb}m,nr_inodes={temporary_mb * _INODES_OF_MB}".encode()
        check("mount", libc().mount(b"tmpfs", TEMPORARY.encode(), b"tmpfs", flags, options))
        for path in (*self._below_tmp, *readable, *NETWORK):
            source = _real_in_old(path)
            if source and not _is_there(source, path):
                _bind(source, path)
        os.chdir("/")
        check("umount", libc().umount2(_OLD.encode(), _MNT_DETACH))
        os.rmdir(_OLD)
        _set_read_only(_AT_FDCWD, b"/", 0)


def _enter_namespaces() -> None:
    user, group = os.getuid(), os.getgid()
    if _read("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1":
        raise PermissionError(1, "unshare: restricted by AppArmor")  # it would succeed, and all else fail
    check("unshare", libc().unshare(_CLONE_NEWUSER | _CLONE_NEWNS | _CLONE_NEWPID))
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def _go_on_in_a_child() -> None:
    """Returns in the third process; the other two wait for its end."""
    source, target = os.pipe()
    if os.fork():
        os.close(target)
        _end_as_it_did(source)
    os.close(source)
    prctl("PR_SET_PDEATHSIG", _PR_SET_PDEATHSIG, int(signal.SIGKILL))
    worker = os.fork()
    if worker:
        prctl("PR_SET_DUMPABLE", _PR_SET_DUMPABLE, 0)
        while True:
            ended, status = os.wait()
            if ended == worker:
                os.write(target, struct.pack("i", status))
                os._exit(0)
    os.close(target)
    os.setsid()


def _end_as_it_did(source: int) -> None:
    """Waits until the whole process namespace has ended, and ends in the same way."""
    os.wait()
    told = os.read(source, 4)
    code = os.waitstatus_to_exitcode(struct.unpack("i", told)[0]) if told else -signal.SIGKILL
    if code < 0:
        if -code not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


def _plan(paths: "Iterable[str]") -> "tuple[list[tuple[str, str]], list[tuple[str, str]]]":
    """Returns the bind mounts and the links to create: each once, none within another."""
    wanted: dict[str, str] = {}
    links: dict[str, str] = {}
    for path in paths:
        if path.startswith(_NOT_BOUND) or not os.path.exists(path):
            continue
        real = os.path.realpath(path)
        if path != real and os.path.islink(path):
            links[path] = real
        else:
            wanted[path] = real
        wanted[real] = real
    binds: list[tuple[str, str]] = []
    for target in sorted(wanted):
        if not any(target.startswith(f"{above}/") for _, above in binds):
            binds.append((wanted[target], target))
    outside = {
        path: real
        for path, real in links.items()
        if not any(path == above or path.startswith(f"{above}/") for _, above in binds)
    }
    return binds, list(outside.items())


def _bind(source: str, target: str) -> None:
    flags = _OPEN_TREE_CLONE | os.O_CLOEXEC | _AT_RECURSIVE
    tree = check("open_tree", libc().syscall(_OPEN_TREE, _AT_FDCWD, f"{_OLD}{source}".encode(), flags))
    _set_read_only(tree, b"", _AT_EMPTY_PATH | _AT_RECURSIVE)
    if os.path.isdir(f"{_OLD}{source}"):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.close(os.open(target, os.O_CREAT | os.O_CLOEXEC))
    moved = libc().syscall(_MOVE_MOUNT, tree, b"", _AT_FDCWD, target.encode(), _MOVE_MOUNT_FROM_EMPTY_PATH)
    check(f"move_mount to {target}", moved)
    os.close(tree)


def _set_read_only(tree: int, path: bytes, flags: int) -> None:
    attributes = struct.pack("QQQQ", _MOUNT_ATTR_RDONLY, 0, 0, 0)
    size = ctypes.c_size_t(len(attributes))
    check("mount_setattr", libc().syscall(_MOUNT_SETATTR, tree, path, flags, attributes, size))


def _is_there(source: str, target: str) -> bool:
    try:
        return os.path.samestat(os.stat(f"{_OLD}{source}"), os.stat(target))
    except OSError:
        return False


def _real_in_old(path: str) -> str:
    """Resolves the links of the computer's root; '' if the path does not exist."""
    for _ in range(40):
        at = ""
        for part in path.split("/")[1:]:
            at = os.path.normpath(f"{at}/{part}")
            try:
                there = os.readlink(f"{_OLD}{at}")
            except FileNotFoundError:
                return ""
            except OSError:
                continue  # not a link
            rest = path[len(at) :] if path.startswith(at) else ""
            path = os.path.normpath(os.path.join(os.path.dirname(at), there) + rest)
            break
        else:
            return path
    return ""


def _read(path: str) -> str:
    try:
        with open(path) as file:
            return file.read().strip()
    except OSError:
        return ""
