"""Dialogs of the Logs tab: an event, other functions, Live Tail."""

import json

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from workbench.core.messages import _, ngettext
from workbench.functions.index import list_functions
from workbench.functions.model import FunctionSummary
from workbench.invoke.payload import event_in
from workbench.logs.buffer import Row, time_text
from workbench.logs.tail import LIVE_TAIL_FREE_MINUTES, LIVE_TAIL_MINUTE_USD, MAX_SOURCES
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.empty import EmptyMessage
from workbench.ui.kit.long_text import LongText
from workbench.ui.kit.text import PlainLine, named, text_label
from workbench.ui.shell.services import OpenFunction, Services

_EVENT_SIZE = QSize(820, 520)
_JSON_CHARACTERS = 300_000


class EventDialog(Dialog):
    """Shows one event.

    Signals:
        invocation_wanted(str): Its invocation shall be shown.
        event_wanted(str): The event that it holds, as JSON, shall be the test event.
    """

    invocation_wanted = Signal(str)
    event_wanted = Signal(str)

    def __init__(self, row: Row, text: str, parent: QWidget) -> None:
        super().__init__("logEventDialog", "", parent)
        self.set_title(_("Log Event"))
        self.setSizeGripEnabled(True)
        facts = [time_text(row.time_ms), row.source, row.level.value, row.request_id, row.stream]
        words = "  ·  ".join(fact for fact in facts if fact)
        self.content.addWidget(text_label("logEventFacts", words, "muted"))
        self.text = LongText("logEventText", _("Text"))
        self.text.show_text(_laid_out(text))
        self.content.addWidget(self.text, 1)
        self.finish_layout(stretch=False)
        if row.request_id:
            show = self.add_button("logEventInvocation", _("Show Invocation"))
            show.clicked.connect(self.accept)
            show.clicked.connect(lambda: self.invocation_wanted.emit(row.request_id))
        if event := event_in(text):
            use = self.add_button("logEventUse", _("Use as Test Event"))
            use.clicked.connect(self.accept)
            use.clicked.connect(lambda: self.event_wanted.emit(event))
        copy = self.add_button("logEventCopy", _("Copy"))
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(text))
        close = self.add_button("logEventClose", _("Close"), "primary")
        close.clicked.connect(self.accept)
        self.resize(_EVENT_SIZE)

    def resize_to_content(self) -> None:
        """Keeps its size: the text takes what room there is."""


def _laid_out(text: str) -> str:
    if not text.startswith(("{", "[")) or len(text) > _JSON_CHARACTERS:
        return text
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


_FUNCTIONS_SIZE = QSize(480, 480)


