"""A plugin that looks whether every dialog that a test opens fits small screens, and goes through it by Tab.

It also looks for controls without a name for assistive technology.

`pytest -p tests.ui.dialog_fit --fit-report FILE` appends JSON objects: class, test, what is wrong or missed.
The tests that open the dialogs may fail with it, as fields lose the keyboard. With WORKBENCH_LANGUAGE=xx,
whose texts are longer, it looks as well for texts that are cut off or in no catalogue.
"""

import json
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from weakref import WeakSet

import pytest
from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QFont, QFontMetrics, QShowEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDialogButtonBox,
    QHeaderView,
    QPushButton,
    QScrollArea,
    QWidget,
)

from tests.e2e.shown_texts import cut_texts, untranslated_texts
from tests.ui.accessible import faults
from tests.ui.english_readers import install
from tests.ui.tab_walk import controls, name_of, not_reached, out_of_order, walk
from workbench.app import QtTexts
from workbench.core.files import resources_dir
from workbench.core.messages import PSEUDO, VARIABLE, language
from workbench.core.settings import Settings
from workbench.ui.features.fleet.metrics_window import FleetMetricsWindow
from workbench.ui.features.fleet.window import FleetWindow
from workbench.ui.features.getting_started.feature import read_guide
from workbench.ui.features.profiles.window import ProfilesWindow
from workbench.ui.kit.dialog import FRAME, BaseDialog, WindowSizes
from workbench.ui.kit.theme import Theme

PANEL_PX = 28
"""What a desktop's own panel takes of a screen's height."""
SCREENS = {
    "1440x900": QSize(1440, 900),
    "1366x768": QSize(1366, 768),
    "1280x800": QSize(1280, 800),
    "1920x1080 at 200 %": QSize(960, 540),
}
LARGEST = SCREENS["1440x900"]
NOT_TRANSLATED = {
    "AddTriggerDialog": {"Description", "Enabled", "Input", "Name", "State"},  # as AWS says them
    "AlarmsDialog": {"Errors Sum", "Unchecked: Initial alarm creation", "△ INSUFFICIENT_DATA"},
    "BreakpointDialog": {'event["id"] == 7', "id is {event['id']}"},
    "CreateAlarmDialog": {
        *("Duration", "Errors", "Invocations", "Throttles"),
        *("Average", "Maximum", "Minimum", "Sum", "Errors Sum"),
    },
    "ContentsDialog": {"*.log\n/docs/\n!keep.log"},
    "EditForm": {"Environment"},
    "FidelityDialog": {"Lambda"},
    "FilterDialog": {"The Pattern"},  # names and sentences of the tests, from here on
    "FindMetricsDialog": {"Latency", "Orders", "Shop", "stage = prod"},
    "FolderOfferDialog": {"M  app.py"},
    "ImportDialog": {"Hello", "Other", "Packed"},
    "PermissionsDialog": {"Allow", "logs:CreateLogGroup, logs:CreateLogStream, logs:PutLogEvents"},
    "KeyringDialog": {"Keyring", "There is none here."},
    "PolicyDialog": {"Policy of orders"},
    "PortalDialog": {"corp  https://example.awsapps.com/start"},
    "PublishLayerDialog": {"python3.13, x86_64"},
    "RepeatDialog": {'<span style="color:#0072b2">■</span>&nbsp;'},  # a curve's mark
    "RolePicker": {"Admin", "Dev", "Live", "Reader"},
}
"""Texts that are shown as they are, by the class of the dialog."""
WINDOWS: tuple[type[QWidget], ...] = (FleetWindow, FleetMetricsWindow, ProfilesWindow)
"""What is opened beside the main window and is no dialog: only gone through by Tab."""
FILLED_MS = 150
"""After so long a dialog has what it reads, in most tests."""
WATCH = pytest.StashKey["Watch"]()


class SmallScreen(WindowSizes):
    """Stores no size of a test's, and says that the screen is as small as it is told."""

    size = LARGEST

    def area(self, window: QWidget) -> QRect:
        """The screen below the desktop's panel."""
        return QRect(QPoint(0, PANEL_PX), self.size - QSize(0, PANEL_PX))


