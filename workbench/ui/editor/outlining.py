"""The symbols of the active document, reported while they are wanted."""

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


type _Symbol = tuple[str, int, int, int, int, int, list["_Symbol"]]


def symbols_of(symbols: str) -> tuple[Symbol, ...]:
    """The symbols in the page's notification: Symbol[] of protocol.ts as JSON."""
    return tuple(_symbol(each) for each in cast("list[_Symbol]", json.loads(symbols)))


def _symbol(symbol: _Symbol) -> Symbol:
    return Symbol(*symbol[:6], tuple(_symbol(child) for child in symbol[6]))


class Outlining(QObject):
    """Part of an editor.

    Args:
        surface: Gives what shows the text, when there is one.
        parent: The editor.

    Signals:
        changed(uri, symbols): Those of the active document, tuple[Symbol, ...]; "" when there is none.
    """

    changed = Signal(str, object)

    def __init__(self, surface: Callable[[], Surface | None], parent: QObject) -> None:
        super().__init__(parent)
        self._surface = surface
        self._is_wanted = False

    def want(self, *, wanted: bool) -> None:
        """Whether `changed` is of use."""
        self._is_wanted = wanted
        if surface := self._surface():
            surface.want_outline(wanted=wanted)

    # For the editor

    def follow(self, surface: Surface) -> None:
        """This surface shows the documents from now on."""
        surface.outlined.connect(self.changed)

    def restore(self, surface: Surface) -> None:
        """The surface has all documents anew."""
        surface.want_outline(wanted=self._is_wanted)
