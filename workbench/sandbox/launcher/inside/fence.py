"""The fence: what a function's code can reach on this computer.

A function's code often comes from others. Before the first line of it is loaded, its process enters the fence
and cannot leave it again, nor can anything that it starts. The fence is made of what the Linux kernel offers
to a program without rights of its own; it uses only the standard library, because it runs in every Python
that runs functions (3.10 and newer).

What is allowed:
    read, execute   the interpreter, the system's programs and libraries (`SYSTEM_FOLDERS`), the few files of
                    /etc that programs need to resolve names, verify certificates and tell the time
                    (`SYSTEM_FILES`), the runtime, the function's code and layers (the caller names these)
    read, write     the function's own temporary folder, /dev/null and its kin
    network         everything that is not a UNIX socket; those, too, in a root of its own
Everything else is refused with EACCES or EPERM: other files of the user, /run/user with the session bus and
the keyring, /proc of other processes, signals to them, their memory, the kernel's keyrings, mounts,
namespaces.

How it holds:
    Landlock        files, by a list of what is allowed. ABI 3 is the least (Linux 6.2): before it, a file
                    could be truncated without a right to write. From ABI 6 (Linux 6.12), signals and abstract
                    UNIX sockets end at the fence, too. It also hides the memory, environment and descriptors
                    of processes outside. https://docs.kernel.org/userspace-api/landlock.html
    seccomp         system calls. Landlock does not stop connect() to a UNIX socket that has a path
                    (https://docs.kernel.org/userspace-api/landlock.html#current-limitations), and a filter
                    cannot read the address that a pointer leads to; so a UNIX socket cannot be made at all.
                    socketpair() stays, except for datagrams (SOCK_DGRAM, and SOCK_RAW, which is the same for
                    UNIX sockets): such a socket could be connected again, to any path. io_uring could make
                    sockets unseen by the filter.
                    https://docs.kernel.org/userspace-api/seccomp_filter.html
    namespaces      where an ordinary user may have them, a root of the function's own (see `private_root`):
                    the user's files have no name in it, and what it has is read-only except for /tmp. This
                    also stops chmod, chown and utime, which Landlock does not know, and nothing outlives the
                    process. No socket of another program can be reached then; with ABI 6, UNIX sockets are
                    therefore allowed, as on Lambda. Ubuntu 24.04 and some containers do not allow it.
                    https://man7.org/linux/man-pages/man7/user_namespaces.7.html
    the rest        no_new_privs (no set-user-ID program gains anything), no capabilities, no core dump.

What it does not hold: without namespaces, names and sizes of files can be asked for (stat), though no folder
can be listed, and modes and times of the user's files can be changed; before ABI 6, signals reach other
processes.

`main` enters the fence and becomes another program, when it is told which. Nothing that a function can set
reaches the interpreter or its loader before the fence is entered. It is on the way of cold starts, so nothing
is imported that takes long (json, collections).
"""

import ctypes
import errno
import importlib
import marshal
import os
import resource
import signal
import stat
import struct
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
if TYPE_CHECKING or __package__:
    from workbench.sandbox.launcher.inside import private_root
else:
    private_root = importlib.import_module("private_root")  # beside this file
check, libc, prctl = private_root.check, private_root.libc, private_root.prctl

MIN_ABI = 3
_SCOPED_ABI = 6
NOT_STARTED = "fork/exec "
"""Precedes the reason for which a command could not be started, in Lambda's words."""

SYSTEM_FOLDERS = (
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store", "/gnu/store",
    "/etc/alternatives", "/etc/ca-certificates", "/etc/crypto-policies", "/etc/fonts", "/etc/ld.so.conf.d",
    "/etc/pki/ca-trust", "/etc/pki/tls/certs", "/etc/ssl/certs", "/run/systemd/resolve",
    "/proc/sys/vm", "/sys/devices/system", "/sys/fs/cgroup", "/sys/kernel/mm/transparent_hugepage",
)  # fmt: skip
"""Neither /etc nor /proc as a whole: /etc contains passwords of package indexes and proxies, /proc the
command lines of all programs."""