class Watch:
    """Looks at each dialog when it opens, and again once it has what it was opened for."""

    def __init__(self, screen: SmallScreen, theme: Theme, test: str, report: Path) -> None:
        self._screen, self._theme, self._test, self._report = screen, theme, test, report
        self._finished: WeakSet[BaseDialog] = WeakSet()

    def shown(self, dialog: BaseDialog) -> None:
        """The dialog is about to be seen."""
        self._finished.discard(dialog)
        self._read(dialog)  # before it has been resized
        self._look(dialog, 100, ("1440x900",))
        QTimer.singleShot(0, dialog, lambda: self._look(dialog, 100, ("1440x900",)))
        QTimer.singleShot(FILLED_MS, dialog, lambda: self._read(dialog, "_filled"))
        self.window_shown(dialog)

    def finish(self, dialog: BaseDialog) -> None:
        """It has what it was opened for, and is about to close.

        What makes large ones scroll comes last: only before is all of their content read in its own size.
        """
        if dialog.isVisible() and dialog not in self._finished:
            self._finished.add(dialog)
            self._read(dialog, "_filled")
            self._write(dialog, nameless=faults(dialog))
            self._look(dialog, 100, SCREENS)
            self._look(dialog, 200, SCREENS)
            self._read(dialog)

    def window_shown(self, window: QWidget) -> None:
        """A dialog or another window is about to be seen."""
        self._walk(window)  # already here, as some tests close it at once
        QTimer.singleShot(0, window, lambda: self._walk_if_on_top(window))
        QTimer.singleShot(FILLED_MS, window, lambda: self._walk_if_on_top(window))

    def _look(self, dialog: BaseDialog, percent: int, screens: Iterable[str]) -> None:
        """Looks whether it fits these screens with texts of this size."""
        if not dialog.isVisible():
            return
        given = dialog.size()
        wrong: list[str] = []
        self._theme.set_text_size(percent)
        for name in screens:
            wrong += [f"{name}: {each}" for each in self._on_screen(dialog, SCREENS[name])]
        if percent == 100:
            wrong += sorted(_cut_titles(dialog))
        self._theme.set_text_size(100)
        dialog.resize(given)
        self._write(dialog, **{f"wrong_{percent}": wrong})

    def _read(self, dialog: BaseDialog, when: str = "") -> None:
        """Reads its texts, in the size that it has on the smallest screen of a desktop.

        Args:
            when: What is appended to the keys in the report.
        """
        if language() == PSEUDO and dialog.isVisible():
            self._screen.size = SCREENS["1280x800"]
            if dialog.scrolls:  # perhaps only as it was on smaller ones
                dialog.resize(dialog.room_on_screen())
            else:
                dialog.resize_to_content()
                dialog.resize_to_screen()
            _lay_out()
            widgets = [dialog, *dialog.findChildren(QWidget)]
            untranslated = untranslated_texts(widgets) - _guide()
            untranslated -= NOT_TRANSLATED.get(type(dialog).__name__, set())
            cut = sorted(cut_texts(widgets))
            self._write(dialog, **{f"untranslated{when}": sorted(untranslated), f"cut{when}": cut})

    def _walk_if_on_top(self, window: QWidget) -> None:
        above = QApplication.activePopupWidget() or QApplication.activeModalWidget() or window
        if window.isVisible() and above is window:
            self._walk(window)

    def _walk(self, dialog: QWidget) -> None:
        """Goes through it by Tab, with texts of 100 % and as much room as the largest screen has."""
        size = dialog.size()
        active: QWidget | None = QApplication.activeWindow()
        self._screen.size = LARGEST
        room = dialog.room_on_screen() if isinstance(dialog, BaseDialog) else LARGEST
        dialog.resize(room)  # what had to scroll on a small screen is in sight
        _lay_out()
        _activate(dialog)
        before: QWidget | None = dialog.focusWidget()
        if before is None:
            dialog.focusNextPrevChild(True)
        missed: list[str] = []
        seen: list[QWidget] = []
        try:
            start: QWidget | None = dialog.focusWidget()
            assert start is not None, "nothing takes the keyboard"
            seen = walk(dialog, start, Qt.Key.Key_Tab, lambda _: False)
        except AssertionError as error:
            missed.append(str(error))
        else:
            missed += [f"not reached: {each}" for each in not_reached(dialog, seen)]
            missed += [f"out of order: {each}" for each in out_of_order(dialog, seen)]
        self._write(dialog, nameless=faults(dialog))
        self._write(
            dialog, missed=missed, stops=[name_of(each) for each in seen], controls=len(controls(dialog))
        )
        if before is not None:
            before.setFocus()
        dialog.resize(size)
        if active is not None:
            _activate(active)

    def _write(self, dialog: QWidget, **found: list[str] | int) -> None:
        kind = f"{type(dialog).__module__}.{type(dialog).__name__}"
        entry = {"kind": kind, "name": dialog.objectName(), "test": self._test, **found}
        with self._report.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")

    def _on_screen(self, dialog: BaseDialog, size: QSize) -> Iterator[str]:
        self._screen.size = size
        dialog.resize_to_content()
        dialog.resize_to_screen()
        _lay_out()
        if not dialog.isVisible():
            return
        room = self._screen.area(dialog).size() - FRAME
        for what, taken in (("size", dialog.size()), ("minimum", dialog.minimumSize())):
            if taken.width() > room.width() or taken.height() > room.height():
                yield f"its {what} of {taken.width()} x {taken.height()} does not fit"
        for button in _last_row(dialog):
            where = QRect(button.mapTo(dialog, QPoint()), button.size())
            if not dialog.rect().contains(where) or button.visibleRegion().boundingRect() != button.rect():
                yield f"{button.objectName() or button.text()} is cut off"


