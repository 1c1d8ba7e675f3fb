"""A hostile function: tries to reach what is not its own, and says how far it came.

It is deployed as `index.py` or `app.py`; it must work in every Python that runs functions.
"""

import ctypes
import errno
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading

_SYSCALLS = {
    "x86_64": {
        "ptrace": 101, "process_vm_readv": 310, "io_uring_setup": 425, "keyctl": 250, "unshare": 272,
        "userfaultfd": 323, "mount": 165, "inotify_init1": 294, "shmget": 29, "memfd_create": 319,
    },
    "aarch64": {
        "ptrace": 117, "process_vm_readv": 270, "io_uring_setup": 425, "keyctl": 219, "unshare": 97,
        "userfaultfd": 282, "mount": 40, "inotify_init1": 26, "shmget": 194, "memfd_create": 279,
    },
}  # fmt: skip
_PTRACE_SEIZE = 0x4206
_NETLINK_SOCK_DIAG = 4


def _call(name: str, *arguments: object) -> str:
    number = _SYSCALLS[os.uname().machine][name]
    values = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(number, *values) < 0:
        raise OSError(ctypes.get_errno(), name)
    return "done"


def _read(path: str) -> str:
    with open(path, "rb") as file:
        file.read(64)
    return "done"


def _write(path: str, mode: str = "a") -> str:
    with open(path, mode) as file:
        file.write("mine")
    return "done"


def _in_thread(path: str) -> str:
    found = []

    def work() -> None:
        found.append(_attempt(_read, path))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return found[0]


def _in_program(path: str) -> str:
    done = subprocess.run(["cat", path], capture_output=True, text=True)
    if done.returncode:
        known = {"denied": errno.EACCES, "No such file": errno.ENOENT}
        raise OSError(
            next((code for text, code in known.items() if text in done.stderr), errno.EIO), done.stderr
        )
    return "done"


def _in_fork(path: str) -> str:
    source, target = os.pipe()
    if os.fork() == 0:
        os.write(target, _attempt(_read, path).encode())
        os._exit(0)
    os.wait()
    return os.read(source, 100).decode()


def _through_symlink(path: str) -> str:
    link = os.path.join(os.environ["TMPDIR"], "symlink")
    os.symlink(path, link)
    return _read(link)


def _through_hard_link(path: str) -> str:
    link = os.path.join(os.environ["TMPDIR"], "hardlink")
    os.link(path, link)
    return _read(link)


def _by_rename(path: str) -> str:
    moved = os.path.join(os.environ["TMPDIR"], "moved")
    os.rename(path, moved)
    os.rename(moved, path)
    return "done"


def _connect(address: str, kind: int = socket.SOCK_STREAM) -> str:
    with socket.socket(socket.AF_UNIX, kind) as client:
        client.connect(address)
    return "done"


def _connect_anew(address: str, kind: int = socket.SOCK_DGRAM) -> str:
    """A datagram socket of a pair can be connected to another address."""
    one, other = socket.socketpair(socket.AF_UNIX, kind)
    with one, other:
        one.sendto(b"hello", address)
    return "done"


def _signal(pid: int) -> str:
    os.kill(pid, signal.SIGCONT)
    return "done"


def _limit(pid: int) -> str:
    resource.prlimit(pid, resource.RLIMIT_CORE)
    return "done"


def _list(path: str) -> str:
    os.listdir(path)
    return "done"


def _see(folder: str, name: str) -> str:
    if name not in os.listdir(folder):
        raise PermissionError(errno.EACCES, name)  # it is another folder of that name
    return "done"


def _change_mode(path: str) -> str:
    os.chmod(path, os.stat(path).st_mode)
    return "done"


def _truncate(path: str) -> str:
    os.truncate(path, os.stat(path).st_size)
    return "done"


def _remove(path: str) -> str:
    os.unlink(path)
    return "done"


def _ask_for_connections() -> str:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, _NETLINK_SOCK_DIAG) as asking:
        asking.send(b"")
    return "done"


def _make(path: str) -> str:
    os.mkdir(path)
    return "done"


def _attempt(what, *arguments) -> str:  # type: ignore[no-untyped-def]
    try:
        return str(what(*arguments))
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, str(error))


