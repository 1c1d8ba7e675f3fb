"""The X-ray of a package: its size, and what in it will fail or is not needed.

Findings say where a secret is, never its value. Source of compiled files: the ELF specification and
https://refspecs.linuxfoundation.org/LSB_5.0.0 (symbol versions).
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import BinaryIO

from workbench.aws.quotas import UNZIPPED_LIMIT_BYTES, ZIP_LIMIT_BYTES
from workbench.code.dependencies.inventory import IN_RUNTIME, Inventory, Part, unreached
from workbench.code.dependencies.store import Target
from workbench.code.syntax import missing_handler
from workbench.core.errors import sentences
from workbench.core.files import megabytes
from workbench.core.jobs import JobContext
from workbench.core.messages import _, ngettext

_ELF_MACHINES = {62: "x86_64", 183: "aarch64", 3: "i386", 40: "arm", 243: "riscv64"}
_MACHO = tuple(map(bytes.fromhex, ("feedface", "feedfacf", "cefaedfe", "cffaedfe", "cafebabe")))
_VERSIONS_NEEDED = 0x6FFFFFFE
_MAX_SECTIONS = 4096  # of sections, and of required versions
_LARGEST_SECTION = 16 << 20
_GLIBC = re.compile(rb"GLIBC_(\d+)\.(\d+)")
_COMPILED = re.compile(r"\.(?:so(?:\.[\d.]+)?|node|dylib|pyd|dll)$")
_TAG = re.compile(r"\.cpython-(\d)(\d+)[a-z]*-")


@dataclass(frozen=True, slots=True)
class Binary:
    """The machine of a compiled file.

    Attributes:
        system: "linux", "macos" or "windows".
        machine: The processor in Linux's words; empty if unknown.
        glibc: The latest version of the C library that it requires; (0, 0) for none.
    """

    system: str
    machine: str = ""
    glibc: tuple[int, int] = (0, 0)


def may_be_compiled(path: str, executable: bool) -> bool:
    """Whether a file of this name may be compiled."""
    return _COMPILED.search(path) is not None or (executable and "." not in path.rpartition("/")[2])


def python_of(path: str) -> str:
    """The Python version of an extension module, "3.12"; empty if its name does not contain one."""
    found = _TAG.search(path)
    return f"{found[1]}.{found[2]}" if found else ""


def read_binary(place: Path) -> Binary | None:
    """The machine of a file; None if it is not compiled, damaged, or cannot be read."""
    try:
        with place.open("rb") as file:
            head = file.read(64)
            if head[:4] == b"\x7fELF":
                return _elf(file, head)
            if head[:4] in _MACHO:
                return Binary("macos")
            if head[:2] == b"MZ":
                return Binary("windows")
    except (OSError, struct.error, ValueError):
        return None
    return None


def _elf(file: BinaryIO, head: bytes) -> Binary:
    is_64, order = head[4] == 2, "<" if head[5] == 1 else ">"
    (machine,) = struct.unpack_from(f"{order}H", head, 18)
    name = _ELF_MACHINES.get(machine, f"machine {machine}")
    if not is_64:
        return Binary("linux", name)
    (start,) = struct.unpack_from(f"{order}Q", head, 40)
    size, count = struct.unpack_from(f"{order}HH", head, 58)
    try:
        return Binary("linux", name, _glibc(file, order, start, size, min(count, _MAX_SECTIONS)))
    except (OSError, struct.error, ValueError):
        return Binary("linux", name)


def _glibc(file: BinaryIO, order: str, start: int, size: int, count: int) -> tuple[int, int]:
    """The latest version of the C library among the required symbol versions."""
    file.seek(start)
    table = file.read(size * count)
    sections = [struct.unpack_from(f"{order}IIQQQQII", table, number * size) for number in range(count)]
    newest = (0, 0)
    for __, kind, __, __, offset, length, link, entries in sections:
        if kind != _VERSIONS_NEEDED or link >= len(sections):
            continue
        names = _section(file, sections[link][4], sections[link][5])
        for name in _needed(_section(file, offset, length), order, min(entries, _MAX_SECTIONS)):
            end = names.find(b"\0", name)
            if found := _GLIBC.match(names[name:end]):
                newest = max(newest, (int(found[1]), int(found[2])))
    return newest


def _needed(data: bytes, order: str, entries: int) -> list[int]:
    """The offsets of the required versions in the table of names."""
    names, position = [], 0
    for __ in range(entries):
        __, count, __, aux, following = struct.unpack_from(f"{order}HHIII", data, position)
        inner = position + aux
        for __ in range(min(count, _MAX_SECTIONS)):
            __, __, __, name, step = struct.unpack_from(f"{order}IHHII", data, inner)
            names.append(name)
            inner += step
            if not step:
                break
        position += following
        if not following:
            break
    return names


def _section(file: BinaryIO, offset: int, length: int) -> bytes:
    if length > _LARGEST_SECTION:
        raise ValueError("a section is too large")
    file.seek(offset)
    return file.read(length)


class Level(Enum):
    """The severity of a finding."""

    ERROR = "error"
    """The function will probably fail, or cannot be deployed."""
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding. Its texts never contain a secret.

    Attributes:
        rule: The kind of finding: "platform", "glibc", "python", "handler", "secret", "unused", "runtime",
            "size", "dependencies".
        size_bytes: What could be saved; may be 0.
        action: Id of the action that resolves it; may be empty.
    """

    level: Level
    rule: str
    what: str
    remedy: str
    path: str = ""
    line: int = 0
    size_bytes: int = 0
    action: str = ""