class FunctionsDialog(Dialog):
    """Lists the functions of the account and region as they come.

    Signals:
        chosen(tuple): The names of those that are ticked.
    """

    chosen = Signal(tuple)

    def __init__(
        self, services: Services, function: OpenFunction, ticked: tuple[str, ...], parent: QWidget
    ) -> None:
        super().__init__("logFunctionsDialog", "", parent)
        self.set_title(_("Logs of Other Functions"))
        words = _(
            "Lines are merged with those of {function_name} by time. You can choose up to "
            "{max_sources} functions in total."
        ).format(function_name=function.detail.function_name, max_sources=str(MAX_SOURCES))
        self.content.addWidget(text_label("logFunctionsWords", words, "muted"))
        self._own = function.detail.function_name
        self._ticked = set(ticked)
        self.search = named(PlainLine(), "logFunctionsSearch", _("Search"))
        self.search.setPlaceholderText(_("Search"))
        self.search.setClearButtonEnabled(True)
        self.list = named(QListWidget(), "logFunctionsList", _("Functions"))
        self.list.setUniformItemSizes(True)
        self._empty = EmptyMessage(self.list, _("Listing the functions…"))
        self.content.addWidget(self.search)
        self.content.addWidget(self.list, 1)
        self.finish_layout(stretch=False)
        self.add_button("logFunctionsCancel", _("Cancel")).clicked.connect(self.reject)
        self.ok = self.add_button("logFunctionsShow", _("Show"), "primary")
        self.ok.clicked.connect(self._take)
        self.search.textChanged.connect(self._filter)
        self.list.itemChanged.connect(self._count)
        self.resize(_FUNCTIONS_SIZE)
        self.set_message(_("Listing the functions…"))
        connection = function.connection
        handle = services.jobs.start(
            _("Listing the functions"),
            lambda ctx: list_functions(connection, ctx),
            replaces="logs.functions",
            quiet=True,
            on_item=self._add,
            on_done=lambda _all: self._listed(),
            on_error=self.set_error,
        )
        self.finished.connect(lambda _how: handle.drop())

    def resize_to_content(self) -> None:
        """Keeps its size: the list takes what room there is."""

    @property
    def names(self) -> tuple[str, ...]:
        """The ticked functions."""
        items = map(self.list.item, range(self.list.count()))
        return tuple(each.text() for each in items if each.checkState() == Qt.CheckState.Checked)

    def _add(self, page: object) -> None:
        assert isinstance(page, tuple)
        self.list.blockSignals(True)
        for summary in page:
            assert isinstance(summary, FunctionSummary)
            if summary.function_name == self._own:
                continue
            item = QListWidgetItem(summary.function_name, self.list)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            is_ticked = summary.function_name in self._ticked
            item.setCheckState(Qt.CheckState.Checked if is_ticked else Qt.CheckState.Unchecked)
        self.list.blockSignals(False)
        self._filter()

    def _listed(self) -> None:
        if self.list.count():
            self._empty.set_text(_("No function matches the search."))
        else:
            self._empty.set_text(_("There are no other functions in this account and region."))
        self._count()

    def _filter(self) -> None:
        words = self.search.text().lower().split()
        for item in map(self.list.item, range(self.list.count())):
            name = item.text().lower()
            item.setHidden(not all(word in name for word in words))

    def _count(self) -> None:
        count = len(self.names)
        is_too_many = count > MAX_SOURCES - 1
        self.ok.setEnabled(not is_too_many)
        if is_too_many:
            words = _("{count} functions are selected. You can select up to {max_sources}.")
            self.set_message(words.format(count=str(count), max_sources=str(MAX_SOURCES - 1)), "danger")
        else:
            words = ngettext(
                "{count} function is selected.", "{count} functions are selected.", count
            ).format(count=count)
            if not count:
                words = (
                    _("No functions are selected.")
                    if self.list.count()
                    else _("There are no other functions.")
                )
            self.set_message(words)

    def _take(self) -> None:
        self.chosen.emit(self.names)
        self.accept()


class LiveTailDialog(Dialog):
    """Its `accepted` is the yes."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("liveTailDialog", "", parent)
        self.set_title(_("Follow with Live Tail"))
        price = _(
            "AWS bills about ${live_tail_minute_usd} for each minute of a session, after "
            "{live_tail_free_minutes} free minutes per "
            "account and month. The session ends when you stop following, leave the Logs "
            "tab, or open another function."
        ).format(
            live_tail_minute_usd=f"{LIVE_TAIL_MINUTE_USD:.2f}",
            live_tail_free_minutes=f"{LIVE_TAIL_FREE_MINUTES:,}",
        )
        limits = _(
            "Above 500 lines per second, AWS sends only a sample, and the status bar says "
            "so. A session lasts up to three hours and needs the permission "
            "logs:StartLiveTail. Polling every second is free and complete."
        )
        self.content.addWidget(text_label("liveTailPrice", price))
        self.content.addWidget(text_label("liveTailLimits", limits, "muted"))
        self.finish_layout()
        self.add_button("liveTailCancel", _("Cancel")).clicked.connect(self.reject)
        self.add_button("liveTailStart", _("Start Live Tail"), "primary").clicked.connect(self.accept)
