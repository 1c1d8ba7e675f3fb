"""Messages in a window: how one looks, a stack of them inside a page, and where a window shows its own."""

from collections.abc import Callable, Sequence
from enum import Enum

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QCursor, QEnterEvent, QGuiApplication, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from workbench.core.errors import WorkbenchError, sentences
from workbench.core.messages import _
from workbench.core.redaction import redact
from workbench.ui.kit.bars import would_move
from workbench.ui.kit.icons import Icons
from workbench.ui.kit.labels import ElidedLabel, IconLabel
from workbench.ui.kit.text import PlainLabel, announce, named
from workbench.ui.shell.actions import ActionRegistry
from workbench.ui.shell.messages import Message
from workbench.ui.shell.services import Services

MAX_SHOWN = 3
# A failure, and what offers a remedy, stays until it is dealt with; other messages close after a while.
PASSING_MS = {"good": 8_000, "info": 12_000, "warning": 30_000}
_MAX_TOAST_CHARACTERS = 320  # of the details; the list of messages has all of them
_ICONS = {
    "danger": ("circle-alert", "danger"),
    "warning": ("triangle-alert", "warning"),
    "info": ("info", "accent"),
    "good": ("circle-check", "good"),
}


class Form(Enum):
    """How a message is laid out."""

    WIDE = "wide"  # across the page, buttons at the right
    TOAST = "toast"  # narrow, over the content, buttons below the text
    LINE = "line"  # one line of the status bar, without buttons