def _guide() -> set[str]:
    """The texts of the user guide, which is in English."""
    pages = read_guide(resources_dir() / "guide")
    return {each for page in pages for each in (page.title, *(text for text, _ in page.paragraphs))}


def _cut_titles(dialog: BaseDialog) -> Iterator[str]:
    """Titles of columns that have less room than they need."""
    for header in dialog.findChildren(QHeaderView):
        if header.isVisible() and header.orientation() == Qt.Orientation.Horizontal:
            for column in range(header.count()):
                title = str(header.model().headerData(column, Qt.Orientation.Horizontal) or "")
                font = header.font()
                font.setWeight(QFont.Weight.DemiBold)  # the style sheet's, with 8 px at each side
                needed, has = QFontMetrics(font).horizontalAdvance(title) + 16, header.sectionSize(column)
                if not header.isSectionHidden(column) and has < needed:
                    yield f"the column {title!r} has {has} px of {needed}"


def _lay_out() -> None:
    for _ in range(3):  # what is laid out may ask for another layout
        QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)


def _activate(window: QWidget) -> None:
    """At once: activateWindow() needs the event loop, which may run the test's own steps."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        QApplication.setActiveWindow(window)


def _last_row(dialog: BaseDialog) -> list[QAbstractButton]:
    """The buttons that answer the dialog: in a button box, or in the row where the lowest of them stands."""
    buttons: list[QAbstractButton] = [
        button
        for box in dialog.findChildren(QDialogButtonBox)
        for button in box.buttons()
        if button.isVisible() and button.window() is dialog
    ]
    if not buttons:
        content = dialog.findChild(QScrollArea, "dialogScroll")
        pushed = [
            each
            for each in dialog.findChildren(QPushButton)
            if each.isVisible()
            and each.window() is dialog
            and not (content is not None and content.isAncestorOf(each))
        ]
        lowest = max((each.mapTo(dialog, each.rect().center()).y() for each in pushed), default=0)
        buttons = [each for each in pushed if abs(each.mapTo(dialog, each.rect().center()).y() - lowest) < 4]
    return buttons


def pytest_addoption(parser: pytest.Parser) -> None:
    """The file that the report goes to."""
    parser.addoption("--fit-report", type=Path, required=True)


def pytest_collection_finish() -> None:
    """Once the tests have imported what they use."""
    if language() == PSEUDO:
        install()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """What a test leaves open is looked at before it is deleted."""
    try:
        return (yield)
    finally:
        for window in QApplication.topLevelWidgets():
            if isinstance(window, BaseDialog):
                item.stash[WATCH].finish(window)


@pytest.fixture(scope="session", autouse=True)
def _texts_of_qt(qapp: QApplication) -> None:
    if language() == PSEUDO:
        qapp.installTranslator(QtTexts(qapp))


@pytest.fixture(autouse=True)
def _watch(request: pytest.FixtureRequest, qapp: QApplication, tmp_path: Path) -> Iterator[None]:
    patch = pytest.MonkeyPatch()  # its own: some tests undo theirs
    patch.setenv(VARIABLE, language())  # of what it starts
    screen = SmallScreen(qapp, Settings(tmp_path / "sizes.json"))
    theme = request.getfixturevalue("theme")
    watch = Watch(screen, theme, request.node.nodeid, request.config.getoption("--fit-report").absolute())
    show = BaseDialog.showEvent

    def show_and_look(dialog: BaseDialog, event: QShowEvent) -> None:
        show(dialog, event)
        if not event.spontaneous():
            watch.shown(dialog)

    request.node.stash[WATCH] = watch
    done, close = BaseDialog.done, BaseDialog.closeEvent

    def look_and_be_done(dialog: BaseDialog, result: int) -> None:
        watch.finish(dialog)
        done(dialog, result)

    def look_and_close(dialog: BaseDialog, event: QCloseEvent) -> None:
        watch.finish(dialog)
        close(dialog, event)

    patch.setattr(BaseDialog, "showEvent", show_and_look)
    patch.setattr(BaseDialog, "done", look_and_be_done)
    patch.setattr(BaseDialog, "closeEvent", look_and_close)
    for kind in WINDOWS:
        show_window = kind.showEvent

        def show_and_walk(
            window: QWidget,
            event: QShowEvent,
            show: Callable[[QWidget, QShowEvent], None] = show_window,
        ) -> None:
            show(window, event)
            if not event.spontaneous():
                watch.window_shown(window)

        patch.setattr(kind, "showEvent", show_and_walk)
    yield
    patch.undo()
    theme.set_text_size(100)
    screen.setParent(None)
    screen.deleteLater()