SYSTEM_FILES = (
    "/etc/bash.bashrc", "/etc/gai.conf", "/etc/group", "/etc/host.conf", "/etc/hosts", "/etc/ld.so.cache",
    "/etc/ld.so.conf", "/etc/locale.conf", "/etc/localtime", "/etc/mime.types", "/etc/nsswitch.conf",
    "/etc/os-release", "/etc/passwd", "/etc/pki/tls/cert.pem", "/etc/pki/tls/openssl.cnf", "/etc/protocols",
    "/etc/resolv.conf", "/etc/services", "/etc/ssl/cert.pem", "/etc/ssl/openssl.cnf", "/etc/timezone",
    "/proc/cpuinfo", "/proc/filesystems", "/proc/loadavg", "/proc/meminfo", "/proc/stat", "/proc/uptime",
    "/proc/version", "/proc/sys/kernel/ngroups_max", "/proc/sys/kernel/osrelease", "/proc/sys/kernel/pid_max",
    "/proc/sys/kernel/random/boot_id", "/proc/sys/kernel/random/uuid", "/proc/sys/net/core/somaxconn",
)  # fmt: skip

_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")

# include/uapi/linux/landlock.h
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_PATH_BENEATH = 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_MAKE_CHAR, _MAKE_SOCK, _MAKE_BLOCK, _TRUNCATE, _IOCTL_DEV = 1 << 6, 1 << 9, 1 << 11, 1 << 14, 1 << 15
_ALL_FILES = (1 << 15) - 1  # of ABI 3
_FILE_RIGHTS = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_WRITE = _ALL_FILES & ~(_MAKE_CHAR | _MAKE_SOCK | _MAKE_BLOCK)
_SCOPES = 0b11  # abstract UNIX sockets and signals

# include/uapi/linux/sched.h, prctl.h
_ANY_NAMESPACE = 0x7E020000
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_FILTER = 1, 38, 22, 2
_CAPABILITY_VERSION_3 = 0x20080522

# include/uapi/linux/seccomp.h, bpf_common.h
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
_PAIRS = (1, 5)  # SOCK_STREAM and SOCK_SEQPACKET
_UNIX = 1
_FAMILIES = (2, 10, 16)  # IPv4, IPv6, netlink: names are resolved with the last
_X32 = 0x40000000

# A system call's name, and its numbers on x86-64 and on AArch64 (-1 if it has none).
_REFUSED = {
    "acct": (163, 89), "add_key": (248, 217), "adjtimex": (159, 171), "bpf": (321, 280), "chroot": (161, 51),
    "clock_adjtime": (305, 266), "clock_settime": (227, 112), "delete_module": (176, 106),
    "fanotify_init": (300, 262), "fanotify_mark": (301, 263), "finit_module": (313, 273),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fsopen": (430, 430), "fspick": (433, 433),
    "init_module": (175, 105), "inotify_init": (253, -1), "inotify_init1": (294, 26),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "io_uring_setup": (425, 425),
    "ioperm": (173, -1), "iopl": (172, -1), "kcmp": (312, 272), "kexec_file_load": (320, 294),
    "kexec_load": (246, 104), "keyctl": (250, 219), "lookup_dcookie": (212, 18), "migrate_pages": (256, 238),
    "modify_ldt": (154, -1), "mount": (165, 40), "mount_setattr": (442, 442), "move_mount": (429, 429),
    "move_pages": (279, 239), "mq_open": (240, 180), "mq_unlink": (241, 181), "msgctl": (71, 187),
    "msgget": (68, 186), "msgrcv": (70, 188), "msgsnd": (69, 189), "name_to_handle_at": (303, 264),
    "nfsservctl": (180, 42), "open_by_handle_at": (304, 265), "open_tree": (428, 428),
    "open_tree_attr": (467, 467), "perf_event_open": (298, 241), "pidfd_getfd": (438, 438),
    "pivot_root": (155, 41), "process_madvise": (440, 440), "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271), "ptrace": (101, 117), "quotactl": (179, 60), "quotactl_fd": (443, 443),
    "reboot": (169, 142), "request_key": (249, 218), "semctl": (66, 191), "semget": (64, 190),
    "semop": (65, 193), "semtimedop": (220, 192), "setdomainname": (171, 162), "sethostname": (170, 161),
    "setns": (308, 268), "settimeofday": (164, 170), "shmat": (30, 196), "shmctl": (31, 195),
    "shmget": (29, 194), "swapoff": (168, 225), "swapon": (167, 224), "syslog": (103, 116),
    "umount2": (166, 39), "unshare": (272, 97), "uselib": (134, -1), "userfaultfd": (323, 282),
    "vhangup": (153, 58),
}  # fmt: skip

