"""The list of profiles as an item model, and the search in it. 100,000 rows must not stall the window.

What grows with the number of profiles is done in `Listing.of` and `search`, which are for a worker thread.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from workbench.core.jobs import JobContext
from workbench.profiles.model import Profile, ProfileKind, ProfileList
from workbench.profiles.safety import Tier
from workbench.ui.fuzzy import rank
from workbench.ui.kit.text import tool_tip
from workbench.ui.profiles.words import line_of, tier_word

PROFILE_ROLE = Qt.ItemDataRole.UserRole + 1
TIER_ROLE = Qt.ItemDataRole.UserRole + 2

_BLOCK = 2_000
_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


@dataclass(frozen=True, slots=True, eq=False)
class Listing:
    """All profiles, made ready to be shown and searched.

    Attributes:
        found: As they were read.
        profiles: Those that stand in no file, then those of the files.
        rows: The place of each name among them.
        texts: What the search looks at, in their order.
    """

    found: ProfileList
    profiles: tuple[Profile, ...]
    rows: dict[str, int]
    texts: tuple[str, ...]

    @classmethod
    def of(cls, found: ProfileList, always: Sequence[Profile] = ()) -> "Listing":
        """Makes it ready, on a worker thread."""
        profiles = (*always, *found.profiles)
        rows: dict[str, int] = {}
        for number, profile in enumerate(profiles):
            rows.setdefault(profile.name, number)
        texts = tuple(f"{profile.name} {profile.account_id}" for profile in profiles)
        return cls(found, profiles, rows, texts)

    def find(self, name: str) -> Profile | None:
        """The profile of this name, if there is one."""
        number = self.rows.get(name)
        return None if number is None else self.profiles[number]


def search(listing: Listing, query: str, ctx: JobContext) -> tuple[int, ...]:
    """The rows that match, on a worker thread: the best first, block by block where there are very many.

    Sorting all at once would hold Python's lock, and with it the window.
    """
    found: list[int] = []
    for start in range(0, len(listing.texts), _BLOCK):
        ctx.check()
        found += (start + number for number in rank(query, listing.texts[start : start + _BLOCK]))
    if len(listing.texts) <= _BLOCK:
        return tuple(found)
    piece = query.strip().lower()
    exact = [number for number in found if piece in listing.texts[number].lower()]
    rest = [number for number in found if piece not in listing.texts[number].lower()]
    return (*exact, *rest)


class ProfileModel(QAbstractTableModel):
    """One column: all profiles, or those that match.

    A table and no list: a QListView asks for every row when it lays itself out.

    Args:
        tier: How careful to be with a profile, by its name.
    """

    def __init__(self, tier: Callable[[str], Tier]) -> None:
        super().__init__()
        self._tier = tier
        self._listing = Listing.of(ProfileList(()))
        self._shown: Sequence[int] = ()

    @property
    def total(self) -> int:
        """How many profiles there are, matching or not."""
        return len(self._listing.profiles)

    def take(self, listing: Listing, shown: Sequence[int] | None = None) -> None:
        """Shows these profiles: all of them, or those with these numbers in this order."""
        self.beginResetModel()
        self._listing = listing
        self._shown = range(len(listing.profiles)) if shown is None else shown
        self.endResetModel()

    def index_of(self, name: str) -> QModelIndex:
        """The shown row of a profile; invalid when it is not shown."""
        number = self._listing.rows.get(name, -1)
        # A range knows at once; of a search result at most 100,000 numbers are looked through, in 1 ms.
        return self.index(self._shown.index(number), 0) if number in self._shown else QModelIndex()

    def has(self, listing: Listing, name: str) -> bool:
        """Whether it shows this listing, with this profile."""
        return self._listing is listing and self.index_of(name).isValid()

    def tier_changed(self, name: str) -> None:
        """Another tier was chosen: its row shows it."""
        index = self.index_of(name)
        if index.isValid():
            self.dataChanged.emit(index, index)

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._shown)

    def _tier_of(self, profile: Profile) -> Tier:
        return Tier.NORMAL if profile.kind is ProfileKind.SANDBOX else self._tier(profile.name)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else 1

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        profile = self._listing.profiles[self._shown[index.row()]]
        if role == Qt.ItemDataRole.DisplayRole:
            return profile.name
        if role == PROFILE_ROLE:
            return profile
        if role == TIER_ROLE:
            return self._tier_of(profile)
        if role == Qt.ItemDataRole.ToolTipRole:
            # The kind comes first: a tool tip that begins with a tag would be taken for markup.
            return tool_tip("\n".join((line_of(profile), profile.name, *map(str, profile.problems))))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            tier = self._tier_of(profile)
            careful = (tier_word(tier),) if tier is not Tier.NORMAL else ()
            problems = (problem.text for problem in profile.problems)
            return ", ".join((profile.name, line_of(profile), *careful, *problems))
        return None
