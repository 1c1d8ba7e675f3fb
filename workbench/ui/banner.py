"""How a message looks: an error with its remedy, or a notice; and a stack of messages inside a page."""

from enum import Enum

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QEnterEvent, QGuiApplication, QKeyEvent
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
from workbench.ui.actions import ActionRegistry
from workbench.ui.kit.icons import Icons
from workbench.ui.kit.labels import ElidedLabel, IconLabel
from workbench.ui.kit.text import PlainLabel, announce, named

MAX_SHOWN = 3
# Harmless messages close after a while; a warning or a failure stays until the user closes it.
PASSING_MS = {"good": 8_000, "info": 12_000}
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
        self._texts = named(QWidget(), "bannerTexts")
        texts = QVBoxLayout(self._texts)
        texts.setContentsMargins(0, 0, 0, 0)
        texts.setSpacing(2)
        for name, role, text in (
            ("bannerWhat", "heading", error.what),
            ("bannerWhy", "", self._why),
            ("bannerCode", "muted", self._code()),
        ):
            if text:
                self._labels[name] = _label(name, role, text)
                texts.addWidget(self._labels[name])
        texts.addStretch(1)  # in a band that is higher than the message
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
        for part in (self._icon, self._texts, self._line, self._buttons, self._close):
            part.setParent(self)  # not each form has them all
        self._grid = QGridLayout(self)
        self._grid.setColumnStretch(1, 1)
        self._grid.setVerticalSpacing(8)
        self.set_form(Form.WIDE)
        self.setAccessibleName(error.what)
        self.setAccessibleDescription(str(error))
        if self.remedy is not None:
            self.remedy.changed.connect(self._follow_remedy)
            self._action.clicked.connect(self._run_remedy)
            self._follow_remedy()

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
        for widget in (self._icon, self._texts, self._line, self._buttons, self._close):
            grid.removeWidget(widget)
        grid.setContentsMargins(*((0, 0, 0, 0) if is_line else (12, 8, 8, 8)))
        grid.setHorizontalSpacing(6 if is_line else 12)
        grid.addWidget(self._icon, 0, 0, Qt.AlignmentFlag.AlignVCenter if is_line else top)
        grid.addWidget(self._line if is_line else self._texts, 0, 1)
        if form is Form.TOAST:
            grid.addWidget(self._buttons, 1, 1, 1, 2, Qt.AlignmentFlag.AlignLeft)
        elif form is Form.WIDE:
            grid.addWidget(self._buttons, 0, 2, top)
        if not is_line:
            grid.addWidget(self._close, 0, 2 if form is Form.TOAST else 3, top)
        for widget, is_shown in (
            (self._texts, not is_line),
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
        banner.closed.connect(lambda: self.dismiss(key))
        banner.passed.connect(lambda: self._drop(key))
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
