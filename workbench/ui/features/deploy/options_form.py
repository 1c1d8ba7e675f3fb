"""The options of a deploy as fields."""

import json
import re
from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QStringListModel, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QCompleter, QLineEdit, QVBoxLayout, QWidget

from workbench.core.messages import _
from workbench.deploy.options import AliasMove, DeployOptions, Shift, SmokeTest, Upload
from workbench.functions.versions import Alias
from workbench.invoke.events import TestEvent
from workbench.ui.kit.choices import CalmChoice
from workbench.ui.kit.fields import number_box
from workbench.ui.kit.form import Form
from workbench.ui.kit.text import PlainLine, complete_plainly, named, tool_tip

_ALIAS = re.compile(r"(?!^[0-9]+$)[A-Za-z0-9_-]{1,128}")
"""Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateAlias.html"""
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_MAX_DESCRIPTION_LENGTH = 256
_MAX_MINUTES = 24 * 60
_MAX_KEPT = 1000
_MIN_LIST_LENGTH = 10  # characters; a longer name does not widen the form
_INDENT = 22
_LABEL_WIDTH = 84


class NameList(PlainLine):
    """A line for several names with commas; what is typed is completed name by name.

    Args:
        name: The object name.
        title: What the names are of.
    """

    def __init__(self, name: str, title: str) -> None:
        super().__init__()
        named(self, name, title)
        self._known = QStringListModel(self)
        completer = _LastName(self._known, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.setCompleter(complete_plainly(completer))

    def set_known(self, names: Sequence[str]) -> None:
        """Takes what may be typed; other names can be typed all the same."""
        self._known.setStringList(list(names))

    @property
    def names(self) -> tuple[str, ...]:
        """What was typed, without gaps."""
        return tuple(name for part in self.text().split(",") if (name := part.strip()))


class _LastName(QCompleter):
    """Completes what follows the last comma."""

    def splitPath(self, path: str) -> list[str]:
        return [path.rpartition(",")[2].strip()]

    def pathFromIndex(self, index: QModelIndex | QPersistentModelIndex) -> str:
        line = self.widget()
        before = line.text().rpartition(",")[0].strip() if isinstance(line, QLineEdit) else ""
        chosen = str(index.data())
        return f"{before}, {chosen}" if before else chosen


class Section(QWidget):
    """An option with a check box; its fields are visible while it is checked.

    Args:
        name: Object name of the tick.
        title: What it does, in words.
        tip: The tool tip.
    """

    toggled = Signal()

    def __init__(self, name: str, title: str, tip: str = "") -> None:
        super().__init__()
        self.setObjectName(f"{name}Section")
        self.tick = named(QCheckBox(title), name, title)
        self.tick.setToolTip(tool_tip(tip))
        self.form = Form(spacing=6, min_label_width=_LABEL_WIDTH)
        self.form.setContentsMargins(_INDENT, 2, 0, 4)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.tick)
        column.addWidget(self.form)
        self.form.setVisible(False)
        self.tick.toggled.connect(self._toggle)

    @property
    def is_checked(self) -> bool:
        """Whether it is ticked."""
        return self.tick.isChecked()

    def set_checked(self, *, checked: bool) -> None:
        """Ticks it, or not."""
        self.tick.setChecked(checked)

    def _toggle(self, ticked: bool) -> None:
        self.form.setVisible(ticked and bool(self.form.rows))
        self.toggled.emit()


