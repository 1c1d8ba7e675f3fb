"""The scripts beside the open documents: what Monaco's worker for JavaScript and TypeScript knows of them.

Owns: what a surface that starts anew has to be told of it again. Must not know: where the texts come from.
"""

from collections.abc import Callable

from workbench.ui.editor.surface import Surface

_NONE = "{}"


class Scripts:
    """Part of an editor.

    Args:
        surface: What shows the text, once it can.
    """

    def __init__(self, surface: Callable[[], Surface | None]) -> None:
        self._surface = surface
        self._root = ""
        self._texts = _NONE

    def set(self, root: str, texts: str = _NONE) -> None:
        """Replaces them: the folder's URI, and a JSON object, path in it -> text.

        They are megabytes: whoever reads them makes the JSON too, outside the main thread. An open document
        counts as it is edited.
        """
        if (root, texts) != (self._root, self._texts):
            self._root, self._texts = root, texts
            if surface := self._surface():
                surface.set_scripts(root, texts)

    def restore(self, surface: Surface) -> None:
        """The surface starts anew."""
        if self._texts != _NONE:
            surface.set_scripts(self._root, self._texts)
