"""The dialogs of templates: a function's configuration as a template, and the functions of a template."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QCheckBox, QPlainTextEdit, QTabWidget, QWidget

from workbench.core.messages import _
from workbench.functions.export_sources import BucketSource, RuleSource, Sources, TopicSource
from workbench.functions.export_templates import sam_template, serverless_file
from workbench.functions.model import FunctionDetail
from workbench.functions.template_functions import TemplateFunction
from workbench.triggers.kinds import table
from workbench.triggers.kinds.rule import EventBridgeRule
from workbench.triggers.kinds.s3 import S3Source
from workbench.triggers.kinds.sns import SnsSource
from workbench.triggers.kinds.url import FunctionUrl
from workbench.triggers.model import Link, Model, Trigger
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import named, text_label

_TRANSFORMS = ("InputPath", "InputTransformer.InputTemplate")
_SIZE = QSize(780, 560)


def with_event_sources(sources: Sources, triggers: Iterable[Trigger]) -> Sources:
    """Adds buckets, rules and topics; names the rest in `others`."""
    buckets: list[BucketSource] = []
    rules: list[RuleSource] = []
    topics: list[TopicSource] = []
    others: list[str] = []
    for each in triggers:
        name = each.source_arn or each.name
        if each.link is Link.STALE_PERMISSION:
            continue  # nothing calls the function there
        if each.qualifier:
            others.append(_("{name} (of {qualifier})").format(name=name, qualifier=each.qualifier))
        elif table.RULES[each.kind].model is Model.PULL or each.kind == FunctionUrl.kind:
            continue  # `read_sources` has those of the unqualified function
        elif each.kind == S3Source.kind and each.identity:
            buckets.append(_bucket(each))
        elif each.kind == EventBridgeRule.kind and _is_whole(each, "EventPattern", "Input"):
            rules.append(_rule(each))
            others += [
                _("{member} of {name}").format(member=member, name=name)
                for member in _TRANSFORMS
                if _text(each, member)
            ]
        elif each.kind == SnsSource.kind and each.identity and _is_whole(each, "FilterPolicy"):
            topics.append(
                TopicSource(each.source_arn, _text(each, "FilterPolicy"), _text(each, "FilterPolicyScope"))
            )
        else:
            others.append(name)
    return replace(
        sources,
        buckets=tuple(buckets),
        rules=tuple(rules),
        topics=tuple(topics),
        others=tuple(dict.fromkeys(others)),
    )


def _bucket(each: Trigger) -> BucketSource:
    events = each.values.get("Events")
    known = tuple(map(str, events)) if isinstance(events, tuple | list) else ()
    return BucketSource(each.name, known, _text(each, "Prefix"), _text(each, "Suffix"))


def _rule(each: Trigger) -> RuleSource:
    return RuleSource(
        each.source_arn,
        _text(each, "EventBusName") or "default",
        _text(each, "EventPattern"),
        _text(each, "ScheduleExpression"),
        _text(each, "Input"),
        _text(each, "State") != "DISABLED",
    )


def _text(each: Trigger, name: str) -> str:
    return str(each.values.get(name) or "")


def _is_whole(each: Trigger, *names: str) -> bool:
    """Whether these members, where they are there, are JSON; else a template would be broken by them."""
    try:
        for name in names:
            json.loads(_text(each, name) or "{}")
    except ValueError:
        return False
    return bool(each.identity)


class ExportDialog(Dialog):
    """Shows both templates. It stays open after saving.

    Args:
        detail: The function.
        sources: What makes it run.
        note: What could not be read, in words; empty for nothing.
        parent: The window.

    Signals:
        save_wanted: A suggested file name, and the text to save.
    """

    save_wanted = Signal(str, str)

    def __init__(self, detail: FunctionDetail, sources: Sources, note: str, parent: QWidget) -> None:
        super().__init__("exportDialog", "", parent)
        self.set_title(
            _("Configuration of {function_name} as a Template").format(function_name=detail.function_name)
        )
        self.setSizeGripEnabled(True)
        self._detail, self._sources = detail, sources
        words = _(
            "Save the function's code next to the file. The template refers to the execution "
            "role, but does not create it."
        )
        self.content.addWidget(text_label("exportWords", words, "muted"))
        if note:
            self.content.addWidget(text_label("exportNote", note, "warning"))
        self.tabs = named(QTabWidget(), "exportTabs", _("Template types"))
        self.tabs.setDocumentMode(True)
        self.sam = self._text("exportSam", _("SAM template"))
        self.serverless = self._text("exportServerless", _("Serverless Framework file"))
        self.tabs.addTab(self.sam, _("AWS SAM"))
        self.tabs.addTab(self.serverless, _("Serverless Framework"))
        self.content.addWidget(self.tabs, 1)
        self.with_values = named(
            QCheckBox(_("Include the values of environment variables, which might be secrets")),
            "exportValues",
        )
        self.with_values.setVisible(bool(detail.environment))
        self.content.addWidget(self.with_values)
        self.finish_layout(stretch=False)
        self.save = self.add_button("exportSave", _("Save As…"), "primary")
        self.copy = self.add_button("exportCopy", _("Copy"))
        self.add_button("exportClose", _("Close")).clicked.connect(self.reject)
        self.save.clicked.connect(self._save)
        self.copy.clicked.connect(self._copy)
        self.with_values.toggled.connect(self._show)
        self.resize(_SIZE)
        self._show()
        self.save.setFocus()

    def resize_to_content(self) -> None:
        """The text takes all room: the user sets the size."""

    def _text(self, name: str, title: str) -> QPlainTextEdit:
        text = named(QPlainTextEdit(), name, title)
        text.setReadOnly(True)
        text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        text.setTabChangesFocus(True)
        return text

    def _show(self) -> None:
        with_values = self.with_values.isChecked()
        self.sam.setPlainText(sam_template(self._detail, self._sources, with_values=with_values))
        self.serverless.setPlainText(serverless_file(self._detail, self._sources, with_values=with_values))

    def _current_file(self) -> tuple[str, str]:
        """The suggested name of the file, and its text."""
        if self.tabs.currentWidget() is self.sam:
            return "template.yaml", self.sam.toPlainText()
        return "serverless.yml", self.serverless.toPlainText()

    def _save(self) -> None:
        self.save_wanted.emit(*self._current_file())

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._current_file()[1])
        self.set_message(_("Copied."))


_TABLE_SIZE = QSize(860, 420)


@dataclass(frozen=True, slots=True)
class Described:
    """A function of a template, and where its code is on this disk; None when there is no such folder."""

    function: TemplateFunction
    folder: Path | None


class ImportDialog(Dialog):
    """Read only, but for the one button.

    Args:
        template: The file.
        described: Its functions.
        opened: The open function's name, and what its stack calls it; empty for none.
        existing: The names of the functions of the session's region.
        parent: The window.

    Signals:
        folder_wanted: The folder that the open function is to be bound to.
    """

    folder_wanted = Signal(Path)

    def __init__(
        self,
        template: Path,
        described: Sequence[Described],
        opened: tuple[str, str],
        existing: Collection[str],
        parent: QWidget,
    ) -> None:
        super().__init__("importDialog", "", parent)
        self.set_title(_("Functions of {template}").format(template=template.name))
        self.setSizeGripEnabled(True)
        self._described, self._opened, self._existing = described, opened, existing
        self.content.addWidget(text_label("importFile", str(template), "muted"))
        columns = (
            Column[Described](_("Function"), _name, 220, full=_full_name),
            Column[Described](_("Handler"), lambda each: each.function.handler, 160),
            Column[Described](_("Runtime"), lambda each: each.function.runtime, 100),
            Column[Described](_("Events"), lambda each: ", ".join(each.function.events)),
            Column[Described](
                _("Code folder"),
                lambda each: each.function.code_folder or _("none"),
                150,
                full=lambda each: str(each.folder or ""),
            ),
        )
        self.table = Table("importTable", _("Functions of the template"), columns, identity=id)
        self.content.addWidget(self.table, 1)
        self.about = text_label("importAbout")
        self.content.addWidget(self.about)
        self.finish_layout(stretch=False)
        use = _("Use Folder for {opened}…").format(opened=opened[0]) if opened[0] else _("Use Folder…")
        self.yes = self.add_button("importUse", use, "primary")
        self.add_button("importClose", _("Close")).clicked.connect(self.reject)
        self.yes.clicked.connect(self._submit)
        self.table.selectionModel().selectionChanged.connect(self._selected)
        self.resize(_TABLE_SIZE)
        self.table.set_rows(described)
        if described:
            self.table.selectRow(self._first())
        else:
            self.set_message(_("The template defines no Lambda functions."))
        self._selected()
        self.table.setFocus()

    def resize_to_content(self) -> None:
        """The table takes all room: the user sets the size."""

    def is_open(self, function: TemplateFunction) -> bool:
        """Whether the open function is this one, as far as names tell."""
        name, logical_id = self._opened
        return bool(name) and (function.function_name == name or function.logical_id == logical_id)

    def chosen(self) -> Described | None:
        """The one that is selected."""
        return next(iter(self.table.chosen()), None)

    def _first(self) -> int:
        return next((row for row, each in enumerate(self._described) if self.is_open(each.function)), 0)

    def _selected(self) -> None:
        chosen = self.chosen()
        self.yes.setEnabled(chosen is not None and chosen.folder is not None and bool(self._opened[0]))
        self.about.setText(self._about(chosen) if chosen else "")

    def _about(self, chosen: Described) -> str:
        function, opened = chosen.function, self._opened[0]
        if not function.code_folder:
            return _("Its code is not in a folder next to the template.")
        if chosen.folder is None:
            return _("The folder {code_folder} does not exist in the template's project.").format(
                code_folder=function.code_folder
            )
        if not opened:
            return _("Open a function to use this folder for it.")
        if self.is_open(function):
            return _("This appears to be the open function, based on its name.")
        if function.function_name in self._existing:
            words = _(
                "{function_name} is in the list. Open it to use this folder for it instead of {opened}."
            )
            return words.format(function_name=function.function_name, opened=opened)
        return _("Its name does not show whether it is {opened}.").format(opened=opened)

    def _submit(self) -> None:
        chosen = self.chosen()
        if chosen is not None and chosen.folder is not None:
            self.accept()
            self.folder_wanted.emit(chosen.folder)


def _name(described: Described) -> str:
    return described.function.function_name or described.function.logical_id


def _full_name(described: Described) -> str:
    function = described.function
    return "\n".join(filter(None, (function.function_name, function.logical_id)))
