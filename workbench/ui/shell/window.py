"""The main window: where things stand, and how it looked last time."""

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QCloseEvent, QKeyEvent, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QApplication,
    QMainWindow,
    QMenu,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from workbench.core.messages import _
from workbench.core.settings import Preference
from workbench.functions.index import FunctionIndex
from workbench.profiles.model import ProfileKind
from workbench.ui.kit import dialog, reading_order
from workbench.ui.kit.geometry import restore_geometry, store_geometry
from workbench.ui.kit.icons import Icons
from workbench.ui.kit.text import PlainLabel, PlainMenu, named, tool_tip, visible
from workbench.ui.pages.base import Page
from workbench.ui.shell import getting_started_card as card
from workbench.ui.shell.banners import MessageCenter
from workbench.ui.shell.focus import FocusKeeper
from workbench.ui.shell.function_list import FunctionList
from workbench.ui.shell.function_page import FunctionBanners, FunctionPage
from workbench.ui.shell.messages import MessagesButton
from workbench.ui.shell.services import Services
from workbench.ui.shell.session import Session, left_off_key
from workbench.ui.shell.status_jobs import StatusJobs
from workbench.ui.shell.top_bar import TopBar

if TYPE_CHECKING:
    from workbench.ui.result.panel import ResultPanel
    from workbench.ui.shell.activity import ActivityPanel
    from workbench.ui.shell.problems_panel import ProblemsPanel

_MIN_SIZE = QSize(320, 120)


class BottomPanel(QTabWidget):
    """Tabs of what is read beside the function: a response, problems, search results.

    Signals:
        close_wanted: The user pressed Escape in it, or its close button.
    """

    close_wanted = Signal()

    def __init__(self, icons: Icons) -> None:
        super().__init__()
        named(self, "bottomTabs", _("Bottom panel"))
        self.setDocumentMode(True)
        close = named(QToolButton(), "bottomClose", _("Close the panel"), "quiet")
        close.setToolTip(tool_tip(_("Close the panel (Escape)")))
        icons.attach(close, "x", "muted")
        close.clicked.connect(self.close_wanted)
        self.setCornerWidget(close, Qt.Corner.TopRightCorner)

    def minimumSizeHint(self) -> QSize:
        """Less than what its tabs ask for: who makes it that small wants to see something else."""
        return _MIN_SIZE

    def sizeHint(self) -> QSize:
        """The splitter gives it its size; asking all tabs costs milliseconds whenever anything changes."""
        return _MIN_SIZE

    def hasHeightForWidth(self) -> bool:
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape comes here when nothing inside has a use for it, such as an open search field."""
        if event.key() == Qt.Key.Key_Escape and not event.modifiers():
            self.close_wanted.emit()
        else:
            super().keyPressEvent(event)


_DEFAULT_SIZE = QSize(1440, 900)
_FRAME_PX = 4
_CLOSE_PATIENCE_MS = 1000
_WITH_PANEL = "with panel"  # the tabs that work with the bottom panel
_SPLITTERS = {"outer": (300, 1140), "inner": (556, 204), "beside": (500, 500)}
_GEOMETRY = Preference("window.geometry", "")
_SIZES: Preference[list[int]] = Preference("window.splitter", [], limits=(1, 16_384), items=int)
"""Of a splitter's parts, in px."""


