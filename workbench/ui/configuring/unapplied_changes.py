"""Stores changes that were not applied on disk while the user types, and offers them at the next start."""

from collections.abc import Callable, Collection

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _
from workbench.functions.settings.drafts import SettingsDrafts
from workbench.functions.settings.model import NAMES, SettingChange, conflicts
from workbench.ui.configuring.draft import Draft
from workbench.ui.configuring.labels import change_title, setting_title
from workbench.ui.kit.question import Question
from workbench.ui.kit.text import text_label
from workbench.ui.named import named
from workbench.ui.pages.base import Page
from workbench.ui.services import Services

_PAUSE_MS = 300
_MANY = 2  # one change is typed again sooner than a question is answered
_LANE = "configuration.drafts"

Changes = tuple[SettingChange, ...]


class UnappliedChanges(QObject):
    """Knows what the disk has, and what it is to have.

    Signals:
        found: A function's ARN, and changes of it that an earlier start left.
        failed: The disk did not take something; it is tried again with the next change.
    """

    found = Signal(str, object)
    failed = Signal(WorkbenchError)

    def __init__(self, services: Services, parent: QObject) -> None:
        super().__init__(parent)
        self._jobs = services.jobs
        self._drafts = SettingsDrafts(services.paths.data_dir / "configuration-drafts")
        self._on_disk: dict[str, Changes] = {}  # by ARN, as far as it was looked at or written
        self._wanted: dict[str, Changes] = {}
        self._soon = QTimer(self, interval=_PAUSE_MS, singleShot=True)
        self._soon.timeout.connect(self.write)

    def find(self, function_arn: str) -> None:
        """Looks for what an earlier start left of a function; once for each."""
        if function_arn in self._on_disk:
            return
        self._on_disk[function_arn] = ()

        def read(_ctx: JobContext) -> Changes:
            return self._drafts.of(function_arn)

        def done(changes: Changes) -> None:
            if changes:
                self._on_disk[function_arn] = changes
                self.found.emit(function_arn, changes)

        title = _("Finding unapplied changes")
        self._jobs.submit(Job(title, read, lane=_LANE, quiet=True, on_done=done))

    def want(self, function_arn: str, changes: Collection[SettingChange]) -> None:
        """Says what is to be on disk of a function; it is there in a moment."""
        self._wanted[function_arn] = tuple(changes)
        if self.is_behind:
            self._soon.start()

    @property
    def is_behind(self) -> bool:
        """Whether the disk lacks something."""
        return any(self._on_disk.get(arn, ()) != changes for arn, changes in self._wanted.items())

    def write(
        self,
        then: Callable[[], object] = lambda: None,
        failed: Callable[[WorkbenchError], object] | None = None,
    ) -> None:
        """Brings the disk up to date.

        Args:
            then: Called when it is.
            failed: Called when it cannot be; by default `failed` is emitted.
        """
        self._soon.stop()
        behind = {
            arn: changes for arn, changes in self._wanted.items() if self._on_disk.get(arn, ()) != changes
        }

        def run(_ctx: JobContext) -> None:
            for arn, changes in behind.items():
                self._drafts.keep(arn, changes)

        def done() -> None:
            self._on_disk |= behind
            then()

        self._jobs.submit(
            Job(
                _("Saving unapplied changes"),
                run,
                lane=_LANE,
                quiet=True,
                on_done=lambda __: done(),
                on_error=failed or self.failed.emit,
            )
        )