# AUDIT_ARCH_… and the numbers of the calls with conditions.
_ARCHITECTURES = {
    "x86_64": {
        "id": 0xC000003E, "column": 0, "socket": 41, "socketpair": 53, "clone": 56, "clone3": 435,
        "prlimit64": 302,
    },
    "aarch64": {
        "id": 0xC00000B7, "column": 1, "socket": 198, "socketpair": 199, "clone": 220, "clone3": 435,
        "prlimit64": 261,
    },
}  # fmt: skip


class FenceRefused(Exception):
    """The kernel supports the fence but refused a part of it."""


def abi() -> int:
    """Returns the ABI version of Landlock that the fence would use; 0 if there can be no fence."""
    if (
        not sys.platform.startswith("linux")
        or os.uname().machine not in _ARCHITECTURES
        or sys.maxsize < 2**32
    ):
        return 0
    version = int(libc().syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint(1)))
    return version if version >= MIN_ABI else 0


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
                everything = (*SYSTEM_FOLDERS, *SYSTEM_FILES, *readable, *linked(runtime_dir)[1:])
                self._root = private_root.PrivateRoot(everything, runtime_dir)
            self._readable = [*readable, *linked(private_root.RUNTIME if has_root else runtime_dir)]
        except OSError as error:
            raise FenceRefused(_text(error)) from error
        self._abi = abi()
        if not self._abi:
            raise FenceRefused("the system does not support Landlock version 3 or later")
        try:
            self._ruleset = _create_ruleset(self._abi)
            _allow(self._ruleset, (*SYSTEM_FOLDERS, *SYSTEM_FILES), _READ)
            _allow(self._ruleset, _DEVICES, _READ_FILE | _WRITE_FILE)
        except OSError as error:
            raise FenceRefused(_text(error)) from error
        self._has_unix = self._root is not None and self._abi >= _SCOPED_ABI
        self._program = _program(has_unix=self._has_unix)

    def enter(self, places: "dict[str, str]", readable: "list[str]", temporary_mb: int) -> None:
        """Confines this process, which must have one thread, and everything it will start, permanently.

        Args:
            places: The folders for /var/task, /opt ('' for none) and /tmp on Lambda, by these names; without
                links if the process has its own root. Only the last is writable.
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
            if self._root:
                self._root.fill(places, readable, temporary_mb)
                places = {path: path for path in places}
            prctl("no_new_privs", _PR_SET_NO_NEW_PRIVS, 1)
            # Not closed: the kernel forgets a folder of /proc that nobody holds, and with it the rule.
            own = os.open("/proc/self", os.O_PATH)
            os.set_inheritable(own, True)
            _allow(self._ruleset, (f"/proc/self/fd/{own}",), _READ_FILE | _READ_DIR)
            folders = [
                folder for folder in (places[private_root.TASK], places[private_root.LAYERS]) if folder
            ]
            _allow(self._ruleset, (*self._readable, *folders, *readable, *private_root.NETWORK), _READ)
            _allow(
                self._ruleset,
                (places[private_root.TEMPORARY],),
                _WRITE | (_MAKE_SOCK if self._has_unix else 0),
            )
            check("landlock_restrict_self", libc().syscall(_RESTRICT_SELF, self._ruleset, 0))
            os.close(self._ruleset)
            _drop_capabilities()
            _filter_calls(self._program)
        except (OSError, ValueError) as error:
            raise FenceRefused(_text(error)) from error


def _create_ruleset(version: int) -> int:
    handled = _ALL_FILES | (_IOCTL_DEV if version >= 5 else 0)
    attributes = struct.pack("QQQ", handled, 0, _SCOPES if version >= _SCOPED_ABI else 0)
    size = ctypes.c_size_t(len(attributes) if version >= _SCOPED_ABI else 8)
    return check("landlock_create_ruleset", libc().syscall(_CREATE_RULESET, attributes, size, 0))


def _allow(ruleset: int, paths: "tuple[str, ...]", rights: int) -> None:
    """Adds a rule for each existing path; files only get the rights of files."""
    for path in paths:
        try:
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        is_folder = stat.S_ISDIR(os.fstat(place).st_mode)
        rule = struct.pack("=Qi", rights if is_folder else rights & _FILE_RIGHTS, place)
        check("landlock_add_rule", libc().syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0))
        os.close(place)


def _drop_capabilities() -> None:
    """Drops the capabilities of the new namespace, and root's."""
    header = struct.pack("Ii", _CAPABILITY_VERSION_3, 0)
    check("capset", libc().capset(header, bytes(24)))


