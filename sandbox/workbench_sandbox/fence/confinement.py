"""Limits that the Linux kernel holds around a process without rights of its own.

A thread enters its limits once and for ever, and whatever it starts is born into them. Everything that is not
allowed is refused with EACCES or EPERM: other files of the user, /run/user with the session bus and the
keyring, /proc of other processes, signals to them, their memory, the kernel's keyrings, mounts, namespaces.

How it holds:
    Landlock        files, by a list of what is allowed. ABI 3 is the least (Linux 6.2): before it, a file
                    could be truncated without a right to write. From ABI 4 (Linux 6.7), TCP can be closed;
                    from ABI 6 (Linux 6.12), signals and abstract UNIX sockets end at the limits, too. It also
                    hides the memory, environment and descriptors of processes outside.
                    https://docs.kernel.org/userspace-api/landlock.html
    seccomp         system calls. Landlock does not stop connect() to a UNIX socket that has a path
                    (https://docs.kernel.org/userspace-api/landlock.html#current-limitations), and a filter
                    cannot read the address that a pointer leads to; so a UNIX socket cannot be made at all.
                    socketpair() stays, except for datagrams (SOCK_DGRAM, and SOCK_RAW, which is the same for
                    UNIX sockets): such a socket could be connected again, to any path. io_uring could make
                    sockets unseen by the filter. Of netlink only NETLINK_ROUTE stays, with which names are
                    resolved: NETLINK_SOCK_DIAG lists the connections of all programs. Without network, no
                    socket can be made. There are no memory files (memfd_create), as on a kernel without them:
                    what they hold counts for no process. Without programs, no process can be started and
                    no priority of another one be changed.
                    https://docs.kernel.org/userspace-api/seccomp_filter.html
    the rest        no_new_privs (no set-user-ID program gains anything), no capabilities.

Only the standard library is used, and nothing else of Workbench: it runs in every Python that runs functions
(3.10 and newer). It is on the way of cold starts, so nothing is imported that takes long.
"""

import ctypes
import errno
import os
import stat
import struct
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

MIN_ABI = 3
_TCP_ABI, _SCOPED_ABI = 4, 6

SYSTEM_FOLDERS = (
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store", "/gnu/store",
    "/etc/alternatives", "/etc/ca-certificates", "/etc/crypto-policies", "/etc/fonts", "/etc/ld.so.conf.d",
    "/etc/pki/ca-trust", "/etc/pki/tls/certs", "/etc/ssl/certs", "/run/systemd/resolve",
    "/proc/sys/vm", "/sys/devices/system", "/sys/kernel/mm/transparent_hugepage",
)  # fmt: skip
"""What every program needs. Neither /etc nor /proc as a whole: /etc contains passwords of package indexes and
proxies, /proc the command lines of all programs."""

SYSTEM_FILES = (
    "/etc/bash.bashrc", "/etc/gai.conf", "/etc/group", "/etc/host.conf", "/etc/hosts", "/etc/ld.so.cache",
    "/etc/ld.so.conf", "/etc/locale.conf", "/etc/localtime", "/etc/mime.types", "/etc/nsswitch.conf",
    "/etc/os-release", "/etc/passwd", "/etc/pki/tls/cert.pem", "/etc/pki/tls/openssl.cnf", "/etc/protocols",
    "/etc/resolv.conf", "/etc/services", "/etc/ssl/cert.pem", "/etc/ssl/openssl.cnf", "/etc/timezone",
    "/proc/cpuinfo", "/proc/filesystems", "/proc/loadavg", "/proc/meminfo", "/proc/stat", "/proc/uptime",
    "/proc/version", "/proc/sys/kernel/ngroups_max", "/proc/sys/kernel/osrelease", "/proc/sys/kernel/pid_max",
    "/proc/sys/kernel/random/boot_id", "/proc/sys/kernel/random/uuid", "/proc/sys/net/core/somaxconn",
)  # fmt: skip

OWN_FILES = (
    "auxv", "cgroup", "cmdline", "comm", "environ", "io", "limits", "maps", "mountinfo", "mounts",
    "oom_score", "oom_score_adj", "smaps", "smaps_rollup", "stat", "statm", "status",
)  # fmt: skip
"""What a process may read of itself in /proc/self. Not `net`, which lists the connections and UNIX sockets of
all programs (nor a single file of it: the kernel makes them anew each time, so that no rule stays with them),
and not `task`, where each thread has `net` again."""

_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")

# include/uapi/linux/landlock.h
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_PATH_BENEATH = 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_MAKE_CHAR, _MAKE_SOCK, _MAKE_FIFO, _MAKE_BLOCK, _MAKE_SYM = 1 << 6, 1 << 9, 1 << 10, 1 << 11, 1 << 12
_TRUNCATE, _IOCTL_DEV = 1 << 14, 1 << 15
_ALL_FILES = (1 << 15) - 1  # of ABI 3
_FILE_RIGHTS = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_WRITE = _ALL_FILES & ~(_MAKE_CHAR | _MAKE_SOCK | _MAKE_BLOCK)
_TCP = 0b11  # bind and connect
_SCOPES = 0b11  # abstract UNIX sockets and signals

