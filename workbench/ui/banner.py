"""Messages above the page: errors with their remedy, and notices. Never a pop-up over the work.

Owns: how a WorkbenchError looks. Must not know: what a remedy does; it is an action of the registry.
"""

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QAction, QGuiApplication
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from workbench.core.errors import WorkbenchError, sentences
from workbench.core.redaction import redact
from workbench.ui.actions import ActionRegistry
from workbench.ui.icon_label import IconLabel
from workbench.ui.icons import Icons
from workbench.ui.kit.text import PlainLabel
from workbench.ui.named import named

_MOST = 3
# Good news goes by itself; whatever asks for attention stays until it is closed.
_PASSING, _PASSING_MS = ("good",), 8_000
_ICONS = {
    "danger": ("circle-alert", "danger"),
    "warning": ("triangle-alert", "warning"),
    "info": ("info", "accent"),
    "good": ("circle-check", "good"),
}


class ErrorBanner(QFrame):
    """One message with Copy and Close, and a button for the remedy when the program can do it.

    Args:
        error: What to say. For a notice only `what`, `why` and `action` are filled.
        actions: Where `error.action` is looked up; its button is there while the action is enabled.
        icons: For the tone's icon.
        tone: "danger", "warning", "info" or "good".
        report: What Copy copies, when that is not the message itself.
        parent: The widget it lies in.
    """

    closed = Signal()

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
        self._report = report
        self._remedy: QAction | None = None
        if error.action in actions:
            self._remedy = actions[error.action]
        self._action = named(QPushButton(), "bannerAction")
        self._action.setVisible(False)
        texts = QVBoxLayout()
        texts.setSpacing(2)
        for name, role, text in (
            ("bannerWhat", "heading", error.what),
            ("bannerWhy", "", sentences(error.why, error.remedy)),
            ("bannerCode", "muted", self._code()),
        ):
            if text:
                texts.addWidget(_label(name, role, text))
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self._action)
        if tone in ("danger", "warning") or report:
            copy = QPushButton(self.tr("Copy Report") if report else self.tr("Copy"))
            named(copy, "bannerCopy", self.tr("Copy this message"))
            copy.clicked.connect(self._copy)
            buttons.addWidget(copy)
        close = named(QToolButton(), "bannerClose", self.tr("Close this message"), "quiet")
        close.setText("✕")
        icons.attach(close, "x", "muted")
        close.setToolTip(self.tr("Close this message"))
        close.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        close.clicked.connect(self.closed)
        buttons.addWidget(close)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 8, 8)
        row.setSpacing(12)
        name, color = _ICONS[tone]
        row.addWidget(IconLabel(icons, name, color), 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(texts, 1)
        row.addLayout(buttons)
        row.setAlignment(buttons, Qt.AlignmentFlag.AlignTop)
        self.setAccessibleName(error.what)
        self.setAccessibleDescription(str(error))
        if self._remedy is not None:
            self._remedy.changed.connect(self._follow_remedy)
            self._action.clicked.connect(self._run_remedy)
            self._follow_remedy()

    def announce(self) -> None:
        """Reads the message out to who uses a screen reader; a warning interrupts, a notice waits."""
        event = QAccessibleAnnouncementEvent(self, str(self.error))
        if self.property("tone") in ("danger", "warning"):
            event.setPoliteness(QAccessible.AnnouncementPoliteness.Assertive)
        QAccessible.updateAccessibility(event)

    def _code(self) -> str:
        request = (
            self.tr("request id %1").replace("%1", self.error.request_id) if self.error.request_id else ""
        )
        return " · ".join(part for part in (self.error.aws_code, request) if part)

    def _copy(self) -> None:
        texts = (self.error.what, self.error.why, self.error.remedy, self._code())
        text = self._report or "\n".join(part for part in texts if part)
        QGuiApplication.clipboard().setText(redact(text))

    def _follow_remedy(self) -> None:
        if self._remedy is not None:
            self._action.setText(self._remedy.text())
            self._action.setAccessibleName(self._remedy.text())
            self._action.setVisible(self._remedy.isEnabled())

    def _run_remedy(self) -> None:
        # Closed first: should the remedy fail too, its own message takes this one's place.
        remedy = self._remedy
        self.closed.emit()
        if remedy is not None:
            remedy.trigger()


class BannerStack(QWidget):
    """At most three messages, the newest on top. It takes no room when there is none."""

    def __init__(self, actions: ActionRegistry, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banners")
        self.setAccessibleName(self.tr("Messages"))
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
        return [banner for _, banner in self._banners]

    def show_error(
        self, error: WorkbenchError, tone: str = "danger", report: str = "", key: str = ""
    ) -> ErrorBanner:
        """Shows an error on top.

        Args:
            error: What to say.
            tone: See ErrorBanner.
            report: What Copy copies instead of the message.
            key: What the message is about ("connection"): it takes the place of an older one with this key,
                and `dismiss` finds it. By default the words are the key, so that what fails every few seconds
                is said once.
        """
        key = key or f"{error.what}\n{error.why}\n{error.aws_code}"
        self.dismiss(key)
        banner = ErrorBanner(error, self._actions, self._icons, tone, report)
        banner.closed.connect(lambda: self.dismiss(key))
        self._banners.insert(0, (key, banner))
        self._column.insertWidget(0, banner)
        for old_key, _ in self._banners[_MOST:]:
            self.dismiss(old_key)
        self.setVisible(True)
        banner.announce()
        if tone in _PASSING:
            # A child of the banner: it ends with it, should the person be quicker.
            passing = QTimer(banner, singleShot=True, interval=_PASSING_MS)
            passing.timeout.connect(banner.closed)
            passing.start()
        return banner

    def show_notice(self, text: str, detail: str = "", tone: str = "info", key: str = "") -> ErrorBanner:
        """Shows a notice on top: something a person should know that is no failure."""
        return self.show_error(WorkbenchError(text, detail), tone, key=key)

    def dismiss(self, key: str) -> None:
        """Closes the message with this key, if it is shown."""
        for entry in [entry for entry in self._banners if entry[0] == key]:
            self._banners.remove(entry)
            self._column.removeWidget(entry[1])
            entry[1].hide()
            entry[1].deleteLater()
        self.setVisible(bool(self._banners))

    def focus_newest(self) -> None:
        """Brings the keyboard to the newest message: to its remedy, or else to its other buttons."""
        if self._banners:
            newest = self._banners[0][1]
            buttons = newest.findChildren(QAbstractButton)
            next(each for each in buttons if each.isVisibleTo(newest)).setFocus(
                Qt.FocusReason.ShortcutFocusReason
            )

    def clear(self) -> None:
        """Closes all messages."""
        for key, _ in list(self._banners):
            self.dismiss(key)


def _label(name: str, role: str, text: str) -> QLabel:
    label = named(PlainLabel(text), name, text, role)
    label.setWordWrap(True)
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    return label
