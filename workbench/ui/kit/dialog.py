"""The buttons of a dialog in the platform's order: the action is on the same side of Cancel everywhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from PySide6.QtCore import QEvent, QMargins, QObject, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontDatabase, QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QBoxLayout,
    QDialog,
    QDialogButtonBox,
    QFrame,
    QLayout,
    QLayoutItem,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Progress
from workbench.core.messages import _
from workbench.core.settings import Preference, Settings
from workbench.ui.kit.labels import progress_bar
from workbench.ui.kit.reading_order import ReadingOrder
from workbench.ui.kit.text import PlainLine, named, show_message, text_label, visible
from workbench.ui.kit.text_size import scaled

_LEAVES = ("Cancel", "Close", "Later", "No")
_ROLES = {
    "primary": QDialogButtonBox.ButtonRole.AcceptRole,
    "danger": QDialogButtonBox.ButtonRole.YesRole,  # as AcceptRole, but Enter does not press it
}


_SIZE: Preference[list[int]] = Preference("window.size", [], limits=(0, 16_384), items=int)
"""Of a dialog by its object name, in px."""


class DialogButtons(QDialogButtonBox):
    """A button box that derives a button's part from its name and its role in the style sheet.

    A button whose object name ends in Cancel, Close, Later or No leaves the dialog. Of the others, the one
    with the role "primary" or "danger" is the action, and the rest are where the platform puts others.

    The second press of a double click counts only for the button that got the first one: that may have put
    another button, such as Close, below the pointer.
    """

    def __init__(self, *buttons: QPushButton) -> None:
        super().__init__()
        self._pressed: QObject | None = None
        if (row := self.layout()) is not None:
            row.setSpacing(8)
        for button in buttons:
            self.add(button)

    def add(self, button: QPushButton, part: QDialogButtonBox.ButtonRole | None = None) -> None:
        """Adds a button.

        Args:
            button: Must have its object name and role.
            part: Its part in the dialog, if its name does not tell.
        """
        if part is None:
            if button.objectName().endswith(_LEAVES):
                part = QDialogButtonBox.ButtonRole.RejectRole
            else:
                part = _ROLES.get(str(button.property("role")), QDialogButtonBox.ButtonRole.ActionRole)
        self.addButton(button, part)
        button.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.MouseButtonPress:
            self._pressed = watched
        return event.type() == QEvent.Type.MouseButtonDblClick and watched is not self._pressed

    def show_button(self, button: QPushButton, *, shown: bool) -> None:
        """Shows or hides one of the buttons without moving the focus."""
        with self._keeping_focus():
            button.setVisible(shown)

    def changeEvent(self, event: QEvent) -> None:
        with self._keeping_focus():
            super().changeEvent(event)

    @contextmanager
    def _keeping_focus(self) -> Iterator[None]:
        """Qt hides all buttons for a moment while rearranging them, which would take the focus away."""
        focused = self.window().focusWidget()
        yield
        if focused is not None and self.isAncestorOf(focused) and not focused.isHidden():
            focused.setFocus()


_WIDTH = 460
_MARGIN, _SPACING = 20, 12
FRAME = QSize(2, 34)
"""Room for the frame that a window manager draws around a window, in px: unknown before it is shown."""


class WindowSizes(QObject):
    """Stores the sizes that the user gave to dialogs, by object name. One instance, below the application.

    Args:
        application: Its parent, where dialogs find it. Without it no size is remembered.
        settings: Stores sizes, in px.
    """

    def __init__(self, application: QApplication, settings: Settings) -> None:
        super().__init__(application)
        self._settings = settings

    def read(self, name: str) -> QSize | None:
        """The user's last size of the dialog; None for none."""
        stored = _SIZE.at(name).read(self._settings)
        return QSize(*stored) if len(stored) == 2 and 0 not in stored else None

    def store(self, name: str, size: QSize) -> None:
        """Stores the size for the next time."""
        _SIZE.at(name).store(self._settings, [size.width(), size.height()])

    def area(self, window: QWidget) -> QRect:
        """The part of the window's screen without the desktop's panels, in px."""
        return window.screen().availableGeometry()


def available_area(window: QWidget) -> QRect:
    """The part of its screen that a window may cover, in px."""
    sizes = _sizes()
    return sizes.area(window) if sizes else window.screen().availableGeometry()


def room_on_screen(window: QWidget) -> QSize:
    """The largest size that leaves room for a window's frame on its screen, in px."""
    frame = window.frameGeometry().size() - window.size()
    return available_area(window).size() - frame.expandedTo(FRAME)