_LONGEST_LINE = 4_000
# Kind of secret, words of which one must occur (in lower case: searching for them is a hundred times as fast,
# and a package has millions of lines), and the whole pattern.
_PATTERNS: tuple[tuple[str, tuple[str, ...], re.Pattern[str]], ...] = (
    (_("an AWS access key"), ("akia", "asia"),
     re.compile(r"\b(?:AKIA|ASIA)(?![0-9A-Z]*EXAMPLE\b)[0-9A-Z]{16}\b")),
    (_("an AWS secret key"), ("secret",),
     re.compile(r"(?i)secret_?(?:access_?)?key[\"']?\s*(?:[:=]|=>)\s*[\"']?"
                r"(?![A-Za-z0-9/+]*EXAMPLEKEY)[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])")),
    (_("a private key"), ("private key",), re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----")),
    ("a GitHub token", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
     re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{60,})\b")),
    ("a GitLab token", ("glpat-",), re.compile(r"\bglpat-[\w-]{20,}\b")),
    (_("a Slack token"), ("xox",), re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{20,}")),
    (_("a Stripe key"), ("k_live_",), re.compile(r"\b[rs]k_live_[0-9a-zA-Z]{20,}\b")),
    (_("a Google key"), ("aiza",), re.compile(r"\bAIza[\w-]{35}\b")),
    (_("an npm token"), ("npm_",), re.compile(r"\bnpm_[A-Za-z0-9]{36}\b")),
    ("a PyPI token", ("pypi-",), re.compile(r"\bpypi-AgEI[\w-]{50,}")),
    (_("an OpenAI or Anthropic key"), ("sk-",), re.compile(r"\bsk-(?:ant-|proj-)[\w-]{20,}\b")),
    (_("a password in a URL"), ("://",),
     re.compile(r"\b[a-z][a-z0-9+]*://[^/\s:@\"'{}$<>]+:(?!\*+@)[^/\s:@\"'{}$<>]{4,}@")),
)  # fmt: skip


def find_secrets(text: str) -> Iterator[tuple[int, str]]:
    """Line numbers, from 1, and kinds of what looks like secrets."""
    low = text.lower()
    likely = [each for each in _PATTERNS if any(word in low for word in each[1])]
    if not likely:
        return
    for number, line in enumerate(text.split("\n"), 1):
        line, low = line[:_LONGEST_LINE], line[:_LONGEST_LINE].lower()
        for kind, words, pattern in likely:
            if any(word in low for word in words) and pattern.search(line):
                yield number, kind


_LARGE_BYTES = 1_000_000
_NEAR = 0.8
_LONGEST_TEXT = 1 << 20


@dataclass(frozen=True, slots=True)
class XRay:
    """The report on a package.

    Attributes:
        packed_bytes: Size of the zip; None if it was not built.
        findings: Worst first.
        layer_bytes: Unpacked size of the dependencies in a layer.
    """

    inventory: Inventory
    packed_bytes: int | None
    findings: tuple[Finding, ...]
    layer_bytes: int = 0


def examine(
    inventory: Inventory,
    target: Target,
    handler: str,
    has_layers: bool,
    packed_bytes: int | None,
    ctx: JobContext,
    *,
    layer_bytes: int = 0,
) -> XRay:
    """Examines a package.

    Args:
        has_layers: Whether layers may contain modules that the package lacks.
        layer_bytes: Known unpacked size of layers, which counts, too.
    """
    findings = [
        *_sizes(inventory.size_bytes + layer_bytes, packed_bytes),
        *_handler(inventory, target, handler, has_layers),
        *what_cannot_load(inventory, target, ctx),
        *_secrets(inventory.own, ctx),
        *_superfluous(inventory, target),
    ]
    order = list(Level)
    findings.sort(key=lambda each: (order.index(each.level), -each.size_bytes))
    return XRay(inventory, packed_bytes, tuple(findings), layer_bytes)


def _sizes(size: int, packed_bytes: int | None) -> Iterator[Finding]:
    remedy = _("Remove or exclude what the function does not need, or move dependencies to a layer.")
    if size > UNZIPPED_LIMIT_BYTES:
        what = _("Code and dependencies have {size:,} bytes; Lambda allows {unzipped_limit_bytes:,}.").format(
            size=size, unzipped_limit_bytes=UNZIPPED_LIMIT_BYTES
        )
        yield Finding(Level.ERROR, "size", what, _("Remove or exclude what the function does not need."))
    elif size > UNZIPPED_LIMIT_BYTES * _NEAR:
        share = size / UNZIPPED_LIMIT_BYTES
        what = _(
            "The package uses {share:.0%} of the {unzipped_limit_bytes} MiB that Lambda allows "
            "for code and layers."
        ).format(share=share, unzipped_limit_bytes=UNZIPPED_LIMIT_BYTES >> 20)
        yield Finding(Level.WARNING, "size", what, _("Remove or exclude what the function does not need."))
    if packed_bytes is not None and packed_bytes > ZIP_LIMIT_BYTES:
        what = _("The .zip file has {size} MB. Files larger than 50 MB are uploaded through S3.").format(
            size=megabytes(packed_bytes)
        )
        yield Finding(Level.INFO, "size", what, remedy, action="dependencies.move_to_layer")


def _handler(inventory: Inventory, target: Target, handler: str, has_layers: bool) -> Iterator[Finding]:
    missing = missing_handler(inventory.paths(), handler, target.runtime)
    if not missing:
        return
    level = Level.WARNING if has_layers else Level.ERROR
    what = _("The handler is {handler}, but the package does not contain {missing}.").format(
        handler=handler, missing=missing
    )
    if has_layers:
        what = sentences(what, _("This works only if a layer contains the file."))
    yield Finding(level, "handler", what, _("Correct the handler in the configuration, or add the file."))


def what_cannot_load(inventory: Inventory, target: Target, ctx: JobContext) -> Iterator[Finding]:
    """Compiled files for another system, processor, C library or Python."""
    for part in inventory.parts:
        wrong: dict[tuple[str, str], list[str]] = {}
        for file in part.files:
            if not may_be_compiled(file.path, file.executable):
                continue
            ctx.check()
            binary = read_binary(file.place)
            if binary is None:
                continue
            if fault := _fault(binary, file.path, target):
                wrong.setdefault(fault, []).append(file.path)
        for (rule, why), paths in wrong.items():
            name = part.title or _("Your code")
            others = len(paths) - 1
            if others:
                files = ngettext(
                    "{first} and {others} more file", "{first} and {others} more files", others
                ).format(first=paths[0], others=others)
                what = _("{name}: {files} are {why}; the function runs {target}.").format(
                    name=name, files=files, why=why, target=target
                )
            else:
                what = _("{name}: {paths} is {why}; the function runs {target}.").format(
                    name=name, paths=paths[0], why=why, target=target
                )
            action, remedy = "", _("Build it for the function's platform, or exclude it.")
            if part.name:
                action = "dependencies.install"
                remedy = _(
                    "Install the dependencies again. Workbench installs wheels for the function's platform."
                )
            yield Finding(Level.ERROR, rule, what, remedy, paths[0], action=action)


def _fault(binary: Binary, path: str, target: Target) -> tuple[str, str] | None:
    """The rule that a compiled file violates, and why."""
    if binary.system != "linux":
        if path.endswith((".exe", ".dll")):
            return None  # some packages contain files for Windows besides those for Linux
        return "platform", _("for {system}").format(system=binary.system)
    if binary.machine != target.machine:
        return "platform", _("for {machine}").format(machine=binary.machine)
    if binary.glibc > target.glibc:
        have = ".".join(map(str, target.glibc))
        return "glibc", _("built for glibc {names}, but the runtime has {have}").format(
            names=".".join(map(str, binary.glibc)), have=have
        )
    version = python_of(path)
    if version and target.python_version and version != target.python_version:
        return "python", _("for Python {version}").format(version=version)
    return None


def _secrets(own: Part, ctx: JobContext) -> Iterator[Finding]:
    for file in own.files:
        ctx.check()
        name = file.path.rpartition("/")[2]
        if name == ".env" or name.startswith(".env."):
            what = _("{path} is included in the package. Such files usually contain secrets.").format(
                path=file.path
            )
            remedy = _("Exclude it, and use environment variables instead.")
            yield Finding(Level.WARNING, "secret", what, remedy, file.path)
        if file.size_bytes > _LONGEST_TEXT:
            continue
        try:
            text = file.place.read_text("utf-8")
        except (OSError, ValueError):
            continue  # not text; packing reports files that cannot be read
        for line, kind in find_secrets(text):
            what = _("{kind} appears to be in {path}, line {line}.").format(
                kind=kind[0].upper() + kind[1:], path=file.path, line=line
            )
            remedy = _(
                "Remove it from the code, revoke it, and store the new one in Secrets Manager or "
                "Systems Manager."
            )
            yield Finding(Level.WARNING, "secret", what, remedy, file.path, line)


def _superfluous(inventory: Inventory, target: Target) -> Iterator[Finding]:
    in_runtime = IN_RUNTIME.get(target.language, ())
    names = [name for name in in_runtime if not name.endswith("/")]
    scopes = tuple(name for name in in_runtime if name.endswith("/"))
    there = [part for part in inventory.installed if part.name in names or part.name.startswith(scopes)]
    if size := sum(part.size_bytes for part in there):
        titles = ", ".join(part.title for part in there[:3])
        if there[3:]:
            titles = _("{names} and {count} more").format(names=titles, count=len(there) - 3)
        what = _("{names}: the runtime already includes them.").format(names=titles)
        if len(there) == 1:
            what = _("{names}: the runtime already includes it.").format(names=titles)
        remedy = _("Exclude them unless the function needs these specific versions.")
        yield Finding(Level.INFO, "runtime", what, remedy, size_bytes=size)
    for part in unreached(inventory.own, inventory.installed):
        if part.size_bytes >= _LARGE_BYTES and part not in there:
            what = _("{title} ({size} MB) is not imported in the function's code.").format(
                title=part.title, size=megabytes(part.size_bytes)
            )
            remedy = _("Remove it from the declared dependencies, unless it is loaded by name.")
            yield Finding(Level.INFO, "unused", what, remedy, size_bytes=part.size_bytes)
