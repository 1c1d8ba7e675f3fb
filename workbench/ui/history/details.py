"""All that is known of one deploy: its facts, and the files that it changed."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QSplitter, QVBoxLayout, QWidget

from workbench.code.tree import FileChange
from workbench.deploy.history import HistoryEntry
from workbench.ui.copy_table import CopyTable
from workbench.ui.field_table import Field, FieldTable
from workbench.ui.history.words import outcome_text, settings_of, settings_text, when_text
from workbench.ui.named import named
from workbench.ui.rows_model import TableRow
from workbench.ui.services import Services
from workbench.ui.units import duration_text, size_text

_SIZES = (620, 420)


class DeployDetails(QSplitter):
    """Shows one entry of the history."""

    def __init__(self, services: Services) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        named(self, "deployDetails", self.tr("Deployment details"))
        self.setChildrenCollapsible(False)
        self.facts = FieldTable("deployFacts", self.tr("Properties of the deploy"), services.icons)
        self.files = CopyTable(
            "deployedFiles",
            self.tr("Files changed by the deploy"),
            (self.tr("File"), self.tr("Change")),
            (0, 90),
        )
        sheet = QWidget()
        rows = QVBoxLayout(sheet)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self.facts)
        rows.addStretch(1)
        area = named(QScrollArea(), "deployFactsArea")
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setWidget(sheet)
        self.addWidget(area)
        self.addWidget(self.files)
        self.setSizes(list(_SIZES))

    def show_entry(self, entry: HistoryEntry | None) -> None:
        """Shows an entry; nothing for None."""
        self.facts.show_fields(self._fields(entry) if entry else ())
        self.files.take(self._file_rows(entry) if entry else ())

    def _fields(self, entry: HistoryEntry) -> list[Field]:
        record, about = entry.record, entry.about
        package = self.tr("no longer on this computer")
        if entry.kept_bytes:
            package = self.tr("%1, stored on this computer").replace("%1", size_text(entry.kept_bytes))
        took = entry.duration_s
        rows = (
            (self.tr("Outcome"), (record.text if record else "") or outcome_text(entry)),
            (self.tr("When"), when_text(entry.when)),
            (self.tr("Took"), duration_text(took * 1000) if took is not None else ""),
            (self.tr("Who"), about.who),
            (self.tr("Code SHA-256"), entry.code_sha256),
            (self.tr("Replaced"), record.old_sha256 if record and not entry.is_move else ""),
            (self.tr("Package"), "" if entry.is_move else package),
            (self.tr("Version"), entry.version),
            (self.tr("Alias"), entry.alias_name),
            (self.tr("Configuration"), settings_text(settings_of(entry))),
            (self.tr("Environment variables"), ", ".join(about.variables)),
            (self.tr("Revision"), record.new_revision_id if record else ""),
        )
        return [Field(label, value) for label, value in rows if value]

    def _file_rows(self, entry: HistoryEntry) -> list[TableRow]:
        words = {
            FileChange.ADDED: self.tr("new"),
            FileChange.CHANGED: self.tr("changed"),
            FileChange.DELETED: self.tr("deleted"),
        }
        files = entry.about.files
        if files is None:
            return []
        rows = [TableRow((path, words.get(change, ""))) for path, change in files.paths]
        if more := files.added + files.changed + files.deleted - len(files.paths):
            rows.append(TableRow((self.tr("… and %1 more").replace("%1", f"{more:,}"), "")))
        return rows
