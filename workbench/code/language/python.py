"""Python's two servers: ty knows types (completion, navigation, errors), ruff style (lint, fixes, format).

Owns: how each is run, for which Python, and which of them is asked for what. Must not know: processes.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from workbench.code.language.framing import Message
from workbench.code.language.paths import import_paths, installed_packages, prepare_imports
from workbench.code.language.server import ServerSpec

TY, RUFF = "ty", "ruff"

ASKED: dict[str, tuple[str, ...]] = {
    "textDocument/completion": (TY,),
    "textDocument/hover": (TY,),
    "textDocument/signatureHelp": (TY,),
    "textDocument/definition": (TY,),
    "textDocument/references": (TY,),
    "textDocument/documentHighlight": (TY,),
    "textDocument/documentSymbol": (TY,),
    "textDocument/prepareRename": (TY,),
    "textDocument/rename": (TY,),
    "textDocument/formatting": (RUFF,),
    "textDocument/rangeFormatting": (RUFF,),
    "textDocument/codeAction": (TY, RUFF),
    "codeAction/resolve": (RUFF,),
    "workspace/symbol": (TY,),
}
"""Request -> who answers it. The lists of several are put together."""

_RUNTIME = re.compile(r"python3\.(\d+)")
_OLDEST, _NEWEST = 8, 14
"""Minor versions of Python that ty and ruff can be told."""


def python_version(runtime: str) -> str:
    """The version of a Lambda runtime, "3.13" of "python3.13"; "" when it is no Python that is known."""
    found = _RUNTIME.fullmatch(runtime)
    return f"3.{found[1]}" if found and _OLDEST <= int(found[1]) <= _NEWEST else ""


def python_servers(
    root: Path, version: str, imports_dir: Path, layers: Sequence[Path] = ()
) -> tuple[ServerSpec, ...]:
    """The servers for a function's code.

    Args:
        root: The code; what the package brings with it lies there too and can be imported.
        version: Of `python_version`.
        imports_dir: A folder of the cache, for what the runtime brings.
        layers: What layers put on the path, as of `layer_imports`: searched after the code.
    """
    paths = import_paths(imports_dir)

    def ty() -> Sequence[str]:
        from ty import find_ty_bin  # not loaded for code of other languages

        prepare_imports(imports_dir)
        return [find_ty_bin(), "server"]

    def ruff() -> Sequence[str]:
        from ruff import find_ruff_bin

        return [find_ruff_bin(), "server"]

    environment: Message = {
        "python": str(paths.runtime),
        "python-version": version,
        "python-platform": "linux",
        "root": [str(folder) for folder in (root, *layers, *installed_packages(root))],
        "extra-paths": [str(paths.stubs)],  # these come first
    }
    # F401... are ruff's own defaults; a ruff.toml or pyproject.toml in the code has the last word.
    style: Message = {"target-version": f"py{version.replace('.', '')}"}
    return (
        ServerSpec(TY, root, ty, {"configuration": {"environment": environment}}),
        ServerSpec(
            RUFF,
            root,
            ruff,
            {"settings": {"configuration": style, "configurationPreference": "filesystemFirst"}},
        ),
    )