class KeptOffer(QFrame):
    """Says what an earlier start left, and asks what becomes of it.

    Signals:
        taken: It is to be put into the form.
        forgotten: It is not wanted any more.
    """

    taken = Signal()
    forgotten = Signal()

    def __init__(self) -> None:
        super().__init__()
        named(self, "configurationKept", _("Unapplied changes"))
        self.words = text_label("configurationKeptWords", "", "warning")
        take = named(QPushButton(_("Restore")), "configurationKeptTake", _("Restore the changes"))
        forget = named(QPushButton(_("Discard")), "configurationKeptForget", _("Discard the changes"))
        take.clicked.connect(self.taken)
        forget.clicked.connect(self.forgotten)
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 8, 16, 8)
        row.setSpacing(8)
        row.addWidget(self.words, 1)
        row.addWidget(forget)
        row.addWidget(take)
        self.hide()

    def offer(self, titles: Collection[str], changed_since: Collection[str]) -> None:
        """Shows it.

        Args:
            titles: Of the settings.
            changed_since: Of those that somebody else changed to something else since.
        """
        words = _("Unapplied changes from last time: {names}.").format(names=", ".join(titles))
        if changed_since:
            more = _("Changed in AWS since then: {names}.").format(names=", ".join(changed_since))
            words = f"{words} {more}"
        self.words.setText(words)
        self.words.setAccessibleName(words)
        self.show()


class Keeping(QObject):
    """Keeps what is changed in the form, and offers what an earlier start left.

    Args:
        services: The program's.
        draft: What is being changed.
        page: Shows the form, and says what fails.
    """

    def __init__(self, services: Services, draft: Draft, page: Page) -> None:
        super().__init__(page)
        self._draft, self._page = draft, page
        self._function_arn = ""
        self._offered: dict[str, Changes] = {}  # by ARN: nobody has said yet what becomes of it
        self.disk = UnappliedChanges(services, self)
        self.offer = KeptOffer()
        self.disk.found.connect(self._found)
        self.disk.failed.connect(page.failed)
        self.offer.taken.connect(self._take)
        self.offer.forgotten.connect(self._forget)

    def note(self, function_arn: str, changes: Collection[SettingChange]) -> None:
        """Takes what is changed of a function now; what is offered stays on disk beside it."""
        places = {each.setting for each in changes}
        others = (each for each in self._offered.get(function_arn, ()) if each.setting not in places)
        self.disk.want(function_arn, (*changes, *others))

    def discard(self) -> None:
        """Empties the form, after a yes where more than one thing goes that nothing brings back."""
        changes, faults = self._draft.changes(), set(self._draft.faults)
        names = {each.name for each in changes}
        count = len(changes) + len(faults - names)
        if count < _MANY:
            self._draft.discard()
            return
        titles = ", ".join(setting_title(name) for name in NAMES if name in names | faults)
        words = _("{count} changes will be permanently discarded: {titles}.").format(
            count=f"{count:,}", titles=titles
        )
        title = _("Discard Changes")
        Question("discardSettings", title, words, title, self._page.window()).ask(self._draft.discard)

    def show(self, function_arn: str, *, can_change: bool) -> None:
        """Follows the form, which shows this function."""
        self._function_arn = function_arn
        reading, offered = self._draft.reading, self._offered.get(function_arn, ())
        if reading is None:
            self.offer.hide()
            return
        self.disk.find(function_arn)
        self.note(function_arn, self._draft.changes())
        if not offered or not can_change:
            self.offer.hide()
            return
        unread = {name for name, __ in reading.unread}
        known = [each for each in offered if each.name not in unread]
        since = [change_title(each.mine) for each in conflicts(known, reading.settings)]
        self.offer.offer([change_title(each) for each in offered], since)

    def _found(self, function_arn: str, changes: Changes) -> None:
        self._offered[function_arn] = changes
        if function_arn == self._function_arn:
            self._draft.changed.emit()
        else:
            self.note(function_arn, ())

    def _take(self) -> None:
        reading, mine = self._draft.reading, self._draft.changes()
        places = {each.setting for each in mine}
        offered = [each for each in self._offered.pop(self._function_arn, ()) if each.setting not in places]
        if reading is not None:
            self._draft.open(reading, (*mine, *offered), same=True)

    def _forget(self) -> None:
        self._offered.pop(self._function_arn, None)
        self._draft.changed.emit()
