"""What is in the document in front: its symbols, told while somebody wants them.

Owns: the wish, which a surface that starts anew has to be told of again. Must not know: what shows them.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from PySide6.QtCore import QObject, Signal

from workbench.ui.editor.surface import Surface


@dataclass(frozen=True, slots=True)
class Symbol:
    """A symbol of a document, with those inside it.

    Attributes:
        name: As the language server or Monaco's worker calls it.
        kind: The number of the Language Server Protocol's SymbolKind, less one, as Monaco counts.
        line: Where its name stands, from 1; `column` too.
        first_line: The first line that belongs to it; `last_line` is the last.
    """

    name: str
    kind: int
    line: int
    column: int
    first_line: int
    last_line: int
    children: "tuple[Symbol, ...]" = ()


type _Told = tuple[str, int, int, int, int, int, list["_Told"]]


def symbols_of(told: str) -> tuple[Symbol, ...]:
    """What the page told: protocol.ts has the form."""
    return tuple(_symbol(each) for each in cast("list[_Told]", json.loads(told)))


def _symbol(told: _Told) -> Symbol:
    return Symbol(*told[:6], tuple(_symbol(child) for child in told[6]))


class Outlining(QObject):
    """Part of an editor.

    Args:
        surface: What shows the text, once it can.
        parent: The editor.

    Signals:
        told(uri, symbols): Those of the document in front, tuple[Symbol, ...]; "" when there is none.
    """

    told = Signal(str, object)

    def __init__(self, surface: Callable[[], Surface | None], parent: QObject) -> None:
        super().__init__(parent)
        self._surface = surface
        self._is_wanted = False

    def want(self, *, wanted: bool) -> None:
        """Whether `told` is of use."""
        self._is_wanted = wanted
        if surface := self._surface():
            surface.want_outline(wanted=wanted)

    # For the editor

    def follow(self, surface: Surface) -> None:
        """This surface shows the documents from now on."""
        surface.outlined.connect(self.told)

    def restore(self, surface: Surface) -> None:
        """The surface has all documents anew."""
        surface.want_outline(wanted=self._is_wanted)