class BaseDialog(ReadingOrder, QDialog):
    """A dialog with any layout over its window.

    It is never larger than the screen. Content that needs more room scrolls; the row of buttons at the bottom
    stays. A size that the user gave it is remembered by its object name.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._user_size: QSize | None = None
        self._scroll_area: QScrollArea | None = None
        self._is_size_given = True  # by its creator, for texts of 100 %

    @property
    def scrolls(self) -> bool:
        """Whether the content is too large for the screen."""
        return self._scroll_area is not None

    def room_on_screen(self) -> QSize:
        """See the function."""
        return room_on_screen(self)

    def add_column(self) -> QVBoxLayout:
        """Makes its layout: a column with the margins that all dialogs have."""
        column = QVBoxLayout(self)
        column.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        column.setSpacing(_SPACING)
        return column

    def resize_to_content(self) -> None:
        """Takes the size that the content needs. By default a dialog keeps the size that it was given."""

    def request_size(self, size: QSize) -> None:
        """Takes a size as far as the screen allows; one that the user chose is only enlarged."""
        self._is_size_given = False
        if not self.scrolls:
            size = size if self._user_size is None else size.expandedTo(self._user_size)
            self.resize(size.boundedTo(self.room_on_screen()))

    def resize_to_screen(self) -> None:
        """Makes the content scroll if the screen is too small for it, and keeps the dialog on the screen.

        The dialog gets as wide as its texts are: Qt heeds that only where no minimum width is set.
        """
        room = self.room_on_screen()
        if (layout := self.layout()) is not None and not self.scrolls:
            width = layout.totalMinimumSize().width()
            if not _fits(layout, room, max(self.width(), width)):
                scroll = self._make_scroll(layout)
                width += scroll.verticalScrollBar().sizeHint().width()
            if self.width() < width:
                self.resize(width, self.height())
        if self.width() > room.width() or self.height() > room.height():
            self.resize(self.size().boundedTo(room))

    def event(self, event: QEvent) -> bool:
        was_handled = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest and self.isVisible():
            self.resize_to_screen()
        return was_handled

    def showEvent(self, event: QShowEvent) -> None:
        if not event.spontaneous():
            if (sizes := _sizes()) and (chosen := sizes.read(self.objectName())):
                self._user_size = chosen
                self.resize(chosen.boundedTo(self.room_on_screen()))
            elif self._is_size_given and self.testAttribute(Qt.WidgetAttribute.WA_Resized):
                self.resize(scaled(self.width()), scaled(self.height()))
            self._is_size_given = False
            self.resize_to_content()  # only now the labels have their final font
            self.resize_to_screen()
        super().showEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.spontaneous() and self.isVisible():  # the user dragged its frame
            self._user_size = event.size()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if not event.spontaneous() and self._user_size is not None and (sizes := _sizes()):
            sizes.store(self.objectName(), self._user_size)

    def _make_scroll(self, layout: QLayout) -> QScrollArea:
        """Moves all but the row of buttons into a scroll area."""
        focused = self.focusWidget()
        margins = layout.contentsMargins()
        row = _take_buttons(layout)
        content = QWidget()
        content.setLayout(layout)
        self._scroll_area = scroll = QScrollArea()
        named(scroll, "dialogScroll", self.accessibleName())
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setWidget(content)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(QMargins())
        outer.setSpacing(0)
        outer.addWidget(scroll, 1)
        if row is not None:
            layout.setContentsMargins(margins.left(), margins.top(), margins.right(), layout.spacing())
            foot = QVBoxLayout()
            foot.setContentsMargins(margins.left(), layout.spacing(), margins.right(), margins.bottom())
            if (inner := row.layout()) is not None:
                foot.addLayout(inner)
            elif (widget := row.widget()) is not None:
                foot.addWidget(widget)
            outer.addLayout(foot)
        for widget in (content, scroll):  # a layout would show them only in the next turn of the event loop
            widget.show()
        outer.activate()  # what the former layout requested is no longer the dialog's minimum
        if focused is not None:
            focused.setFocus()
        return scroll


class Dialog(BaseDialog):
    """A dialog over the window that is open until it is answered; it deletes itself when closed.

    It can stay open while its work is done, so that a failure loses no input: see `set_busy`.

    Signals:
        cancel_wanted: The user wants to leave while it is busy, so its work should be cancelled.
    """

    cancel_wanted = Signal()
    cancelling_text = ""
    """The state once the user cancels."""

    def __init__(self, name: str, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.is_busy = False
        self._busy_fields: tuple[QWidget, ...] = ()
        self._bar: QProgressBar | None = None
        self._leave: QPushButton | None = None  # Cancel or Close
        self._leave_text = ""
        self._focused: QWidget | None = None  # when the work began
        named(self, name, title)
        self.setWindowTitle(visible(title))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        # On macOS a dialog over its window is shown without its title.
        self._heading = text_label(f"{name}Heading", title, "heading")
        self.setMinimumWidth(scaled(_WIDTH))
        self.content = self.add_column()
        self.content.addWidget(self._heading)
        self.state = text_label(f"{name}State")
        self.state.setVisible(False)
        self.buttons = DialogButtons()

    def set_title(self, title: str) -> None:
        """Sets a title that is more specific than the class."""
        self.setWindowTitle(visible(title))
        self.setAccessibleName(title)
        self._heading.setText(title)
        self._heading.setAccessibleName(title)

    def finish_layout(self, *, stretch: bool = True) -> None:
        """Adds the state and the buttons below `content`.

        Args:
            stretch: Whether the buttons stay at the bottom; False if something above takes all the room.
        """
        self.content.addWidget(self.state)
        if stretch:
            self.content.addStretch(1)
        self.content.addWidget(self.buttons)
        self.resize_to_content()

    def add_button(
        self, name: str, text: str, role: str = "", part: QDialogButtonBox.ButtonRole | None = None
    ) -> QPushButton:
        """Adds a button in the platform's position. Enter presses the primary one."""
        button = named(QPushButton(text), name, text, role)
        button.setAutoDefault(role == "primary")
        button.setDefault(role == "primary")
        self.buttons.add(button, part)
        if self.buttons.buttonRole(button) is QDialogButtonBox.ButtonRole.RejectRole:
            self._leave, self._leave_text = button, text
        return button

    def set_message(self, text: str, role: str = "muted") -> None:
        """Shows a state; an error's `role` is "danger"."""
        show_message(self.state, text, role)
        self.resize_to_content()

    def set_error(self, error: WorkbenchError) -> None:
        self.set_message(str(error), "danger")

    # While it works -----------------------------------------------------------------------------------------

    def disable_while_busy(self, *fields: QWidget) -> None:
        """Names fields that cannot be changed while it is busy. Buttons are left to `switch`."""
        self._busy_fields = fields

    def add_progress(self, name: str) -> QProgressBar:
        """Adds a bar that is visible while it is busy."""
        self._bar = progress_bar(name)
        self._bar.setVisible(False)
        self.content.addWidget(self._bar)
        return self._bar

    def set_busy(self, *, busy: bool, text: str = "") -> None:
        """While it is busy nothing can be changed, and leaving it emits `cancel_wanted` instead.

        Args:
            text: The state; if empty it is not changed.
        """
        if busy and not self.is_busy:
            self._focused = self.focusWidget()
        self.is_busy = busy
        for field in self._busy_fields:
            field.setEnabled(not busy)
        if self._bar is not None:
            self._bar.setVisible(busy)
            if busy:
                self._bar.setRange(0, 0)
        self.switch()
        if self._leave is not None:
            self._switch_leaving(self._leave)
        if text:
            self.set_message(text)

    def show_progress(self, progress: Progress) -> None:
        """Shows progress while it is busy."""
        if not self.is_busy:
            return
        if progress.text:
            self.set_message(_("{progress}…").format(progress=progress.text))
        if self._bar is not None:
            self._bar.setRange(0, round(progress.total))
            self._bar.setValue(round(progress.done))

    def switch(self) -> None:
        """Enables the buttons that fit the input and `is_busy`. Overridden by dialogs."""

    def reject(self) -> None:
        if not self.is_busy:
            super().reject()
            return
        if self._leave is not None:
            self._leave.setEnabled(False)
        if self.cancelling_text:
            self.set_message(self.cancelling_text)
        self.cancel_wanted.emit()

    def _switch_leaving(self, button: QPushButton) -> None:
        """Moves the focus to Cancel while it is busy, then back; Qt would choose any widget."""
        was_cancelled = not button.isEnabled()
        button.setEnabled(True)
        button.setText(_("Cancel") if self.is_busy else self._leave_text)
        if self.is_busy:
            button.setFocus()
        elif self._focused is not None and (was_cancelled or self.focusWidget() is button):
            self._focused.setFocus()
            self._focused = None

    def resize_to_content(self) -> None:
        """Makes it as high as its texts need at this width; by itself a wrapped text requests more."""
        for widget in reversed([self, *self.findChildren(QWidget)]):  # or a row just hidden counts
            if (layout := widget.layout()) is not None:
                layout.activate()
        width = max(self.width(), self.minimumWidth())
        self.request_size(QSize(width, self.content.totalHeightForWidth(width)))