class ErrorBanner(QFrame):
    """One message with Copy and Close, and a button for the remedy when the program can do it.

    Escape closes it while it has the keyboard. With `pass_after` it closes after a while, except while the
    pointer or the keyboard is on it.

    Args:
        error: What to say. For a notice only `what`, `why` and `action` are filled.
        actions: Where `error.action` is looked up; its button is there while the action is enabled.
        icons: For the tone's icon.
        tone: "danger", "warning", "info" or "good".
        report: What Copy copies, when that is not the message itself.
        parent: The widget it lies in.
    """

    closed = Signal()  # by the user, or because what it said no longer holds
    passed = Signal()  # by itself, after `pass_after`

    def __init__(
        self,
        error: WorkbenchError,
        actions: ActionRegistry,
        icons: Icons,
        tone: str = "danger",
        report: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self.setProperty("tone", tone)
        self.error = error
        self.form = Form.WIDE
        self.report = report
        self._passing: QTimer | None = None
        self.remedy: QAction | None = None
        if error.action in actions:
            self.remedy = actions[error.action]
        self._why = sentences(error.why, error.remedy)
        self._labels: dict[str, QLabel] = {}
        self._line = named(ElidedLabel(), "bannerLine")
        self._line.setVisible(False)
        self._what = _label("bannerWhat", "heading", error.what)
        self._texts = named(QWidget(), "bannerTexts")
        texts = QVBoxLayout(self._texts)
        texts.setContentsMargins(0, 0, 0, 0)
        texts.setSpacing(2)
        for name, role, text in (("bannerWhy", "", self._why), ("bannerCode", "muted", self._code())):
            if text:
                self._labels[name] = _label(name, role, text)
                texts.addWidget(self._labels[name])
        texts.addStretch(1)  # keeps the lines together in a banner that is higher than its text
        self._action = named(QPushButton(), "bannerAction")
        self._action.setVisible(False)
        self._buttons = named(QWidget(), "bannerButtons")
        row = QHBoxLayout(self._buttons)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._action)
        has_copy = tone in ("danger", "warning") or bool(report)
        if has_copy:
            copy = QPushButton(_("Copy Report") if report else _("Copy"))
            named(copy, "bannerCopy", _("Copy this message"))
            copy.clicked.connect(self._copy)
            row.addWidget(copy)
        self._close = named(QToolButton(), "bannerClose", _("Close this message"), "quiet")
        self._close.setText("✕")
        icons.attach(self._close, "x", "muted")
        self._close.setToolTip(_("Close this message"))
        self._close.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._close.clicked.connect(self.closed)
        name, color = _ICONS[tone]
        self._icon = IconLabel(icons, name, color)
        self._has_buttons = has_copy or self.remedy is not None
        for part in self._parts():
            part.setParent(self)  # not each form has them all
        self._grid = QGridLayout(self)
        self._grid.setColumnStretch(1, 1)
        self._grid.setVerticalSpacing(2)
        self.set_form(Form.WIDE)
        self.setAccessibleName(error.what)
        self.setAccessibleDescription(str(error))
        if self.remedy is not None:
            self.remedy.changed.connect(self._follow_remedy)
            self._action.clicked.connect(self._run_remedy)
            self._follow_remedy()

    def _parts(self) -> tuple[QWidget, ...]:
        return self._icon, self._what, self._texts, self._line, self._buttons, self._close

    def set_form(self, form: Form) -> None:
        """Lays it out anew; its buttons and its texts stay the same widgets."""
        self.form = form
        self.setProperty("form", form.value)
        is_line = form is Form.LINE
        why = self._labels.get("bannerWhy")
        if why is not None:
            cut = form is Form.TOAST and len(self._why) > _MAX_TOAST_CHARACTERS
            why.setText(self._shortened() if cut else self._why)
        grid = self._grid
        top = Qt.AlignmentFlag.AlignTop
        for widget in self._parts():
            grid.removeWidget(widget)
        grid.setContentsMargins(*((0, 0, 0, 0) if is_line else (12, 8, 8, 8)))
        grid.setHorizontalSpacing(6 if is_line else 12)
        grid.addWidget(self._icon, 0, 0, Qt.AlignmentFlag.AlignVCenter if is_line else top)
        grid.addWidget(self._line if is_line else self._what, 0, 1)
        if form is Form.TOAST:  # names and ARNs need all of its width: they are broken at few places
            grid.addWidget(self._texts, 1, 0, 1, 3)
            grid.addWidget(self._buttons, 2, 0, 1, 3, Qt.AlignmentFlag.AlignLeft)
            grid.addWidget(self._close, 0, 2, top)
        elif form is Form.WIDE:
            grid.addWidget(self._texts, 1, 1)
            grid.addWidget(self._buttons, 0, 2, 2, 1, top)
            grid.addWidget(self._close, 0, 3, 2, 1, top)
        self._buttons.setContentsMargins(0, 6 if form is Form.TOAST else 0, 0, 0)
        for widget, is_shown in (
            (self._what, not is_line),
            (self._texts, not is_line and bool(self._labels)),
            (self._line, is_line),
            (self._buttons, not is_line and self._has_buttons),
            (self._close, not is_line),
        ):
            widget.setVisible(is_shown)
        if is_line:
            self._line.show_text(sentences(self.error.what, self._why))
        self.style().polish(self)

    def _shortened(self) -> str:
        """As much as a toast may hold: what to do stays whole, of the reason the beginning."""
        remedy = self.error.remedy
        room = max(_MAX_TOAST_CHARACTERS - len(remedy), 0)
        if not self.error.why or not room:
            return f"{self._why[:_MAX_TOAST_CHARACTERS]}…"
        return sentences(f"{self.error.why[:room]}…", remedy)

    def pass_after(self, milliseconds: int) -> None:
        """Closes after a while."""
        # A child of the banner: it ends with it when the user is quicker.
        self._passing = QTimer(self, singleShot=True, interval=milliseconds)
        self._passing.timeout.connect(self._pass)
        self._passing.start()

    def focus_first(self) -> None:
        """Brings the keyboard to the remedy, or else to the first of the other buttons."""
        buttons = [self._action, *self.findChildren(QAbstractButton)]
        shown = [each for each in buttons if each.isVisibleTo(self)]
        if shown:
            shown[0].setFocus(Qt.FocusReason.ShortcutFocusReason)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        if self._passing is not None:
            self._passing.stop()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        if self._passing is not None:
            self._passing.start()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
            return
        super().keyPressEvent(event)

    def _pass(self) -> None:
        focused = QApplication.focusWidget()
        if self._passing is not None and focused is not None and self.isAncestorOf(focused):
            self._passing.start()
        else:
            self.passed.emit()

    def announce(self) -> None:
        """Announces the message to screen readers: a warning interrupts, a notice waits."""
        announce(self, str(self.error), urgent=self.property("tone") in ("danger", "warning"))

    def _code(self) -> str:
        request = (
            _("Request ID {request_id}").format(request_id=self.error.request_id)
            if self.error.request_id
            else ""
        )
        return " · ".join(part for part in (self.error.aws_code, request) if part)

    def _copy(self) -> None:
        texts = (self.error.what, self.error.why, self.error.remedy, self._code())
        text = self.report or "\n".join(part for part in texts if part)
        QGuiApplication.clipboard().setText(redact(text))

    def _follow_remedy(self) -> None:
        if self.remedy is not None:
            self._action.setText(self.remedy.text())
            self._action.setAccessibleName(self.remedy.text())
            self._action.setVisible(self.remedy.isEnabled())

    def _run_remedy(self) -> None:
        # Closed first: should the remedy fail too, its own message takes this one's place.
        remedy = self.remedy
        self.closed.emit()
        if remedy is not None:
            remedy.trigger()