# include/uapi/linux/sched.h, prctl.h
_ANY_NAMESPACE, _CLONE_THREAD = 0x7E020000, 0x00010000
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_FILTER = 38, 22, 2
_CAPABILITY_VERSION_3 = 0x20080522

# include/uapi/linux/seccomp.h, bpf_common.h
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
_PAIRS = (1, 5)  # SOCK_STREAM and SOCK_SEQPACKET
_UNIX = 1
_IP = (2, 10)  # IPv4, IPv6
_NETLINK, _NETLINK_ROUTE = 16, 0
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

# As if the kernel had no memory files.
_MISSING = {"memfd_create": (319, 279), "memfd_secret": (447, 447)}

# What starts programs and processes, and what sets the priority and processors of any process of the user.
_OTHER_PROCESSES = {
    "execve": (59, 221), "execveat": (322, 281), "fork": (57, -1), "ioprio_set": (251, 30),
    "sched_setaffinity": (203, 122), "sched_setattr": (314, 274), "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119), "setpriority": (141, 140), "vfork": (58, -1),
}  # fmt: skip

# What changes the modes, times, owners and attributes of a file by its path, which Landlock does not know.
# fchmod and its kin need an open file, and thus a right to it.
_BY_PATH = {
    "chmod": (90, -1), "chown": (92, -1), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "fchownat": (260, 54), "file_setattr": (469, 469), "futimesat": (261, -1), "lchown": (94, -1),
    "lremovexattr": (198, 15), "lsetxattr": (189, 6), "removexattr": (197, 14), "removexattrat": (466, 466),
    "setxattr": (188, 5), "setxattrat": (463, 463), "utime": (132, -1), "utimensat": (280, 88),
    "utimes": (235, -1),
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


# ---- system calls for which Python has no function ---------------------------------------------------------


def libc() -> ctypes.CDLL:
    """Returns the C library, whose functions set `ctypes.get_errno`."""
    return ctypes.CDLL(None, use_errno=True)


def check(name: str, result: int) -> int:
    """Returns the result of a system call, if it succeeded.

    Raises:
        OSError: The result is negative.
    """
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return int(result)


def prctl(name: str, option: int, *arguments: "int | bytes") -> None:
    """Asks the kernel for an operation on this process.

    Raises:
        OSError: The kernel refused it.
    """
    values = [each if isinstance(each, bytes) else ctypes.c_ulong(each) for each in arguments]
    values += [ctypes.c_ulong(0)] * (4 - len(values))
    check(name, libc().prctl(option, *values))


# ---- the limits --------------------------------------------------------------------------------------------


class FenceRefused(Exception):
    """The kernel supports the fence but refused a part of it."""


def abi() -> int:
    """Returns the ABI version of Landlock that would be used; 0 if there can be no limits."""
    if (
        not sys.platform.startswith("linux")
        or os.uname().machine not in _ARCHITECTURES
        or sys.maxsize < 2**32
    ):
        return 0
    version = int(libc().syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint(1)))
    return version if version >= MIN_ABI else 0


