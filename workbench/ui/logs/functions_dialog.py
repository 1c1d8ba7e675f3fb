"""Which other functions' logs are read as well."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QLineEdit, QListWidget, QListWidgetItem, QWidget

from workbench.core.jobs import Job
from workbench.core.messages import _, ngettext
from workbench.functions.index import list_functions
from workbench.functions.model import FunctionSummary
from workbench.logs.tail import MAX_SOURCES
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.empty_message import EmptyMessage
from workbench.ui.kit.text import text_label
from workbench.ui.named import named
from workbench.ui.services import OpenFunction, Services

_SIZE = QSize(480, 480)


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
        self.search = named(QLineEdit(), "logFunctionsSearch", _("Search"))
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
        self.resize(_SIZE)
        self.say(_("Listing the functions…"))
        connection = function.connection
        handle = services.jobs.submit(
            Job(
                _("Listing the functions"),
                lambda ctx: list_functions(connection, ctx),
                replaces="logs.functions",
                quiet=True,
                on_item=self._add,
                on_done=lambda _all: self._listed(),
                on_error=self.say_error,
            )
        )
        self.finished.connect(lambda _how: handle.drop())

    def fit(self) -> None:
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
            self.say(words.format(count=str(count), max_sources=str(MAX_SOURCES - 1)), "danger")
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
            self.say(words)

    def _take(self) -> None:
        self.chosen.emit(self.names)
        self.accept()
