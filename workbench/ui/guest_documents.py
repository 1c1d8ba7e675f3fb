"""Documents in the code editor that are no files of the code, such as a test event.

Owns: which of them are open, and whom their typing belongs to. Must not know: what they are. They are no part
of a workspace: nothing of them is deployed, compared, searched, or kept as a draft.
"""

from collections.abc import Callable
from dataclasses import dataclass

from workbench.ui.editor import Editor
from workbench.ui.split_view import SplitView
from workbench.ui.tab_groups import TabGroups


@dataclass(frozen=True, slots=True)
class Guest:
    """A document, and who keeps it.

    Attributes:
        title: On its tab; one that no path of a file looks like.
        uri: The editor's name of it; none that was used before for another one's typing.
        typed: Gets its text after each change, once more soon after it was closed.
        save: What Ctrl+S does.
    """

    title: str
    uri: str
    typed: Callable[[str], object]
    save: Callable[[], object]


class GuestDocuments:
    """Shows guests beside the files.

    Args:
        editor: Shows them.
        groups: Where their tabs are.
        view: Keeps tabs and editor in step.
        file_typed: Gets what is typed in files: URI and text.
    """

    def __init__(
        self,
        editor: Editor,
        groups: TabGroups,
        view: SplitView,
        file_typed: Callable[[str, str], object],
    ) -> None:
        self._editor, self._groups, self._view, self._file_typed = editor, groups, view, file_typed
        self._by_title: dict[str, Guest] = {}
        self._by_uri: dict[str, Guest] = {}  # kept after closing: a last change may come

    def show(self, guest: Guest, saved: str, text: str) -> None:
        """Opens a guest in front; in place of the one of this title where that is open."""
        before = self.opened(guest.title)
        self._by_title[guest.title] = self._by_uri[guest.uri] = guest
        self._editor.open_file(guest.uri, saved, draft=text, show=before is None)
        if before is None:
            self._view.bring(guest.title)
        elif before.uri != guest.uri:
            self._editor.close_file(before.uri)
            self._view.show_all()
            self._groups.mark(guest.title, unsaved=text != saved)

    def bring(self, title: str) -> None:
        """Brings an open guest to the front."""
        self._view.bring(title)

    def opened(self, title: str) -> Guest | None:
        """The guest of this title if it is open."""
        return self._by_title.get(title) if title in self._groups.paths() else None

    def uri_of(self, title: str) -> str:
        """The editor's name of a guest; "" for anything else."""
        guest = self._by_title.get(title)
        return guest.uri if guest is not None else ""

    def title_of(self, uri: str) -> str:
        """The title of a guest; "" for anything else."""
        guest = self._by_uri.get(uri)
        return guest.title if guest is not None else ""

    def typed(self, uri: str, text: str) -> None:
        """Hands on what was typed, in a guest or in a file."""
        guest = self._by_uri.get(uri)
        if guest is not None:
            guest.typed(text)
        else:
            self._file_typed(uri, text)

    def saved(self, title: str) -> bool:
        """Saves the guest of this title; False where it is none."""
        guest = self.opened(title)
        if guest is not None:
            guest.save()
        return guest is not None