class OptionsForm(QWidget):
    """Fields for DeployOptions.

    Args:
        has_tenants: Whether an invocation of the function needs a tenant ID.

    Signals:
        changed: Something is wanted otherwise.
    """

    changed = Signal()

    def __init__(self, *, has_tenants: bool = False) -> None:
        super().__init__()
        named(self, "deployOptions", _("Options"))
        self._events: list[TestEvent] = []
        self._alarms: frozenset[str] | None = None  # None as long as not all are known
        self._has_tenants = has_tenants
        self._lay_out()
        self.smoke.form.show_row(self.tenant.objectName(), shown=has_tenants)
        for section in self._sections:
            section.toggled.connect(self._refresh)
        for risky in (self.smoke, self.moving):
            risky.tick.toggled.connect(self._suggest_undo)
        for line in (self.expected, self.tenant, self.description, self.alarms, self.bucket):
            line.textChanged.connect(self.changed)
        for combo in (self.test_event, self.alias, self.shift, self.upload):
            combo.currentTextChanged.connect(self._refresh)
        for number in (self.percent, self.minutes, self.keep):
            number.valueChanged.connect(self.changed)
        self._refresh()

    # What is wanted -----------------------------------------------------------------------------------------

    def options(self) -> DeployOptions:
        """What is wanted. Only for a form without a fault."""
        return DeployOptions(
            undo_on_failure=self.undo.is_checked,
            upload=self.upload.currentData() if self.upload_section.is_checked else Upload.AUTO,
            bucket=self._bucket(),
            smoke_test=self._smoke_test(),
            publish=self.publish.is_checked,
            description=self.description.text().strip() if self.publish.is_checked else "",
            alias=self._alias_move(),
            keep_versions=self.keep.value() if self.prune.is_checked else 0,
        )

    def fault(self) -> str:
        """What is wrong with what was typed; empty for nothing."""
        if self.smoke.is_checked and self._event() is None:
            return _("Choose a test event.")
        if self.smoke.is_checked and self._has_tenants and not self.tenant.text().strip():
            return _("Enter a tenant ID for the smoke test.")
        if self.smoke.is_checked and (text := self.expected.text().strip()):
            try:
                json.loads(text)
            except ValueError:
                return _("The expected response is not valid JSON.")
        if len(self.description.text()) > _MAX_DESCRIPTION_LENGTH:
            return _("A description can have at most 256 characters.")
        if self.moving.is_checked and not _ALIAS.fullmatch(self.alias.currentText().strip()):
            return _("An alias name takes letters, digits, hyphens and underscores, but not only digits.")
        if self.moving.is_checked and self._alarms is not None:
            for name in self.alarms.names:
                if name not in self._alarms:
                    return _("No alarm {name} exists in this account and Region.").format(name=name)
        if (bucket := self._bucket()) and not _BUCKET.fullmatch(bucket):
            return _("Invalid bucket name.")
        return ""

    def show_choices(self, events: Sequence[TestEvent], aliases: Sequence[Alias]) -> None:
        """Takes what can be chosen; what is chosen already stays."""
        test, alias = self._smoke_test(), self.alias.currentText()
        self._events = list(events)
        for combo, names in (
            (self.test_event, [e.name for e in events]),
            (self.alias, [a.name for a in aliases]),
        ):
            combo.blockSignals(True)
            combo.clear()
            combo.addItems(names)
            combo.blockSignals(False)
        self.alias.setCurrentText(alias or self.alias.itemText(0))
        if test is not None:
            self._choose_event(test)
        self._refresh()

    def show_alarms(self, names: Sequence[str], *, are_all: bool) -> None:
        """Takes the alarms there are; if these are all, another name is a fault."""
        self.alarms.set_known(names)
        self._alarms = frozenset(names) if are_all else None
        self._refresh()

    def show_options(self, options: DeployOptions) -> None:
        """Shows what is wanted."""
        alias = options.alias
        self.smoke.set_checked(checked=options.smoke_test is not None)
        if options.smoke_test is not None:
            self._choose_event(options.smoke_test)
            self.expected.setText(options.smoke_test.expected)
            self.tenant.setText(options.smoke_test.tenant_id)
        self.publish.set_checked(checked=options.publish)
        self.description.setText(options.description)
        self.moving.set_checked(checked=alias is not None)
        if alias is not None:
            self.alias.setCurrentText(alias.name)
            self.shift.setCurrentIndex(self.shift.findData(alias.shift))
            self.percent.setValue(round(alias.percent))
            self.minutes.setValue(round(alias.interval_s / 60))
            self.alarms.setText(", ".join(alias.alarms))
        self.prune.set_checked(checked=options.keep_versions > 0)
        if options.keep_versions:
            self.keep.setValue(options.keep_versions)
        self.upload_section.set_checked(checked=options.upload is not Upload.AUTO or bool(options.bucket))
        self.upload.setCurrentIndex(self.upload.findData(options.upload))
        self.bucket.setText(options.bucket)
        self.undo.set_checked(checked=options.undo_on_failure)  # after those that ask for it
        self._refresh()

    def _smoke_test(self) -> SmokeTest | None:
        event = self._event()
        if not self.smoke.is_checked or event is None:
            return None
        tenant_id = self.tenant.text().strip() if self._has_tenants else ""
        return SmokeTest(event.name, event.text, self.expected.text().strip(), tenant_id)

    def _event(self) -> TestEvent | None:
        row = self.test_event.currentIndex()
        return self._events[row] if 0 <= row < len(self._events) else None

    def _choose_event(self, test: SmokeTest) -> None:
        """Chooses an event by its name, with its text as it is now; one that has gone as it was."""
        names = [event.name for event in self._events]
        if test.name not in names:
            self._events.insert(0, TestEvent(test.name, test.payload))
            self.test_event.insertItem(0, test.name)
            names.insert(0, test.name)
        self.test_event.setCurrentIndex(names.index(test.name))

    def _bucket(self) -> str:
        by_s3 = self.upload_section.is_checked and self.upload.currentData() is not Upload.DIRECT
        return self.bucket.text().strip() if by_s3 else ""

    def _alias_move(self) -> AliasMove | None:
        if not self.moving.is_checked:
            return None
        return AliasMove(
            self.alias.currentText().strip(),
            self.shift.currentData(),
            float(self.percent.value()),
            self.minutes.value() * 60.0,
            self.alarms.names,
        )

    # Inside -------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self.smoke = Section("deploySmoke", _("Run a smoke test first"))
        self.test_event = _choice("deployEvent", _("Test event"))
        self.expected = named(PlainLine(), "deployExpected", _("Expected response"))
        self.expected.setPlaceholderText('{"statusCode": 200}')
        self.expected.setToolTip(
            _("JSON that the response must contain. Leave empty to accept any response without an error.")
        )
        self.tenant = named(PlainLine(), "deployTenant", _("Tenant ID"))
        self.smoke.form.add(self.test_event, _("Event"))
        self.smoke.form.add(self.tenant, _("Tenant ID"))
        self.smoke.form.add(self.expected, _("Expected"))

        self.publish = Section("deployPublish", _("Publish a version"))
        self.description = named(PlainLine(), "deployDescription", _("Description of the version"))
        self.publish.form.add(self.description, _("Description"))

        self.moving = Section("deployMove", _("Point an alias to the new version"))
        self.alias = _choice("deployAlias", _("Alias"))
        self.alias.setEditable(True)
        self.shift = _choice("deployShift", _("Traffic shifting"))
        self.shift.addItem(_("All at once"), Shift.ALL_AT_ONCE)
        self.shift.addItem(_("A share of the traffic first (canary)"), Shift.CANARY)
        self.shift.addItem(_("In equal steps (linear)"), Shift.LINEAR)
        self.percent = number_box("deployPercent", _("Share of the traffic"), 1, 99, " %")
        self.percent.setValue(10)
        self.minutes = number_box("deployMinutes", _("Minutes to monitor"), 0, _MAX_MINUTES, " min")
        self.alarms = NameList("deployAlarms", _("CloudWatch alarms"))
        self.alarms.setPlaceholderText(_("Alarm names, separated by commas"))
        self.alarms.setToolTip(_("If one of them goes into ALARM, the deploy stops"))
        for title, field in (
            (_("Alias"), self.alias),
            (_("Shift"), self.shift),
            (_("Percentage"), self.percent),
            (_("Monitor for"), self.minutes),
            (_("Alarms"), self.alarms),
        ):
            self.moving.form.add(field, title)

        self.prune = Section("deployPrune", _("Delete old versions that are not in use"))
        self.keep = number_box("deployKeep", _("Versions to keep"), 1, _MAX_KEPT)
        self.keep.setValue(10)
        self.prune.form.add(self.keep, _("Keep the last"))

        self.undo = Section(
            "deployUndo",
            _("Roll back if a step fails"),
            _("Otherwise the deploy stops at the failed step and shows which code the function has"),
        )

        self.upload_section = Section("deployWay", _("Choose how to upload the package"))
        self.upload = _choice("deployUpload", _("Upload method"))
        self.upload.addItem(_("Automatic (the smaller upload)"), Upload.AUTO)
        self.upload.addItem(_("Direct upload (up to 50 MB)"), Upload.DIRECT)
        self.upload.addItem(_("Through S3"), Upload.S3)
        self.bucket = named(PlainLine(), "deployBucket", _("Deployment bucket"))
        self.bucket.setPlaceholderText(_("Created by Workbench"))
        self.upload_section.form.add(self.upload, _("Method"))
        self.upload_section.form.add(self.bucket, _("Bucket"))

        self._sections = (self.smoke, self.publish, self.moving, self.prune, self.undo, self.upload_section)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 10, 12, 0)
        column.setSpacing(8)
        for section in self._sections:
            column.addWidget(section)
        column.addStretch(1)

    def _suggest_undo(self, ticked: bool) -> None:
        if ticked:
            self.undo.set_checked(checked=True)

    def _refresh(self) -> None:
        """Shows the fields that matter, then tells that something is wanted otherwise."""
        if self.moving.is_checked:
            self.publish.set_checked(checked=True)  # an alias points to a published version
        self.publish.tick.setEnabled(not self.moving.is_checked)
        by_shares = self.shift.currentData() is not Shift.ALL_AT_ONCE
        self.moving.form.show_row(self.percent.objectName(), shown=by_shares)
        self.minutes.setMinimum(1 if by_shares else 0)  # a share that nobody watches proves nothing
        self.upload_section.form.show_row(
            self.bucket.objectName(), shown=self.upload.currentData() is not Upload.DIRECT
        )
        self.changed.emit()


def _choice(name: str, title: str) -> QComboBox:
    combo = named(CalmChoice(), name, title)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(_MIN_LIST_LENGTH)
    return combo