class MainWindow(QMainWindow):
    """Lays out the parts and remembers size and proportions."""

    first_painted = Signal()
    closed = Signal()
    bottom_opened = Signal(bool)  # the bottom panel was opened, or closed
    operations_changed = Signal()  # one may have been interrupted, or ended: they are looked for again
    result: "ResultPanel"
    problems: "ProblemsPanel"
    activity: "ActivityPanel"

    def __init__(self, services: Services, session: Session, index: FunctionIndex) -> None:
        super().__init__()
        self.setObjectName("mainWindow")
        self._subject, self._danger = "", ""
        self._stack = named(QStackedWidget(), "central")
        self._stack.setAutoFillBackground(True)  # the frame around it is the window's ground
        self._retitle()
        self._services, self._session = services, session
        self._painted = False
        self._problem_count = self._known_problems = 0
        self._may_close = False
        self._is_restarting = False
        self.restarts = False  # whether the program starts again once the window is closed
        # A hung web view must not hold us.
        self._patience = QTimer(self, singleShot=True, interval=_CLOSE_PATIENCE_MS)
        self._patience.timeout.connect(self._close_now)
        # Called before the window closes, with what to call once all that was typed is safe.
        self.before_close: Callable[[Callable[[], None]], None] = lambda then: then()
        # Called after that, when nobody is asked any more.
        self.before_end: Callable[[Callable[[], None]], None] = lambda then: then()
        self.top_bar = TopBar(services)
        self.banners = MessageCenter(services)
        self.functions = FunctionList(services, session, index)
        self.functions.add_messages(self.banners.make_side())
        is_sandbox = session.profile.kind is ProfileKind.SANDBOX
        self.page = FunctionPage(
            lambda: card.GettingStarted(services.actions, services.icons, is_sandbox=is_sandbox)
        )
        left: dict[str, object] = services.settings.get(
            left_off_key(session.profile.name, session.region), {}
        )
        if isinstance(name := left.get("function"), str):  # it is opened again: no card for a moment
            self.page.show_opening(name)
        self.first_painted.connect(self._fit_screen)
        self.first_painted.connect(self.page.fill, Qt.ConnectionType.QueuedConnection)
        self.function_banners = FunctionBanners(self.banners, self.page)
        self._is_placing = False
        self._bottom_on: set[str] = set()  # groups of tabs on which the bottom panel is open
        self.bottom = BottomPanel(services.icons)
        self.bottom.close_wanted.connect(self.close_bottom)
        self._splitters = {
            "inner": _splitter("innerSplitter", Qt.Orientation.Vertical, self.page, self.bottom),
        }
        self._splitters["outer"] = _splitter(
            "outerSplitter", Qt.Orientation.Horizontal, self.functions, self._splitters["inner"]
        )
        self.page.tab_changed.connect(self._place_bottom)
        self.page.function_shown.connect(self._place_bottom)
        self.page.function_closed.connect(self._place_bottom)
        # Later: a splitter that is laying out its children must not lose one of them meanwhile.
        self.page.resized.connect(self._place_bottom, Qt.ConnectionType.QueuedConnection)
        central = QWidget()
        self._column = QVBoxLayout(central)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self.top_bar)
        self._column.addWidget(self.banners)
        self._column.addWidget(self._splitters["outer"], 1)
        self._stack.addWidget(central)
        self.setCentralWidget(self._stack)
        FocusKeeper(self.top_bar, self)
        self._make_menus()
        self.status_jobs = StatusJobs()
        self._hint = named(PlainLabel(), "statusHint", role="muted")
        self.where = named(PlainLabel(), "statusWhere", role="muted")
        self.problem_count = self._status_button("statusProblems", _("Show the problems"))
        self.problem_count.clicked.connect(lambda: self.show_panel(self.problems))
        self.problem_count.setVisible(False)
        panel = self._status_button("statusPanel", services.actions["view.hide_bottom"].toolTip())
        panel.clicked.connect(services.actions["view.hide_bottom"].trigger)
        services.icons.attach(panel, "panel-bottom", "muted")
        self.statusBar().setSizeGripEnabled(False)
        self.messages_button = MessagesButton(services.messages, services.icons)
        self.statusBar().addWidget(self.status_jobs, 3)  # its text is the longer one
        self.statusBar().addWidget(self.banners.make_status(), 1)
        self.statusBar().addPermanentWidget(self._hint)
        self.statusBar().addPermanentWidget(self.where)
        self.statusBar().addPermanentWidget(self.messages_button)
        self.statusBar().addPermanentWidget(self.problem_count)
        self.statusBar().addPermanentWidget(panel)
        self.statusBar().setContentsMargins(4, 0, 8, 0)
        self._restore()
        self.functions.search.setFocus()

    def set_panels(self, result: "ResultPanel", problems: "ProblemsPanel", activity: "ActivityPanel") -> None:
        """Fills the bottom. Called once, after the first painting: panels take their time to load."""
        self.result, self.problems, self.activity = result, problems, activity
        self.bottom.addTab(result, _("Result"))
        self.bottom.addTab(problems, _("Problems"))
        self.bottom.addTab(activity, _("Activity"))
        problems.counted.connect(self._count_problems)

    def add_panel(self, panel: QWidget, title: str, after: QWidget | None = None) -> None:
        """Puts one more tab at the bottom: the last one, or behind another one."""
        self.bottom.insertTab(self.bottom.indexOf(after) + 1 if after else -1, panel, title)

    def add_bar(self, bar: QWidget, status: QWidget) -> None:
        """Puts a bar below the top bar, where it stays while messages come and go; its short form below."""
        self._column.insertWidget(1, bar)
        self.statusBar().insertPermanentWidget(2, status)  # before `where`

    def show_panel(self, panel: QWidget) -> None:
        """Brings a panel of the bottom to the front; the keyboard stays where it is.

        It is open then on the tab in front, and on those that work with it.
        """
        self._bottom_on |= {self._tab_group(), _WITH_PANEL}
        self._hide(self.bottom, hidden=False)
        self.bottom.setCurrentWidget(panel)

    def go_to_panel(self, panel: QWidget) -> None:
        """Brings a panel of the bottom to the front, and the keyboard to what it shows."""
        self.show_panel(panel)
        stops = [each for each in reading_order.tab_stops(self) if panel.isAncestorOf(each)]
        # What it shows, rather than a button above it; where it says that there is nothing, its tab.
        shown = [each for each in stops if isinstance(each, QAbstractScrollArea)]
        target = (shown or stops or [self.bottom.tabBar()])[0]
        target.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def go_to_pane(self, *, forward: bool = True) -> None:
        """Brings the keyboard to the next or previous pane: messages, list, function, bottom panel."""
        panes: list[tuple[QWidget, Callable[[], object]]] = [
            *((banner, self.banners.focus_newest) for banner in self.banners.reachable[:1]),
            (self.functions, self.functions.focus_search),
            (self.page, self.page.focus_tab),
            (self.bottom, self.bottom.tabBar().setFocus),
        ]
        panes = [(pane, focus) for pane, focus in panes if pane.isVisible()]
        focused = self.focusWidget()
        held = [number for number, (pane, __) in enumerate(panes) if pane.isAncestorOf(focused)]
        # The innermost: messages lie in the column of the list, and the panel may stand in the page.
        held = sorted(
            held, key=lambda number: sum(panes[each][0].isAncestorOf(panes[number][0]) for each in held)
        )
        start = held[-1] if held else (-1 if forward else 0)
        if panes:
            panes[(start + (1 if forward else -1)) % len(panes)][1]()

    def go_to_newest_message(self) -> None:
        """Brings the keyboard to the newest message that is shown, or else to the list of all messages."""
        if self.banners.reachable:
            self.banners.focus_newest()
        else:
            self.messages_button.open_list()

    def search_functions(self) -> None:
        """Brings the keyboard to the field above the list of functions."""
        self.show_functions()
        self.functions.focus_search()

    def show_functions(self) -> None:
        """Shows the list of functions if it is hidden."""
        self._hide(self.functions, hidden=False)

    def hide_functions(self) -> None:
        """Takes the list of functions away, or brings it back: more room for the code."""
        self._hide(self.functions, hidden=not self.functions.isHidden())

    def hide_bottom(self) -> None:
        """Closes the bottom panel on the tab in front, or opens it."""
        if self.bottom.isHidden():
            self._bottom_on.add(self._tab_group())
            self._hide(self.bottom, hidden=False)
        else:
            self.close_bottom()

    def close_bottom(self) -> None:
        """Closes the bottom panel on the tab in front; it opens again when there is something new to read."""
        self._known_problems = self._problem_count
        self._bottom_on.discard(self._tab_group())
        self._hide(self.bottom, hidden=True)

    def close_bottom_everywhere(self) -> None:
        """Closes the bottom panel on all tabs: what it showed is of an account that was left."""
        self._bottom_on.clear()
        self.close_bottom()

    def _tab_group(self) -> str:
        """The tabs that share the state of the bottom panel with the one in front."""
        page = self.page.tabs.currentWidget()
        return page.objectName() if isinstance(page, Page) and not page.has_panel else _WITH_PANEL

    def _place_bottom(self) -> None:
        """Opens or closes the bottom panel as it is on the tab in front, and puts it in its place there."""
        if self._is_placing:  # a splitter that loses the panel resizes the page: Qt is half-way through it
            return
        self._is_placing = True
        beside = self.page.place_beside()
        name = "inner" if beside is None else "beside"
        if beside is not None:
            self._splitters["beside"] = beside
        if self.bottom.parentWidget() is not (splitter := self._splitters[name]):
            focused = QApplication.focusWidget()
            self._remember_proportions()
            splitter.addWidget(self.bottom)
            if focused is not None and self.bottom.isAncestorOf(focused):
                focused.setFocus(Qt.FocusReason.OtherFocusReason)
            self._set_proportions(name)
        self._is_placing = False
        self._hide(self.bottom, hidden=self._tab_group() not in self._bottom_on)

    def show_new_problems(self) -> None:
        """Opens the bottom panel for problems that were not there when it was closed; else leaves it."""
        if self.bottom.isHidden() and self._problem_count > self._known_problems:
            self.show_panel(self.problems)

    def show_hint(self, text: str) -> None:
        """Says in the status bar how to go on by keyboard from where it is; empty for nothing."""
        self._hint.setText(text)

    def set_subject(self, subject: str) -> None:
        """What the window is about, in its title: a function's name, or nothing."""
        self._subject = self.banners.subject = subject
        self._retitle()

    def set_danger(self, danger: str) -> None:
        """Paints the frame red and says why in the title ("PRODUCTION 123456789012"); empty for no danger."""
        self._danger = danger
        self._retitle()
        width = _FRAME_PX if danger else 0
        self.setContentsMargins(width, width, width, width)
        self.setProperty("danger", bool(danger))
        self.style().polish(self)

    def cover(self, page: QWidget) -> None:
        """Shows a page instead of everything else, in the title and below too."""
        self._stack.addWidget(page)
        self._stack.setCurrentWidget(page)
        self.menuBar().setVisible(False)
        self.statusBar().setVisible(False)
        self._retitle()

    def uncover(self, page: QWidget) -> None:
        """Shows everything again; the page is gone."""
        self._stack.removeWidget(page)
        page.deleteLater()
        self.menuBar().setVisible(True)
        self.statusBar().setVisible(True)
        self._retitle()

    @staticmethod
    def _status_button(name: str, tip: str) -> QToolButton:
        """A button as high as the status bar's texts."""
        button = named(QToolButton(), name, tip, "quiet")
        button.setToolTip(tool_tip(tip))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _retitle(self) -> None:
        is_covered = self._stack.currentIndex() > 0
        parts = (_("Workbench"),) if is_covered else (self._danger, self._subject, _("Workbench"))
        self.setWindowTitle(visible(" – ".join(part for part in parts if part)))

    def focusNextPrevChild(self, forward: bool) -> bool:
        return reading_order.move_focus(self, forward=forward)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self, self.first_painted.emit)

    def restart(self) -> None:
        """Closes the window as its button does; the program then starts again."""
        self._is_restarting = True
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._may_close:
            self._remember()
            self.hide()  # ending takes a moment; nobody wants to look at a window that no longer answers
            self.closed.emit()
            event.accept()
            return
        event.ignore()
        # What closes the window later, after the user has stayed, does not restart the program.
        self.restarts, self._is_restarting = self._is_restarting, False
        self._patience.start()
        # Not from in here: while Qt closes a window it takes no second close.
        QTimer.singleShot(0, self, lambda: self.before_close(lambda: self.before_end(self._close_now)))

    def stay_open(self) -> None:
        """For `before_close`: a person is being asked; the window waits for the answer, however long."""
        self._patience.stop()

    def _close_now(self) -> None:
        if not self._may_close:
            self._may_close = True
            self.close()

    def _count_problems(self, count: int) -> None:
        """Says how many there are in the tab's title, and in the status bar while the panel is closed."""
        self._problem_count = count
        self._known_problems = min(self._known_problems, count)
        title = _("Problems ({count})").format(count=f"{count:,}") if count else _("Problems")
        self.bottom.setTabText(self.bottom.indexOf(self.problems), title)
        self.problem_count.setText(title)
        self.problem_count.setAccessibleName(title)
        self.problem_count.setVisible(count > 0)

    def _hide(self, part: QWidget, *, hidden: bool) -> None:
        """Hides or shows a part of the window, as large as it was. The keyboard leaves what is hidden."""
        if hidden == part.isHidden():
            return
        if part is self.functions:
            self._services.settings.set(f"window.hidden.{part.objectName()}", hidden)
        had_keyboard = part.isAncestorOf(QApplication.focusWidget() or self)
        if hidden:
            self._remember_proportions()
        part.setHidden(hidden)
        if part is self.functions:
            self.banners.follow_side()
        if not hidden:
            name = next(each for each, splitter in self._splitters.items() if splitter.indexOf(part) >= 0)
            self._set_proportions(name)
        if part is self.bottom:
            self.bottom_opened.emit(not hidden)
        if hidden and had_keyboard:
            self.page.focus_tab()

    def _make_menus(self) -> None:
        actions = self._services.actions
        self._menus: dict[str, QMenu] = {}  # by title
        self._submenus: dict[str, QMenu] = {}  # by object name
        self._starting: dict[str, QAction] = {}  # what menus without actions have instead, by title
        for title, entries in actions.menus().items():
            menu = self._menus[title] = PlainMenu(title, self.menuBar())
            self.menuBar().addMenu(menu)
            menu.setObjectName(f"menu.{title.replace('&', '').lower()}")
            for action in entries:
                self._put(menu, action)
            if not entries:  # until a feature adds its own
                starting = self._starting[title] = menu.addAction(_("Starting…"))
                starting.setEnabled(False)
        # Shortcuts work only for actions that belong to a widget of the window.
        self.addActions(actions.all())
        actions.added.connect(self._add_action)

    def _add_action(self, name: str) -> None:
        """Puts an action that a feature has added into its menu, behind the one that it follows."""
        actions = self._services.actions
        title, previous = actions.place_of(name)
        if (starting := self._starting.pop(title, None)) is not None:
            starting.deleteLater()
            self._menus[title].removeAction(starting)
        self._put(self._menus[title], actions[name], previous, is_late=True)
        self.addAction(actions[name])

    def _put(
        self, menu: QMenu, action: QAction, after: QAction | None = None, *, is_late: bool = False
    ) -> None:
        """Puts an action into a menu, or its submenu: at the end, or late: behind another one, or first."""
        spec = self._services.actions.specs[action.objectName()]
        name = f"{menu.objectName()}.{spec.submenu.replace(' ', '').lower()}" if spec.submenu else ""
        within = self._submenus.get(name, menu)
        before = at_the_end = cast("QAction", None)  # Qt's null, which its stubs do not know
        if is_late:
            entries = within.actions()
            if after is not None and after not in entries:  # it ends another submenu
                holders = (each.menuAction() for each in self._submenus.values() if after in each.actions())
                after = next(holders, None)
            number = entries.index(after) + 1 if after in entries else 0
            before = entries[number] if number < len(entries) else at_the_end
        if spec.begins_group:
            within.insertSeparator(before)
        if spec.submenu and within is menu:
            within = self._submenus[name] = PlainMenu(spec.submenu, menu)
            within.setObjectName(name)
            menu.insertMenu(before, within)
            before = at_the_end
        within.insertAction(before, action)

    def _restore(self) -> None:
        settings = self._services.settings
        self.resize(_DEFAULT_SIZE.boundedTo(dialog.room_on_screen(self)))
        restore_geometry(self, settings, _GEOMETRY)
        self._set_proportions("outer")
        self.functions.setHidden(settings.get(f"window.hidden.{self.functions.objectName()}", False))
        self.bottom.setHidden(True)  # there is nothing to read yet

    def _fit_screen(self) -> None:
        """Makes the window as small as the screen, its frame included: that is known once it is shown."""
        area, frame = dialog.available_area(self), self.frameGeometry()
        if area.contains(frame) or self.isMaximized() or self.isFullScreen():
            return
        if frame.size().boundedTo(area.size()) != frame.size():
            self.resize(self.size().boundedTo(dialog.room_on_screen(self)))
            frame = self.frameGeometry()
        left = max(area.left(), min(frame.left(), area.right() + 1 - frame.width()))
        top = max(area.top(), min(frame.top(), area.bottom() + 1 - frame.height()))
        self.move(left, top)

    def _set_proportions(self, name: str) -> None:
        """Gives a splitter's parts the sizes of last time; the part that stretches takes what is left."""
        splitter = self._splitters[name]
        settings, usual = self._services.settings, _SIZES.at(name)
        sizes = self._of_session(usual).read(settings) or usual.read(settings)
        splitter.setSizes(sizes if len(sizes) == splitter.count() else list(_SPLITTERS[name]))

    def _of_session(self, sizes: Preference[list[int]]) -> Preference[list[int]]:
        """A setting that each profile and region has for itself."""
        return sizes.at(self._session.profile.name, self._session.region)

    def _remember(self) -> None:
        settings = self._services.settings
        store_geometry(self, settings, _GEOMETRY)
        self._remember_proportions()

    def _remember_proportions(self) -> None:
        settings = self._services.settings
        for name, splitter in self._splitters.items():
            sizes = splitter.sizes()
            if len(sizes) == len(_SPLITTERS[name]) and 0 not in sizes:  # what is hidden has no size
                for each in (_SIZES.at(name), self._of_session(_SIZES.at(name))):
                    each.store(settings, sizes)


def _splitter(name: str, orientation: Qt.Orientation, first: QWidget, second: QWidget) -> QSplitter:
    splitter = named(QSplitter(orientation), name)
    splitter.setChildrenCollapsible(False)
    splitter.addWidget(first)
    splitter.addWidget(second)
    splitter.setStretchFactor(0, 0 if orientation == Qt.Orientation.Horizontal else 1)
    splitter.setStretchFactor(1, 1 if orientation == Qt.Orientation.Horizontal else 0)
    return splitter
