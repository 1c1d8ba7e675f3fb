"""The right side: one function's header and its tabs, and the messages about it."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSpacerItem, QSplitter, QStackedLayout, QTabWidget, QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.functions.model import FunctionDetail, owner_of
from workbench.ui.kit.empty import EmptyState
from workbench.ui.kit.labels import badge, elided_badge
from workbench.ui.kit.text import PlainLabel, named, restyle, tool_tip
from workbench.ui.kit.text_size import scaled
from workbench.ui.pages.base import Page
from workbench.ui.shell.banners import BannerStack, ErrorBanner
from workbench.ui.shell.owner import owner_tip, owner_title, owner_warning
from workbench.ui.shell.services import OpenFunction

if TYPE_CHECKING:
    from workbench.ui.shell.getting_started_card import GettingStarted

_MIN_SIZE = QSize(480, 200)
_MARGIN, _GAP = 12, 10
_MIN_BESIDE = 900  # px of a page that has room for two columns
_MIN_NAME = 90  # px of the function's name that are always shown
_WIDTHS, _SHARE = (300, 420), 0.72
"""px of name and badges, and their share of what the tabs leave; the figures have the rest."""
_NAMED_FILES = 10


class FunctionPage(QWidget):
    """Shows one function. Tabs are pages; only the visible one reads.

    Args:
        make_empty: Makes what stands here while no function is open.

    Signals:
        tab_changed: Another tab is in front; its page's object name.
        function_shown: Another function is open, or a newer state of the same one.
        function_closed: No function is open.
        resized: It has another size.
    """

    resized = Signal()
    tab_changed = Signal(str)
    function_shown = Signal()
    function_closed = Signal()

    def __init__(self, make_empty: Callable[[], "GettingStarted"]) -> None:
        super().__init__()
        self.setObjectName("functionPage")
        self.function: OpenFunction | None = None
        self.pages: list[Page] = []
        self.tabs = named(QTabWidget(), "functionTabs", _("Function tabs"))
        self.tabs.setDocumentMode(True)
        self._header = _Header()
        self.opening = named(EmptyState(), "functionOpening")
        # One band: the name on the left of the tabs, the figures on their right as far as there is room.
        self.tabs.setCornerWidget(self._header, Qt.Corner.TopLeftCorner)
        self.tabs.setCornerWidget(self._header.facts, Qt.Corner.TopRightCorner)
        self._stack = QStackedLayout(self)
        self._make_empty = make_empty
        self._blank = QWidget()  # shown until `fill`
        self._stack.addWidget(self._blank)
        self._stack.addWidget(self.tabs)
        self._stack.addWidget(self.opening)
        self.tabs.currentChanged.connect(self._tab_changed)

    @cached_property
    def empty(self) -> "GettingStarted":
        """What stands here while no function is open: made after the window was painted first."""
        empty = self._make_empty()
        self._stack.addWidget(empty)
        return empty

    def fill(self) -> None:
        """Shows that no function is open, unless one is being opened. Called after the first painting."""
        if self._stack.currentWidget() is self._blank:
            self._stack.setCurrentWidget(self.empty)

    def set_pages(self, pages: list[tuple[str, Page]]) -> None:
        """Takes the tabs, by title: they are made after the window was painted first."""
        self.pages = [page for _title, page in pages]
        for title, page in pages:
            self.tabs.addTab(page, title)

    def place_beside(self) -> QSplitter | None:
        """Where the bottom panel stands beside the tab in front; None where there is no room, or no place."""
        page = self.tabs.currentWidget()
        has_room = self.function is not None and self.width() >= scaled(_MIN_BESIDE)
        return page.beside if has_room and isinstance(page, Page) else None

    def tab[T: Page](self, kind: type[T]) -> T:
        """The tab of a kind."""
        return next(each for each in self.pages if isinstance(each, kind))

    def open(self, function: OpenFunction) -> None:
        """Shows another function, or a newer state of the same one."""
        self.function = function
        self._header.show_function(function)
        self._share_band()
        self._stack.setCurrentWidget(self.tabs)
        for page in self.pages:
            page.show_function(function)
        current = self.tabs.currentWidget()
        if isinstance(current, Page) and not current.active:
            current.activate()
        self.function_shown.emit()

    def show_state(self, detail: FunctionDetail) -> None:
        """Shows in the header which state the open function has by now."""
        function = self.function
        if function is not None and function.detail.function_arn == detail.function_arn:
            self._header.show_state(detail)
            self._share_band()

    def minimumSizeHint(self) -> QSize:
        """Less than what some tabs ask for: the window has to fit small screens."""
        return _MIN_SIZE

    def sizeHint(self) -> QSize:
        """The splitter gives it its size; asking all tabs costs milliseconds whenever anything changes."""
        return _MIN_SIZE

    def hasHeightForWidth(self) -> bool:
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_band()
        self.resized.emit()

    def event(self, event: QEvent) -> bool:
        was_handled = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:  # only when they are shown do the tabs know their width
            self._share_band()
        return was_handled

    def _share_band(self) -> None:
        """The tabs come first, then the name, then the figures."""
        self._header.adapt_to_width(self.width(), self.tabs.tabBar().sizeHint())

    def show_not_deployed(self, paths: Sequence[str]) -> None:
        """Shows in the header that saved files differ from what is deployed; without paths nothing."""
        self._header.show_not_deployed(paths)
        self._share_band()

    def close_function(self) -> None:
        """Shows that no function is open."""
        self.function = None
        for page in self.pages:
            page.deactivate()
            page.clear()
        self.show_opening("")
        self.function_closed.emit()

    def show_opening(self, function_name: str, connect: QAction | None = None) -> None:
        """Says, as long as no function is open, which one is being opened; "" for none.

        Args:
            connect: Offered when there is no connection to open it through, and none being made.
        """
        if self.function is not None:
            return
        if connect is None:
            self.opening.set_text(_("Opening {function_name}…").format(function_name=function_name), "")
        else:
            self.opening.set_text(
                _("{function_name} is not open.").format(function_name=function_name),
                _("There is no connection. The function opens once there is one."),
            )
        self.opening.set_action(connect)
        self._stack.setCurrentWidget(self.opening if function_name else self.empty)

    def show_tab(self, object_name: str) -> None:
        """Brings a tab to the front and gives it the focus."""
        for number, page in enumerate(self.pages):
            if page.objectName() == object_name:
                self.tabs.setCurrentIndex(number)
                page.setFocus()

    def focus_tab(self) -> None:
        """Gives the keyboard to the tab in front, or to the first steps while no function is open."""
        if self.function is None:
            self.empty.steps.focus_next()
        elif self.pages:
            self.pages[self.tabs.currentIndex()].setFocus()

    def can_focus_tab(self) -> bool:
        """Whether what takes the keyboard in the tab in front is shown: code opens a little later."""
        target = self.tabs.currentWidget()
        while (proxy := target.focusProxy()) is not None:
            target = proxy
        return target.isVisibleTo(self)

    def _tab_changed(self, number: int) -> None:
        for position, page in enumerate(self.pages):
            if page.active and position != number:
                page.deactivate()
        page = self.pages[number]
        if self.function is not None and not page.active:
            page.activate()
        self.tab_changed.emit(page.objectName())


class _Corner(QFrame):
    """Stands beside the tabs, as high as they are."""

    def __init__(self) -> None:
        super().__init__()
        self.row = QHBoxLayout(self)
        self._strut = QSpacerItem(0, 0)
        self.row.addSpacerItem(self._strut)

    def set_height(self, height_px: int) -> None:
        """Takes the height of the tabs. A size hint in Python would be asked 1,000 times for each layout."""
        if self._strut.sizeHint().height() != height_px:
            self._strut.changeSize(0, height_px)
            self.row.invalidate()


class _Header(_Corner):
    """Name and state, and in a widget of its own (`facts`) the figures that matter at a glance."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("functionHeader")
        self._name = ""
        self._facts: list[str] = []
        self._title = named(PlainLabel(), "functionTitle")
        self._not_deployed = badge("functionNotDeployed", _("Not deployed"))
        self._not_deployed.setProperty("tone", "warning")
        self._not_deployed.setVisible(False)
        self._state = elided_badge("functionState")
        self._owner = badge("functionOwner")
        self._figures = named(PlainLabel(), "functionFacts", role="muted")
        self.facts = _Corner()
        self.facts.row.setContentsMargins(0, 0, _MARGIN, 0)
        self.facts.row.addWidget(self._figures)
        self._parts = QWidget()  # a tab widget heeds what its corner asks for, not what it may have at most
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.addWidget(self._parts)
        row = QHBoxLayout(self._parts)
        row.setContentsMargins(_MARGIN, 0, _GAP, 0)
        row.setSpacing(_GAP)
        row.addWidget(self._title)
        for part in (self._state, self._owner, self._not_deployed):
            row.addWidget(part, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addStretch(1)

    def show_function(self, function: OpenFunction) -> None:
        detail = function.detail
        self._name = detail.function_name
        self.show_state(detail)
        owner = owner_of(detail)
        self._owner.setText(owner_title(owner) if owner else "")
        self._owner.setToolTip(tool_tip(f"{owner_tip(owner)}\n{owner_warning(detail)}") if owner else "")
        self._owner.setVisible(owner is not None)
        facts = (
            detail.runtime or detail.package_type,
            f"{detail.memory_mb:,} MB",
            f"{detail.timeout_s} s",
            " ".join(detail.architectures),
        )
        self._facts = [fact for fact in facts if fact]
        tip = f"{detail.function_name}\n{_joined(self._facts)}"
        self._title.setToolTip(tool_tip(tip))
        self._figures.setToolTip(tool_tip(tip))
        self._figures.setAccessibleName(_joined(self._facts))
        self._update_accessible_name()

    def show_state(self, detail: FunctionDetail) -> None:
        state = detail.state or _("State unknown")
        if detail.last_update_status not in ("", "Successful"):
            state += " · " + _("update {last_update_status}").format(
                last_update_status=detail.last_update_status
            )
        self._state.show_text(state)
        reason = detail.state_reason or detail.last_update_status_reason
        self._state.setToolTip(tool_tip(reason))
        healthy = detail.state == "Active" and detail.last_update_status in ("", "Successful")
        restyle(self._state, tone="good" if healthy else "warning")
        self._update_accessible_name()

    def show_not_deployed(self, paths: Sequence[str]) -> None:
        lines = [_("These saved files differ from what is deployed:"), *paths[:_NAMED_FILES]]
        if (more := len(paths) - _NAMED_FILES) > 0:
            lines.append(_("… and {more} more").format(more=f"{more:,}"))
        self._not_deployed.setToolTip(tool_tip("\n".join(lines)) if paths else "")
        self._not_deployed.setVisible(bool(paths))
        self._update_accessible_name()

    def _update_accessible_name(self) -> None:
        """Gives a screen reader what the header shows."""
        not_deployed = "" if self._not_deployed.isHidden() else self._not_deployed.text()
        said = (self._name, self._state.text(), self._owner.text(), not_deployed, _joined(self._facts))
        self.setAccessibleName(", ".join(filter(None, said)))

    def adapt_to_width(self, width: int, tabs: QSize) -> None:
        """Shortens the name, then the state, and leaves figures out, as far as the band asks for.

        The tabs begin at a place that depends on the band alone: no name and no state moves them.

        Args:
            width: Of the whole band, in px.
            tabs: What the tabs need of it, in px.
        """
        self.set_height(tabs.height())
        self.facts.set_height(tabs.height())
        least, most = map(scaled, _WIDTHS)
        own = max(least, min(most, round((width - tabs.width()) * _SHARE)))
        self._parts.setFixedWidth(own)
        badges = [each for each in (self._state, self._owner, self._not_deployed) if not each.isHidden()]
        taken = _MARGIN + _GAP + sum(each.sizeHint().width() + _GAP for each in badges)
        room = max(scaled(_MIN_NAME), own - taken)
        self._title.setText(
            self._title.fontMetrics().elidedText(self._name, Qt.TextElideMode.ElideMiddle, room)
        )
        room = width - own - tabs.width() - _MARGIN - _GAP
        shown = self._facts
        while shown and self._figures.fontMetrics().horizontalAdvance(_joined(shown)) > room:
            shown = shown[:-1]
        self._figures.setText(_joined(shown))


def _joined(facts: Sequence[str]) -> str:
    return "  ·  ".join(facts)


_ABOUT = "function_arn"


class FunctionBanners(QObject):
    """Shows messages of the window that belong to a function. The window's own go to the BannerStack.

    Args:
        banners: Shows them.
        page: Knows which function is open.
    """

    def __init__(self, banners: BannerStack, page: FunctionPage) -> None:
        super().__init__(banners)
        self._banners, self._page = banners, page
        page.function_shown.connect(self._follow)
        page.function_closed.connect(self._follow)

    def show_error(
        self,
        error: WorkbenchError,
        tone: str = "danger",
        key: str = "",
        function: OpenFunction | None = None,
        *,
        decision: bool = False,
    ) -> ErrorBanner:
        """Shows an error.

        Args:
            error: What to say.
            tone: See ErrorBanner.
            key: See BannerStack.show_error.
            function: Which function it is about; the open one by default. Another one than that is named.
            decision: See BannerStack.show_error.
        """
        opened = self._page.function
        about = function or opened
        if about is not None and opened is not None and _arn(about) != _arn(opened):
            name = about.detail.function_name
            if name not in error.what:
                error.what = f"{name}: {error.what}"
        banner = self._banners.show_error(error, tone, key=key, decision=decision)
        banner.setProperty(_ABOUT, _arn(about))
        return banner

    def show_notice(
        self,
        text: str,
        detail: str = "",
        tone: str = "info",
        key: str = "",
        function: OpenFunction | None = None,
    ) -> ErrorBanner:
        """Shows a notice: something the user should know that is no failure. See `show_error`."""
        return self.show_error(WorkbenchError(text, detail), tone, key, function)

    def dismiss(self, key: str) -> None:
        """Closes the message with this key, if it is shown."""
        self._banners.dismiss(key)

    def _follow(self) -> None:
        for banner in self._banners.banners:
            if banner.property(_ABOUT) not in (None, "", _arn(self._page.function)):
                banner.passed.emit()  # nobody may have read it: the list of messages has it


def _arn(function: OpenFunction | None) -> str:
    return function.detail.function_arn if function else ""