def attack(at: "dict[str, str]") -> "dict[str, str]":
    """Returns "done", or the kernel's word, for each attack. `at` says where the user's things are."""
    parent, secret = os.getppid(), at["credentials"]
    tries = {
        f"read {name}": (_read, at[name])
        for name in ("credentials", "private key", "session cache", "settings", "log", "state", "other run")
    }
    return {
        name: _attempt(*each)
        for name, each in {
            **tries,
            "read in a thread": (_in_thread, secret),
            "read in a program": (_in_program, secret),
            "read in a fork": (_in_fork, secret),
            "read through a symbolic link": (_through_symlink, secret),
            "read through a hard link": (_through_hard_link, secret),
            "read through its own root": (_read, os.path.join("/proc/self", "root") + secret),
            "read through the parent's root": (_read, os.path.join(f"/proc/{parent}", "root") + secret),
            "read the parent's environment": (_read, f"/proc/{parent}/environ"),
            "read the parent's command line": (_read, f"/proc/{parent}/cmdline"),
            "read the parent's memory": (_read, f"/proc/{parent}/maps"),
            "read the connections of all programs": (_read, "/proc/net/tcp"),
            "read the sockets of all programs": (_read, "/proc/self/net/unix"),
            "read the connections in a program": (_in_program, "/proc/net/tcp"),
            "read the connections in a thread": (_in_thread, "/proc/thread-self/net/tcp"),
            "read the connections by a thread": (_read, f"/proc/self/task/{os.getpid()}/net/tcp6"),
            "read the connections of the parent": (_read, f"/proc/{parent}/net/tcp"),
            "ask the kernel for all connections": (_ask_for_connections,),
            "list the home": (_list, at["home"]),
            "list the temporary folder": (_see, *os.path.split(at["temporary file"])),
            "list /proc": (_list, "/proc"),
            "list the control groups": (_list, "/sys/fs/cgroup"),
            "write outside": (_write, os.path.join(at["home"], "new")),
            "write to the credentials": (_write, secret),
            "write over the settings": (_write, at["settings"], "r+"),
            "write to another run": (_write, at["other run"]),
            "write to its own code": (_write, __file__),
            "write to its interpreter": (_write, os.__file__),
            "write to shared memory": (_write, f"/dev/shm/fence-{os.getpid()}"),
            "make a folder outside": (_make, os.path.join(at["home"], "folder")),
            "truncate": (_truncate, secret),
            "rename": (_by_rename, secret),
            "remove": (_remove, at["removable"]),
            "change the mode": (_change_mode, secret),
            "change the mode of a device": (_change_mode, "/dev/full"),
            "connect to the session bus": (_connect, at["bus"]),
            "connect to an abstract socket": (_connect, "\0" + at["abstract"]),
            "send to a datagram socket": (_connect_anew, at["datagram"]),
            # The kernel makes a datagram socket of it.
            "send by a raw socket": (_connect_anew, at["datagram"], socket.SOCK_RAW),
            "signal the parent": (_signal, parent),
            "limit the parent": (_limit, parent),
            "trace the parent": (_call, "ptrace", _PTRACE_SEIZE, parent, 0, 0),
            "read the parent by process_vm_readv": (_call, "process_vm_readv", parent, None, 0, None, 0, 0),
            "io_uring": (_call, "io_uring_setup", 4, ctypes.create_string_buffer(256)),
            "keyctl": (_call, "keyctl", 0, -3, 0),
            "a namespace": (_call, "unshare", 0x10000000),
            "userfaultfd": (_call, "userfaultfd", 1),
            "mount": (_call, "mount", b"none", b"/nowhere", b"tmpfs", 0, None),
            "inotify": (_call, "inotify_init1", 0),
            "shared memory of System V": (_call, "shmget", 0, 4096, 0o1600),
            "a memory file": (_call, "memfd_create", b"memory", 0),
        }.items()
    }


def handler(event: "dict[str, str]", context: object) -> "dict[str, str]":
    """Attacks."""
    return attack(event)


if __name__ == "__main__":
    json.dump(attack(json.loads(sys.argv[1])), sys.stdout)