def _filter_calls(lines: bytes) -> None:
    code = ctypes.create_string_buffer(lines, len(lines))
    program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(code))
    prctl("seccomp", _PR_SET_SECCOMP, _SECCOMP_FILTER, program)


def _program(*, has_unix: bool) -> bytes:
    """Returns the seccomp filter in the kernel's format.

    Every jump skips the next instruction, or goes to it.

    `has_unix` allows UNIX sockets, because they reach nothing outside.
    """
    families = (_UNIX, *_FAMILIES) if has_unix else _FAMILIES
    machine = _ARCHITECTURES[os.uname().machine]

    def refuse(code: int = errno.EPERM) -> "tuple[int, int, int, int]":
        return (_RETURN, 0, 0, _ERRNO | code)

    allow, kill = (_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _KILL)
    number = (_LOAD, 0, 0, _NUMBER)

    def argument(index: int) -> "tuple[int, int, int, int]":
        return (_LOAD, 0, 0, _ARGUMENTS + 8 * index)  # its lower half: both machines are little-endian

    lines = [(_LOAD, 0, 0, _ARCHITECTURE), (_EQUAL, 1, 0, machine["id"]), kill, number]
    lines += [(_AT_LEAST, 0, 1, _X32), kill]  # a second set of numbers on x86-64, which nothing uses
    for numbers in _REFUSED.values():
        if numbers[machine["column"]] >= 0:
            lines += [(_EQUAL, 0, 1, numbers[machine["column"]]), refuse()]
    # Its flags are behind a pointer. The C library falls back to clone().
    lines += [(_EQUAL, 0, 1, machine["clone3"]), refuse(errno.ENOSYS)]
    closer = {
        "clone": [argument(0), (_ANY_BIT, 0, 1, _ANY_NAMESPACE), refuse(), allow],
        "socket": [
            argument(0),
            *((_EQUAL, len(families) - at, 0, family) for at, family in enumerate(families)),
            refuse(errno.EACCES),
            allow,
        ],
        "socketpair": [
            argument(1),
            (_AND, 0, 0, 0xF),
            *((_EQUAL, len(_PAIRS) - at, 0, kind) for at, kind in enumerate(_PAIRS)),
            refuse(errno.EACCES),
            allow,
        ],
        "prlimit64": [argument(0), (_EQUAL, 1, 0, 0), refuse(), allow],  # only the process's own
    }
    if has_unix:
        del closer["socketpair"]
    for name, check in closer.items():
        lines += [(_EQUAL, 0, len(check), machine[name]), *check]
    return b"".join(struct.pack("HBBI", *line) for line in [*lines, allow])


def _text(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else "") or str(error)


def make(runtime_dir: str, *, has_root: bool) -> "Fence | FenceRefused":
    """Returns a fence for functions of this interpreter, or why there is none (see `Fence`)."""
    own = [os.path.dirname(os.path.abspath(__file__)), *program_folders(sys.executable)]
    try:
        return Fence(own, runtime_dir, has_root=has_root)
    except FenceRefused as refusal:
        return refusal


def enter_or_exit(made: "Fence | FenceRefused", about: "dict[str, Any]", status: int) -> None:
    """Enters a fence; ends the process if that is refused, unless the user made it optional.

    Args:
        about: `places`, `readable` and `temporary_mb`, as for `Fence.enter`, and `is_optional`.
        status: The descriptor to which the reason is written.
    """
    try:
        if isinstance(made, FenceRefused):
            raise made
        made.enter(about["places"], about["readable"], about["temporary_mb"])
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
    prctl("PR_SET_PDEATHSIG", _PR_SET_PDEATHSIG, int(signal.SIGKILL))  # ends with its parent
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
