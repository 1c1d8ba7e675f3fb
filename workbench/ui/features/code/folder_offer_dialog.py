"""What using a local folder would mean, said before anything is bound."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from workbench.code.tree import FileChange
from workbench.code.workspace import FolderPreview
from workbench.core.messages import _
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.text import named, short_path, text_label
from workbench.ui.kit.theme import monospace

_MARKS = {FileChange.ADDED: "A", FileChange.CHANGED: "M", FileChange.DELETED: "D"}
_MOST_SHOWN = 500
_MOST_LEFT_OUT = 6
_MOST_ROWS = 9
_ROOM = 8


class FolderOfferDialog(Dialog):
    """Shows how the folder differs from the deployed code.

    Signals:
        agreed: The folder shall be used.
    """

    agreed = Signal()

    def __init__(self, function_name: str, offer: FolderPreview, own_changes: int, parent: QWidget) -> None:
        super().__init__(
            "folderOffer",
            _("Use a Local Folder for {function_name}").format(function_name=function_name),
            parent,
        )
        self.content.addWidget(text_label("folderOfferPath", short_path(offer.folder)))
        self.content.addWidget(text_label("folderOfferSummary", self._summary(offer)))
        if offer.differences:
            self.content.addWidget(self._list(offer))
        if offer.left_out:
            words = _("Always excluded: {left_out}").format(left_out=_listed(offer.left_out))
            self.content.addWidget(text_label("folderOfferLeftOut", words, "muted"))
        if offer.secrets:
            words = _("Excluded because it looks like a secret: {secrets}").format(
                secrets=_listed(offer.secrets)
            )
            self.content.addWidget(text_label("folderOfferSecrets", words, "muted"))
        words = _(
            "Files are edited and deployed in this folder; nothing is copied. To return, choose "
            "Use Deployed Code."
        )
        if own_changes:
            words += " " + _("Your changes to the deployed code are kept until then.")
        self.content.addWidget(text_label("folderOfferWords", words, "muted"))
        self.finish_layout(stretch=False)
        use = self.add_button("folderOfferUse", _("Use Folder"), "primary")
        cancel = self.add_button("folderOfferCancel", _("Cancel"))
        self.resize_to_content()
        use.clicked.connect(self._agree)
        cancel.clicked.connect(self.reject)

    def _agree(self) -> None:
        self.agreed.emit()
        self.accept()

    def _summary(self, offer: FolderPreview) -> str:
        if not offer.differences:
            return _("The folder matches the deployed code.")
        words = (
            (FileChange.ADDED, _("{count} added")),
            (FileChange.CHANGED, _("{count} changed")),
            (FileChange.DELETED, _("{count} deleted")),
        )
        counts = [text.format(count=f"{count:,}") for change, text in words if (count := offer.count(change))]
        return _("Compared with the deployed code: {names}.").format(names=", ".join(counts))

    def _list(self, offer: FolderPreview) -> QListWidget:
        view = named(QListWidget(), "folderOfferFiles", _("Files that differ"))
        view.setFont(monospace())
        view.setUniformItemSizes(True)
        view.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        for entry in offer.differences[:_MOST_SHOWN]:
            QListWidgetItem(f"{_MARKS[entry.change]}  {entry.path}", view)
        if (more := len(offer.differences) - _MOST_SHOWN) > 0:
            QListWidgetItem(_("… and {more} more").format(more=f"{more:,}"), view)
        rows = min(view.count(), _MOST_ROWS)
        view.setFixedHeight(rows * view.sizeHintForRow(0) + 2 * view.frameWidth() + _ROOM)
        return view


def _listed(names: tuple[str, ...]) -> str:
    more = ("…",) if len(names) > _MOST_LEFT_OUT else ()
    return ", ".join((*names[:_MOST_LEFT_OUT], *more))