class BannerStack(QWidget):
    """At most three messages inside a page, the newest on top. It takes no room when there is none."""

    def __init__(self, actions: ActionRegistry, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banners")
        self.setAccessibleName(_("Messages"))
        self._actions = actions
        self._icons = icons
        self._banners: list[tuple[str, ErrorBanner]] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self.setVisible(False)

    @property
    def banners(self) -> list[ErrorBanner]:
        """What is shown, newest first."""
        return [banner for __, banner in self._banners]

    def show_error(
        self,
        error: WorkbenchError,
        tone: str = "danger",
        report: str = "",
        key: str = "",
        *,
        decision: bool = False,
    ) -> ErrorBanner:
        """Shows an error.

        Args:
            error: What to say.
            tone: See ErrorBanner.
            report: What Copy copies instead of the message.
            key: What the message is about ("connection"): it takes the place of an older one with this key,
                and `dismiss` finds it. One that says the same gives way too, and without a key its key is
                taken over: what fails every few seconds, or fails for two parts at once, is said once.
            decision: The user has to decide something. Only such a message may take room (MessageCenter).
        """
        words = _text_of(error)
        said = [
            other
            for other, banner in self._banners
            if _text_of(banner.error) == words and banner.report == report  # two crashes differ in it alone
        ]
        for other in said:  # under whatever key: two parts of the program report the same failure
            self._drop(other)
        key = key or next(iter(said), words)
        tone = "info" if error.by_user else tone
        self.dismiss(key)
        banner = ErrorBanner(error, self._actions, self._icons, tone, report)
        if banner.remedy is not None and not decision:
            banner.remedy.triggered.connect(banner.closed)  # also from a menu: it is being dealt with
        banner.closed.connect(lambda: self._close(key, banner, self.dismiss))
        banner.passed.connect(lambda: self._close(key, banner, self._drop))
        self._banners.insert(0, (key, banner))
        self._insert(banner, decision=decision)
        banner.announce()
        return banner

    def show_notice(self, text: str, detail: str = "", tone: str = "info", key: str = "") -> ErrorBanner:
        """Shows a notice: something the user should know that is no failure."""
        return self.show_error(WorkbenchError(text, detail), tone, key=key)

    def dismiss(self, key: str) -> None:
        """Closes the message with this key, if it is shown: it was read, or no longer holds."""
        self._drop(key)

    def _close(self, key: str, banner: ErrorBanner, close: Callable[[str], None]) -> None:
        """Closes a message unless its remedy has put another one in its place by now."""
        if (key, banner) in self._banners:
            close(key)

    def _drop(self, key: str) -> None:
        """Takes the message with this key away."""
        for entry in [entry for entry in self._banners if entry[0] == key]:
            self._banners.remove(entry)
            self._remove(entry[1])

    def focus_newest(self) -> None:
        """Brings the keyboard to the newest message: to its remedy, or else to its other buttons."""
        if self._banners:
            self._banners[0][1].focus_first()

    def clear(self) -> None:
        """Closes all messages."""
        for key, __ in list(self._banners):
            self._drop(key)

    def _insert(self, banner: ErrorBanner, *, decision: bool) -> None:
        """Shows a new message."""
        self._column.insertWidget(0, banner)
        for old_key, __ in self._banners[MAX_SHOWN:]:
            self._drop(old_key)
        if banner.property("tone") == "good":
            banner.pass_after(PASSING_MS["good"])
        self.setVisible(True)

    def _remove(self, banner: ErrorBanner) -> None:
        """Takes a message away."""
        self._column.removeWidget(banner)
        banner.hide()
        banner.deleteLater()
        self.setVisible(bool(self._banners))


def _text_of(error: WorkbenchError) -> str:
    return f"{error.what}\n{error.why}\n{error.aws_code}"


def _label(name: str, role: str, text: str) -> QLabel:
    label = named(PlainLabel(text), name, text, role)
    label.setWordWrap(True)
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    return label


_TOAST_WIDTH, _MARGIN, _GAP = 440, 16, 8
_MAX_ASIDE = 2  # toasts in the side: what it stands below needs its room
_MAX_FIELD_HEIGHT = 60  # a focused widget lower than this is a field or a button, which no toast covers
_LOOK_MS = 150  # how often the pointer is looked at while something waits for it to leave


class MessageCenter(BannerStack):
    """The messages of one window. None of them moves what the user is about to click.

    A success without a button is one line of the status bar. Everything else is a toast: in the side that the
    window has for them, where it covers nothing. Without a side, while that is hidden, and while the pointer
    is in its column, it lies over the content, in a corner where neither the pointer nor the field with the
    keyboard is. Only one that needs a decision takes room where this widget lies in a layout, and only while
    the pointer is not over what would move; until then it is a toast too. Room is given back, and a gap
    between toasts is closed, likewise.

    Args:
        services: The program's; all messages go into its list too.
        actions: Where remedies are looked up, when not in the program's own.

    Attributes:
        subject: The function that is open, for the list of messages.
        pointer: Where the pointer is on the screen.
    """

    def __init__(self, services: Services, actions: ActionRegistry | None = None) -> None:
        super().__init__(actions or services.actions, services.icons)
        self._log, self._clock = services.messages, services.clock
        self._logged: dict[ErrorBanner, Message] = {}
        self._newest: dict[str, Message] = {}  # by key, also of those that are not shown any more
        self._log.ended.connect(self._ended)
        self.subject = ""
        self.pointer: Callable[[], QPoint] = QCursor.pos
        self._waiting: list[ErrorBanner] = []  # need a decision, and are toasts until the pointer has left
        self._toasts: list[ErrorBanner] = []  # from the bottom upward, which is oldest first
        self._left: set[ErrorBanner] = set()  # toasts at the left, as the pointer was at the right
        self._returns_to: QWidget | None = None
        self._status: QHBoxLayout | None = None
        self._side: QWidget | None = None
        self._side_column = QVBoxLayout()
        self._host: QWidget | None = None
        self._watch = QTimer(self, interval=_LOOK_MS)
        self._watch.timeout.connect(self._settle)

    def make_status(self) -> QWidget:
        """Makes the line for successes, for a status bar. In a window without one they are toasts."""
        line = named(QWidget(), "statusMessages", _("Newest success"))
        self._status = QHBoxLayout(line)
        self._status.setContentsMargins(8, 2, 8, 2)
        return line

    def make_side(self) -> QWidget:
        """Makes the place for toasts in a column of the window. It is as high as they are."""
        self._side = named(QWidget(), "sideMessages", _("Messages"))
        self._side.setMinimumWidth(1)  # no message widens the column
        self._side_column.setContentsMargins(8, 0, 8, 4)
        self._side_column.setSpacing(_GAP)
        self._side_column.setSizeConstraint(QVBoxLayout.SizeConstraint.SetNoConstraint)
        self._side.setLayout(self._side_column)
        self._side.setVisible(False)
        return self._side

    @property
    def toasts(self) -> list[ErrorBanner]:
        """The messages over the content, newest first."""
        return self._toasts[::-1]

    def show_error(
        self,
        error: WorkbenchError,
        tone: str = "danger",
        report: str = "",
        key: str = "",
        *,
        decision: bool = False,
    ) -> ErrorBanner:
        banner = super().show_error(error, tone, report, key, decision=decision)
        tone = str(banner.property("tone"))
        message = Message(error, tone, self._clock.now(), self.subject, banner.remedy, tone == "good")
        self._logged[banner] = message
        if key:
            self._newest[key] = message
        # A success has been said, and asks for nothing. What is closed has been read.
        banner.closed.connect(lambda: self._log.end(message))
        self._log.add(message)
        return banner

    def dismiss(self, key: str) -> None:
        shown = [self._logged.get(banner) for found, banner in self._banners if found == key]
        super().dismiss(key)
        for message in (*shown, self._newest.pop(key, None)):
            if message is not None:
                self._log.end(message)

    def _ended(self, message: Message) -> None:
        self._drop_all([banner for banner, shown in self._logged.items() if shown is message])

    @property
    def reachable(self) -> list[ErrorBanner]:
        """The messages that the keyboard can be brought to: the one that has it, then newest first."""
        shown = [banner for banner in self.banners if banner.form is not Form.LINE]
        focused = QApplication.focusWidget()
        return sorted(shown, key=lambda each: focused is None or not each.isAncestorOf(focused))

    def focus_newest(self) -> None:
        focused = QApplication.focusWidget()
        if focused is None or not any(each.isAncestorOf(focused) for each in self.reachable):
            self._returns_to = focused
        for banner in [each for each in self.banners if each.form is not Form.LINE][:1]:
            banner.focus_first()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._host and event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            self._arrange(in_place=False)
        return super().eventFilter(watched, event)

    # Placing ------------------------------------------------------------------------------------------------

    def _insert(self, banner: ErrorBanner, *, decision: bool) -> None:
        tone = str(banner.property("tone"))
        has_button = banner.remedy is not None and banner.remedy.isEnabled()
        is_harmless = tone in PASSING_MS and not decision and not banner.error.by_user
        if is_harmless and (tone == "good" or not has_button) and (tone != "warning" or self._side):
            banner.pass_after(PASSING_MS[tone])
        if tone == "good" and not decision and not has_button and self._status is not None:
            self._show_in_status(banner, self._status)
        elif decision and not self._would_move(from_top=True):
            self._dock(banner)
        else:
            if decision:
                self._waiting.append(banner)
                self._watch.start()
            self._show_toast(banner)

    def _show_in_status(self, banner: ErrorBanner, status: QHBoxLayout) -> None:
        self._drop_all([each for each in self.banners if each.form is Form.LINE])
        banner.set_form(Form.LINE)
        status.addWidget(banner)

    def _dock(self, banner: ErrorBanner) -> None:
        banner.set_form(Form.WIDE)
        self.setMinimumHeight(0)
        self._column.insertWidget(0, banner)
        self.setVisible(True)
        banner.show()
        # Of messages in one place only the newest are shown; the list has them all.
        self._drop_all(self._docked()[MAX_SHOWN:])

    def _docked(self) -> list[ErrorBanner]:
        return [each for each in self.banners if self._column.indexOf(each) >= 0]

    def _show_toast(self, banner: ErrorBanner) -> None:
        if self._host is None:
            self._host = self.parentWidget() or self
            self._host.installEventFilter(self)
        banner.set_form(Form.TOAST)
        if self._has_free_side() and self._may_go_aside(banner):
            self._put_aside(banner)
            return
        banner.setParent(self._host)
        self._drop_all(self.toasts[MAX_SHOWN - 1 :])
        self._toasts.append(banner)
        if self._side is not None:
            self._watch.start()
        self._arrange(in_place=True)
        banner.show()
        banner.raise_()

    def _column_of_side(self) -> QWidget | None:
        """What the side lies in; None while that is hidden, and where there is no side."""
        column = self._side.parentWidget() if self._side is not None else None
        return column if column is not None and column.isVisible() else None

    def _has_free_side(self) -> bool:
        """Whether there is a side, its column is shown, and the pointer is elsewhere."""
        column = self._column_of_side()
        if column is None:
            return False
        return not QRect(column.mapToGlobal(QPoint()), column.size()).contains(self.pointer())

    def _may_go_aside(self, toast: ErrorBanner) -> bool:
        return toast not in self._waiting and self._fits_aside(toast)

    def _fits_aside(self, banner: ErrorBanner) -> bool:
        """Whether the column of the side is as wide as the longest word of a message."""
        column, margins = self._column_of_side(), self._side_column.contentsMargins()
        room = column.width() - margins.left() - margins.right() if column is not None else 0
        return banner.minimumSizeHint().width() <= room

    def _aside(self) -> list[ErrorBanner]:
        """The messages in the side, newest first."""
        return [each for each in self.banners if self._side_column.indexOf(each) >= 0]

    def _put_aside(self, banner: ErrorBanner) -> None:
        assert self._side is not None
        self._side_column.insertWidget(0, banner)
        self._side.setVisible(True)
        banner.show()
        self._drop_all(self._aside()[_MAX_ASIDE:])

    def follow_side(self) -> None:
        """To be called when the column of the side was hidden or shown: meanwhile toasts lie elsewhere."""
        if self._column_of_side() is None:
            for banner in self._aside()[::-1]:
                self._side_column.removeWidget(banner)
                self._show_toast(banner)
        self._watch.start()

    def _drop_all(self, banners: Sequence[ErrorBanner]) -> None:
        """Takes messages away that nobody has read."""
        for key in [key for key, banner in self._banners if banner in banners]:
            self._drop(key)

    def _remove(self, banner: ErrorBanner) -> None:
        focused = QApplication.focusWidget()
        had_keyboard = focused is not None and banner.isAncestorOf(focused)
        self._logged.pop(banner, None)
        if banner in self._waiting:
            self._waiting.remove(banner)
        self._left.discard(banner)
        if banner in self._toasts:
            self._toasts.remove(banner)
        elif self._side_column.indexOf(banner) >= 0:
            self._side_column.removeWidget(banner)
            if self._side is not None:
                self._side.setVisible(self._side_column.count() > 0)
        elif banner.form is Form.WIDE:
            self.setMinimumHeight(self.height() if self._would_move(from_top=False) else 0)
            self._column.removeWidget(banner)
        banner.hide()
        banner.deleteLater()
        if had_keyboard:
            self._return_keyboard()
        self._watch.start()
        self._settle()

    def _return_keyboard(self) -> None:
        target = self._returns_to
        try:
            if target is not None and target.isVisible():
                target.setFocus(Qt.FocusReason.OtherFocusReason)
        except RuntimeError:  # it was deleted meanwhile
            pass
        self._returns_to = None

    def _settle(self) -> None:
        """Moves what was waiting for the pointer to leave, once it has."""
        if self._waiting and not self._would_move(from_top=True):
            for banner in self._waiting:
                self._toasts.remove(banner)
                self._left.discard(banner)
                self._dock(banner)
            self._waiting.clear()
        if self._has_free_side():
            for banner in [each for each in self._toasts if self._may_go_aside(each)]:
                self._toasts.remove(banner)
                self._left.discard(banner)
                self._put_aside(banner)
        if self.minimumHeight() and not self._would_move(from_top=False):
            self.setMinimumHeight(0)
        self.setVisible(bool(self._docked()) or self.minimumHeight() > 0)
        over_toast = any(self._global(each).contains(self.pointer()) for each in self._toasts)
        if not over_toast:
            self._arrange(in_place=False)
        awaits_side = self._column_of_side() is not None and any(map(self._may_go_aside, self._toasts))
        if not (self._waiting or self.minimumHeight() or over_toast or awaits_side):
            self._watch.stop()

    def _would_move(self, *, from_top: bool) -> bool:
        """Whether the pointer is over what moves when this widget grows (from its top) or shrinks."""
        host = self.parentWidget()
        return host is not None and would_move(self, host, self.pointer(), from_top=from_top)

    def _arrange(self, *, in_place: bool) -> None:
        """Gives the toasts their places.

        Args:
            in_place: Only the newest is placed, above the others; they stay where they are.
        """
        host = self._host
        if host is None:
            return
        bottoms = {False: host.height() - _MARGIN, True: host.height() - _MARGIN}  # by: at the left
        for toast in self._toasts:
            layout = toast.layout()
            assert layout is not None
            # As wide as its longest word, if there is room: an ARN may be one.
            width = min(max(_TOAST_WIDTH, layout.totalMinimumSize().width()), host.width() - 2 * _MARGIN)
            height = max(layout.totalHeightForWidth(width), layout.totalMinimumSize().height())
            if in_place and toast is not self._toasts[-1]:
                bottoms[toast in self._left] = toast.y() - _GAP
                continue
            if in_place and self._is_taken(_corner(host, width, height, bottoms[False], at_left=False)):
                self._left.add(toast)
            at_left = toast in self._left
            toast.setGeometry(_corner(host, width, height, bottoms[at_left], at_left=at_left))
            bottoms[at_left] -= height + _GAP

    def _is_taken(self, place: QRect) -> bool:
        """Whether the pointer or the field with the keyboard is in a place of the host."""
        assert self._host is not None
        if place.contains(self._host.mapFromGlobal(self.pointer())):
            return True
        focused = QApplication.focusWidget()
        if focused is None or focused.height() > _MAX_FIELD_HEIGHT or not self._host.isAncestorOf(focused):
            return False
        return place.intersects(QRect(focused.mapTo(self._host, QPoint()), focused.size()))

    def _global(self, banner: ErrorBanner) -> QRect:
        return QRect(banner.mapToGlobal(QPoint()), banner.size())


def _corner(host: QWidget, width: int, height: int, bottom: int, *, at_left: bool) -> QRect:
    left = _MARGIN if at_left else host.width() - _MARGIN - width
    return QRect(left, bottom - height, width, height)
