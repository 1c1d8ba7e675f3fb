"""Package Contents…: the patterns of a function, and what goes in and stays out by them, live."""

from collections.abc import Callable

from PySide6.QtCore import (
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from workbench.aws.quotas import UNZIPPED_LIMIT_BYTES, ZIP_LIMIT_BYTES
from workbench.code.package import PROJECT_PATTERNS, Decision, Patterns, Secret
from workbench.code.package.patterns import leave_out, put_in, with_defaults
from workbench.code.package_contents import Material, PackagePreview, outlook
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job
from workbench.core.messages import _, ngettext
from workbench.ui.kit.choices import CalmChoice
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.labels import Gauge
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import PlainLabel, named, size_text, text_label, tool_tip
from workbench.ui.kit.theme import Theme, monospace
from workbench.ui.shell.services import Services

_SIZE = (980, 600)
_PAUSE_MS = 150
_ROW_HEIGHT = 24
_GAP = 10
_PREVIEW = "package.outlook"  # the job

_FILTERS: tuple[Callable[[Decision], bool] | None, ...] = (
    None,
    lambda decision: not decision.why_out,
    lambda decision: bool(decision.why_out),
)
"""What the table can be narrowed to: all files, those that are included, those that are not."""


def _columns() -> tuple[Column[Decision], ...]:
    return (
        Column(
            _("File"),
            lambda decision: f"{decision.path}/" if decision.is_folder else decision.path,
            key=lambda decision: decision.path,
            tone=_tone,
            elide=Qt.TextElideMode.ElideMiddle,
        ),
        Column(
            _("Size"),
            lambda decision: size_text(decision.size_bytes),
            100,
            key=lambda decision: decision.size_bytes,
            tone=_tone,
            is_number=True,
        ),
        Column(_("Explanation"), _explanation, 230, key=_explanation, tone=_tone),
    )


def _tone(decision: Decision) -> str:
    if decision.why_out:
        return "muted"
    return "warning" if decision.secret else ""


def _explanation(decision: Decision) -> str:
    """Why it stays out, or what is to be known of it though it goes in."""
    match decision.secret:
        case Secret.BY_NAME:
            return _("Excluded: looks like a secret")
        case Secret.DEPLOYED:
            return _("Included: looks like a secret")
    return decision.why_out


class ContentsDialog(Dialog):
    """Edits the patterns; nothing counts before Save.

    Signals:
        wanted(patterns): The Outlook by these Patterns is asked for.
        agreed(text): These patterns shall count from now on.
    """

    wanted = Signal(object)
    agreed = Signal(str)

    def __init__(self, function_name: str, patterns: Patterns, theme: Theme, parent: QWidget) -> None:
        title = _("Package Contents of {function_name}").format(function_name=function_name)
        super().__init__("packageContents", title, parent)
        self.text = named(QPlainTextEdit(), "packagePatterns", _("Exclude patterns, one per line"))
        self.text.setFont(monospace())
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setPlaceholderText("*.log\n/docs/\n!keep.log")
        self.text.setTabChangesFocus(True)
        self.text.setPlainText(_as_text(patterns))
        self.table = Table(
            "packageFiles",
            _("Files and whether they are included"),
            _columns(),
            identity=lambda decision: decision.path,
            theme=theme,
            row_height=_ROW_HEIGHT,
            sortable=True,
            empty=_("0 files match."),
        )
        self.table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.filter_choice = named(CalmChoice(), "packageShown", _("Files to show"))
        self.filter_choice.addItems([_("All Files"), _("Included"), _("Excluded")])
        self.sum = named(PlainLabel(), "packageSum")
        self.sum.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.unpacked = Gauge("packageUnpacked", _("Unpacked"), UNZIPPED_LIMIT_BYTES, theme)
        self.packed = Gauge("packagePacked", _(".zip file, estimated"), ZIP_LIMIT_BYTES, theme)
        self.packed.setToolTip(_("A larger .zip file is uploaded through S3."))
        self.leave_out = self._make_button("packageLeaveOut", _("Exclude"))
        self.put_in = self._make_button("packagePutIn", _("Include"))
        self.defaults = self._make_button("packageDefaults", _("Add Recommended Patterns"))
        self._lay_out()
        self._timer = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._connect()
        self._choice_changed()

    def show_outlook(self, outlook: PackagePreview) -> None:
        """Shows what comes of the patterns."""
        self.table.set_rows(outlook.decisions)
        words = ngettext(
            "Included: {count:,} file ({size}). Excluded: {excluded}.",
            "Included: {count:,} files ({size}). Excluded: {excluded}.",
            outlook.in_files,
        )
        if outlook.dependencies:
            words += " " + _("Dependencies: {dependencies:,} files.")
        self.sum.setText(
            words.format(
                count=outlook.in_files,
                size=size_text(outlook.in_bytes),
                excluded=size_text(outlook.out_bytes),
                dependencies=outlook.dependencies,
            )
        )
        self.sum.setToolTip(tool_tip(self.sum.text()))
        self.unpacked.show_size(outlook.unpacked_bytes)
        self.packed.show_size(outlook.zip_bytes)
        self._choice_changed()

    def resize_to_content(self) -> None:
        """Keeps its size: the list takes what room there is."""

    # Inside -------------------------------------------------------------------------------------------------

    def _connect(self) -> None:
        self.text.textChanged.connect(self._timer.start)
        self._timer.timeout.connect(self._ask)
        self.filter_choice.currentIndexChanged.connect(
            lambda number: self.table.rows.set_filter(_FILTERS[number])
        )
        self.table.chosen_changed.connect(self._choice_changed)
        self.defaults.clicked.connect(
            lambda: self._edit(lambda patterns: with_defaults(patterns, PROJECT_PATTERNS))
        )
        self.leave_out.clicked.connect(lambda: self._decide(stays_out=True))
        self.put_in.clicked.connect(lambda: self._decide(stays_out=False))
        self.save.clicked.connect(self._submit)
        self._cancel.clicked.connect(self.reject)

    def _ask(self) -> None:
        if (patterns := self._patterns()) is not None:
            self.wanted.emit(patterns)

    def _patterns(self) -> Patterns | None:
        """What is typed; None, and said why, when a line is no pattern."""
        try:
            patterns = Patterns.of(self.text.toPlainText())
        except WorkbenchError as error:
            self.set_error(error)
            self.save.setEnabled(False)
            return None
        self.set_message("")
        self.save.setEnabled(True)
        return patterns

    def _decide(self, *, stays_out: bool) -> None:
        if (chosen := self.table.current()) is not None:
            change = leave_out if stays_out else put_in
            self._edit(lambda patterns: change(patterns, chosen.path, chosen.is_folder))

    def _edit(self, change: Callable[[Patterns], Patterns]) -> None:
        if (patterns := self._patterns()) is None:
            return
        try:
            text = _as_text(change(patterns))
        except WorkbenchError as error:
            self.set_error(error)
            return
        cursor = self.text.textCursor()
        cursor.select(cursor.SelectionType.Document)
        cursor.insertText(text)  # so that Ctrl+Z takes it back

    def _submit(self) -> None:
        if self._patterns() is not None:
            self.agreed.emit(self.text.toPlainText())

    def _choice_changed(self) -> None:
        chosen = self.table.current()
        self.leave_out.setEnabled(chosen is not None and not chosen.why_out)
        self.put_in.setEnabled(chosen is not None and bool(chosen.why_out))

    def _make_button(self, name: str, text: str) -> QPushButton:
        button = named(QPushButton(text), name, text)
        button.setAutoDefault(False)
        return button

    def _lay_out(self) -> None:
        words = _(
            "Each line excludes files, as in a .gitignore file. Later lines take precedence, and "
            "! includes files again. Caches, version control and virtual environments are never "
            "included. Files that look like secrets are included only by their exact name, such "
            "as !config/.env."
        )
        left, right = QWidget(), QWidget()
        column = QVBoxLayout(left)
        column.addWidget(self.text, 1)
        column.addWidget(self.defaults, 0, Qt.AlignmentFlag.AlignLeft)
        rows = QVBoxLayout(right)
        above, below = QHBoxLayout(), QHBoxLayout()
        above.addWidget(self.filter_choice)
        above.addStretch(1)
        above.addWidget(self.unpacked)
        above.addWidget(self.packed)
        below.addWidget(self.sum, 1)
        below.addWidget(self.leave_out)
        below.addWidget(self.put_in)
        rows.addLayout(above)
        rows.addWidget(self.table, 1)
        rows.addLayout(below)
        column.setContentsMargins(0, 0, _GAP, 0)
        rows.setContentsMargins(_GAP, 0, 0, 0)
        split = named(QSplitter(Qt.Orientation.Horizontal), "packageSplitter")
        split.setChildrenCollapsible(False)
        split.addWidget(left)
        split.addWidget(right)
        split.setStretchFactor(1, 1)
        split.setSizes([260, 660])
        self.content.addWidget(text_label("packageWords", words, "muted"))
        self.content.addWidget(split, 1)
        self.finish_layout(stretch=False)
        self.resize(*_SIZE)
        self._cancel = self.add_button("packageCancel", _("Cancel"))
        self.save = self.add_button("packageSave", _("Save"), "primary")


def _as_text(patterns: Patterns) -> str:
    return "\n".join((*patterns.lines, "")) if patterns.lines else ""


def show_contents(
    services: Services,
    name: str,
    patterns: Patterns,
    material: Material,
    first: PackagePreview,
    parent: QWidget,
) -> ContentsDialog:
    """Opens the dialog; what comes of the patterns follows what is typed. Its `agreed` is for the caller.

    Args:
        services: The program's.
        name: Of the function.
        patterns: As they are.
        material: What there is to be packed.
        first: What comes of the patterns.
        parent: The window, or a dialog over it.
    """
    dialog = ContentsDialog(name, patterns, services.theme, parent)

    def look(typed: Patterns) -> None:
        services.jobs.submit(
            Job(
                _("Reading the package"),
                lambda _ctx: outlook(material, typed),
                replaces=_PREVIEW,
                quiet=True,
                on_done=dialog.show_outlook,
            )
        )

    dialog.show_outlook(first)
    dialog.wanted.connect(look)
    dialog.finished.connect(lambda: services.jobs.drop(_PREVIEW))
    dialog.open()
    return dialog