def _sizes() -> WindowSizes | None:
    application = QApplication.instance()
    return application.findChild(WindowSizes) if application is not None else None


def _fits(layout: QLayout, room: QSize, width: int) -> bool:
    least = layout.totalMinimumSize()
    if layout.hasHeightForWidth():
        least.setHeight(max(least.height(), layout.totalMinimumHeightForWidth(width)))
    return least.width() <= room.width() and least.height() <= room.height()


def _take_buttons(layout: QLayout) -> QLayoutItem | None:
    """Removes the last row from a column if it is a row of buttons."""
    last = layout.count() - 1
    item = layout.itemAt(last) if isinstance(layout, QBoxLayout) and last >= 0 else None
    if item is None or not _holds_button(item):
        return None
    return layout.takeAt(last)


def _holds_button(item: QLayoutItem) -> bool:
    if (widget := item.widget()) is not None:
        return isinstance(widget, QAbstractButton) or bool(widget.findChildren(QAbstractButton))
    inner = item.layout()
    return inner is not None and any(
        child is not None and _holds_button(child) for child in map(inner.itemAt, range(inner.count()))
    )


_DETAIL_PADDING = 24
_WIDE = 560
_MAX_LINES = 12


class Question(Dialog):
    """A question to agree to or not. Escape means no, and so does Enter unless there is a field to type into.

    Args:
        words: The question.
        detail: What the user should read closely (a command, a URL), in a fixed-width font.
        yes: Text of the button that agrees.
        is_destructive: Whether something goes that nothing brings back.
    """

    def __init__(
        self,
        name: str,
        title: str,
        words: str,
        yes: str,
        parent: QWidget,
        detail: str = "",
        *,
        is_destructive: bool = False,
    ) -> None:
        super().__init__(name, title, parent)
        self.content.addWidget(text_label(f"{name}Words", words))
        if detail:
            field = named(QPlainTextEdit(detail), f"{name}Detail", words)
            field.setReadOnly(True)
            field.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
            field.setTabChangesFocus(True)
            lines = min(max(2, detail.count("\n") + 1), _MAX_LINES)
            field.setFixedHeight(lines * field.fontMetrics().lineSpacing() + _DETAIL_PADDING)
            self.setMinimumWidth(scaled(_WIDE))
            self.content.addWidget(field)
        self.yes = QPushButton(yes)
        named(self.yes, f"{name}Yes", yes, "danger" if is_destructive else "")
        self.no = QPushButton(_("Cancel"))
        named(self.no, f"{name}No", _("Cancel"))
        self.yes.clicked.connect(self.accept)
        self.no.clicked.connect(self.reject)

    def ask(self, then: Callable[[], object], field: QWidget | None = None) -> None:
        """Opens it; `then` is called after a yes.

        Args:
            field: Gets the focus; without one the safe answer has it, and Enter.
        """
        for button in (self.yes, self.no):
            button.setAutoDefault(button is self.no and field is None)
        self.buttons.add(self.yes, QDialogButtonBox.ButtonRole.YesRole)
        self.buttons.add(self.no)
        self.finish_layout()
        (field or self.no).setFocus()
        self.accepted.connect(then)
        self.open()


def confirm_by_name(
    parent: QWidget,
    title: str,
    words: str,
    name: str,
    yes: str,
    then: Callable[[], object],
    choice: QWidget | None = None,
) -> Question:
    """Asks the user to type a name before a change in production.

    Args:
        words: What will happen, and where.
        name: The text to type exactly.
        yes: Text of the button, with the account.
        then: Called once the name was typed and the button pressed.
        choice: A further decision, shown below the text.
    """
    question = Question("confirmByName", title, words, yes, parent, is_destructive=True)
    if choice is not None:
        question.content.addWidget(choice)
    hint = _("Type {name} to continue:").format(name=name)
    label = text_label("confirmHint", hint, "muted")
    field = named(PlainLine(), "confirmName", hint)
    question.content.addWidget(label)
    question.content.addWidget(field)
    question.yes.setEnabled(False)
    field.textChanged.connect(lambda text: question.yes.setEnabled(text.strip() == name))

    def entered() -> None:
        if question.yes.isEnabled():
            question.accept()

    field.returnPressed.connect(entered)
    question.ask(then, field)
    return question