class Limits:
    """What a thread, and whatever it starts, can reach: the system's programs and what is allowed here.

    Paths that do not exist are ignored.

    Args:
        has_network: Whether internet sockets can be made.
        has_unix: Whether UNIX sockets can be made, with the network. Only where none of another program can
            be reached, and from ABI 6.
        has_programs: Whether what can be read can also be executed, and processes be started.
        has_modes: Whether modes and times of files can be changed by their paths, as programs do: those of
            other files, too.

    Raises:
        FenceRefused: The kernel does not support limits.
        OSError: The kernel refused a part. So do the methods.
    """

    def __init__(
        self,
        *,
        has_network: bool,
        has_unix: bool = False,
        has_programs: bool = True,
        has_modes: bool = True,
    ) -> None:
        version = abi()
        if not version:
            raise FenceRefused("the system does not support Landlock version 3 or later")
        self._withheld = 0 if has_programs else _EXECUTE
        self._has_unix = has_unix and version >= _SCOPED_ABI
        self._program = _program(
            has_network=has_network, has_unix=self._has_unix, has_programs=has_programs, has_modes=has_modes
        )
        attributes = struct.pack(
            "QQQ",
            _ALL_FILES | (_IOCTL_DEV if version >= 5 else 0),
            _TCP if version >= _TCP_ABI and not has_network else 0,
            _SCOPES if version >= _SCOPED_ABI else 0,
        )
        size = ctypes.c_size_t(24 if version >= _SCOPED_ABI else 16 if version >= _TCP_ABI else 8)
        self._ruleset = check("landlock_create_ruleset", libc().syscall(_CREATE_RULESET, attributes, size, 0))
        self.allow_reading((*SYSTEM_FOLDERS, *SYSTEM_FILES))
        self._allow(_DEVICES, _READ_FILE | _WRITE_FILE)

    def close(self) -> None:
        """Releases the ruleset. Threads that have entered the limits stay in them."""
        if self._ruleset >= 0:
            os.close(self._ruleset)
            self._ruleset = -1

    def allow_reading(self, paths: "Iterable[str]") -> None:
        """Allows reading files, and whatever is in folders, and executing them if there are programs."""
        self._allow(paths, _READ)

    def allow_writing(self, paths: "Iterable[str]", *, has_links: bool = True) -> None:
        """Allows everything in folders but devices and, unless `has_links`, symbolic links and pipes."""
        withheld = 0 if has_links else _MAKE_SYM | _MAKE_FIFO
        self._allow(paths, (_WRITE | (_MAKE_SOCK if self._has_unix else 0)) & ~withheld)

    def allow_own_files(self) -> None:
        """Allows this process to list /proc/self and to read `OWN_FILES` in it.

        The descriptors stay open in this process and in the program that it becomes: the kernel forgets an
        entry of /proc that nobody holds, and with it the rule.
        """
        self._allow(("/proc/self",), _READ_DIR, is_held=True)
        self._allow(("/proc/self/fdinfo",), _READ_FILE | _READ_DIR, is_held=True)
        self._allow([f"/proc/self/{name}" for name in OWN_FILES], _READ_FILE, is_held=True)

    def _allow(self, paths: "Iterable[str]", rights: int, *, is_held: bool = False) -> None:
        """Adds a rule for each existing path; files only get the rights of files."""
        for path in paths:
            try:
                place = os.open(path, os.O_PATH | (0 if is_held else os.O_CLOEXEC))
            except OSError:
                continue
            is_folder = stat.S_ISDIR(os.fstat(place).st_mode)
            given = (rights if is_folder else rights & _FILE_RIGHTS) & ~self._withheld
            rule = struct.pack("=Qi", given, place)
            check("landlock_add_rule", libc().syscall(_ADD_RULE, self._ruleset, _PATH_BENEATH, rule, 0))
            if is_held:
                os.set_inheritable(place, True)
            else:
                os.close(place)

    def enter(self) -> None:
        """Confines this thread, and everything that it starts, permanently; after an error perhaps partly."""
        prctl("no_new_privs", _PR_SET_NO_NEW_PRIVS, 1)
        check("landlock_restrict_self", libc().syscall(_RESTRICT_SELF, self._ruleset, 0))
        _drop_capabilities()
        _filter_calls(self._program)


def _drop_capabilities() -> None:
    """Drops the capabilities of the new namespace, and root's."""
    header = struct.pack("Ii", _CAPABILITY_VERSION_3, 0)
    check("capset", libc().capset(header, bytes(24)))


def _filter_calls(lines: bytes) -> None:
    code = ctypes.create_string_buffer(lines, len(lines))
    program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(code))
    prctl("seccomp", _PR_SET_SECCOMP, _SECCOMP_FILTER, program)


def _program(*, has_network: bool, has_unix: bool, has_programs: bool, has_modes: bool) -> bytes:
    """Returns the seccomp filter in the kernel's format.

    Every jump skips the next instruction, or goes to it.
    """
    machine = _ARCHITECTURES[os.uname().machine]

    def refuse(code: int = errno.EPERM) -> "tuple[int, int, int, int]":
        return (_RETURN, 0, 0, _ERRNO | code)

    allow, kill = (_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _KILL)
    number = (_LOAD, 0, 0, _NUMBER)

    def argument(index: int) -> "tuple[int, int, int, int]":
        return (_LOAD, 0, 0, _ARGUMENTS + 8 * index)  # its lower half: both machines are little-endian

    lines = [(_LOAD, 0, 0, _ARCHITECTURE), (_EQUAL, 1, 0, machine["id"]), kill, number]
    lines += [(_AT_LEAST, 0, 1, _X32), kill]  # a second set of numbers on x86-64, which nothing uses
    refused = {
        **_REFUSED,
        **({} if has_modes else _BY_PATH),
        **({} if has_programs else _OTHER_PROCESSES),
    }
    for calls, code in ((refused, errno.EPERM), (_MISSING, errno.ENOSYS)):
        for numbers in calls.values():
            if numbers[machine["column"]] >= 0:
                lines += [(_EQUAL, 0, 1, numbers[machine["column"]]), refuse(code)]
    # Its flags are behind a pointer. The C library falls back to clone().
    lines += [(_EQUAL, 0, 1, machine["clone3"]), refuse(errno.ENOSYS)]
    socket = [argument(0)]
    for family in (*((_UNIX,) if has_unix else ()), *_IP):
        socket += [(_EQUAL, 0, 1, family), allow]
    socket += [(_EQUAL, 1, 0, _NETLINK), refuse(errno.EACCES)]
    socket += [argument(2), (_EQUAL, 1, 0, _NETLINK_ROUTE), refuse(errno.EACCES), allow]
    closer = {
        "clone": [
            argument(0),
            *(() if has_programs else ((_ANY_BIT, 1, 0, _CLONE_THREAD), refuse())),
            (_ANY_BIT, 0, 1, _ANY_NAMESPACE),
            refuse(),
            allow,
        ],
        "socket": socket if has_network else [refuse(errno.EACCES)],
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
