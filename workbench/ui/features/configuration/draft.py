"""What the user has changed of a function's settings and not applied yet; stored on disk until it is."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _, ngettext
from workbench.functions.configuration import ROWS, FileSystem, Settings, setting_name
from workbench.functions.model import FunctionDetail
from workbench.functions.settings import (
    NAMES,
    Reading,
    SettingChange,
    SettingsDrafts,
    changes,
    conflicts,
    value_at,
    with_changes,
)
from workbench.ui.kit.dialog import Question
from workbench.ui.kit.field_table import Field
from workbench.ui.kit.table_model import MASK
from workbench.ui.kit.text import named, size_text, text_label
from workbench.ui.pages.base import Page
from workbench.ui.shell.services import Services


def change_title(change: SettingChange) -> str:
    """What the setting of a change is called, with the variable, tag or qualifier."""
    return f"{setting_name(change.name)}: {change.key}" if change.key else setting_name(change.name)


def value_text(name: str, value: object, *, secret: bool = False) -> str:
    """A value in words.

    Args:
        name: The attribute of Settings.
        value: What it holds.
        secret: Whether it is masked.
    """
    if name == "reserved_concurrency" and value is None:
        return _("unreserved")
    if name == "log_retention_days" and value is None:
        return _("never expires")
    if value in (None, "", ()):
        return _("none")
    if secret:
        return MASK
    if name == "log_retention_days":
        return _days(int(str(value)))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, tuple):
        return ", ".join(_one(each) for each in value)
    return f"{value} {ROWS[name].unit}".rstrip()


def function_facts(detail: FunctionDetail) -> tuple[Field, ...]:
    """What is known of a function, beside its settings; shown below the general settings."""
    modified = detail.last_modified
    fields = (
        Field(_("Package type"), detail.package_type),
        Field(
            _("Architecture"),
            ", ".join(detail.architectures) if detail.image_uri else "",
        ),
        Field(_("Code size"), size_text(detail.code_size_bytes)),
        Field(_("Code SHA-256"), detail.code_sha256),
        Field(_("KMS key of the package"), detail.source_kms_key_arn),
        Field(
            _("S3 object storage mode"),
            f"REFERENCE ({detail.s3_object})" if detail.s3_object else "",
        ),
        Field(
            _("Last modified"),
            modified.astimezone().strftime("%Y-%m-%d %H:%M:%S") if modified else "",
        ),
        Field(_("VPC ID"), detail.vpc_id),
        Field(_("Function ARN"), detail.function_arn),
    )
    return tuple(field for field in fields if field.value)


def _one(value: object) -> str:
    if isinstance(value, FileSystem):
        return f"{value.arn} → {value.mount_path}"
    return str(value).rpartition(":layer:")[2] or str(value)


def _days(n: int) -> str:
    return ngettext("{count} day", "{count} days", n).format(count=n)


_SNAP_START_STORAGE_MB = 512
"""Source of this, and of the rest that it excludes: https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html"""


def combination_faults(wanted: Settings, original: Settings) -> Mapping[str, str]:
    """What is wrong, by the setting to correct. Only what was touched is looked at: AWS has the rest."""
    found = {}
    for name, involved, check in _RULES:
        touched = any(getattr(wanted, each) != getattr(original, each) for each in (name, *involved))
        if touched and (words := check(wanted)):
            found[name] = words
    return found


def _application_level(wanted: Settings) -> str:
    return _level(wanted, wanted.application_log_level)


def _system_level(wanted: Settings) -> str:
    return _level(wanted, wanted.system_log_level)


def _level(wanted: Settings, level: str) -> str:
    if wanted.log_format == "Text" and level:
        return _("Log levels require the log format JSON.")
    return ""


def _groups(wanted: Settings) -> str:
    if bool(wanted.subnet_ids) != bool(wanted.security_group_ids):
        return _("A VPC requires both subnets and security groups.")
    return ""


def _ipv6(wanted: Settings) -> str:
    if wanted.ipv6_dual_stack and not wanted.subnet_ids:
        return _("Requires subnets.")
    return ""


def _runtime_version(wanted: Settings) -> str:
    if wanted.runtime_update_mode == "Manual" and not wanted.runtime_version_arn:
        return _("Manual updates require a runtime version ARN.")
    return ""


def _file_systems(wanted: Settings) -> str:
    # S3 Files may be reached otherwise; an EFS mount target is in a VPC.
    if any(":elasticfilesystem:" in each.arn for each in wanted.file_systems) and not wanted.subnet_ids:
        return _("Requires a VPC from which it can be reached.")
    return ""


def _snap_start(wanted: Settings) -> str:
    if wanted.snap_start != "PublishedVersions":
        return ""
    if wanted.ephemeral_storage_mb > _SNAP_START_STORAGE_MB:
        words = _("The maximum is {snap_start_storage_mb} MB of ephemeral storage.")
        return words.format(snap_start_storage_mb=str(_SNAP_START_STORAGE_MB))
    if wanted.file_systems:
        return _("File systems are not supported.")
    if wanted.provisioned:
        return _("Provisioned concurrency is not supported.")
    return _tenants(wanted)


def _tenants(wanted: Settings) -> str:
    if wanted.tenant_isolation:
        return _("Tenant isolation is not supported.")
    return ""


def _provisioned(wanted: Settings) -> str:
    # https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_lambda.TenancyConfig.html
    return _tenants(wanted) if wanted.provisioned else ""


_RULES: tuple[tuple[str, tuple[str, ...], Callable[[Settings], str]], ...] = (
    # With JSON, AWS sets levels that nobody chose. They go with the format, and are not sent with Text.
    ("application_log_level", (), _application_level),
    ("system_log_level", (), _system_level),
    ("security_group_ids", ("subnet_ids",), _groups),
    ("ipv6_dual_stack", ("subnet_ids",), _ipv6),
    ("runtime_version_arn", ("runtime_update_mode",), _runtime_version),
    ("file_systems", ("subnet_ids",), _file_systems),
    ("snap_start", ("ephemeral_storage_mb", "file_systems", "provisioned"), _snap_start),
    ("provisioned", (), _provisioned),
)
"""The setting that is to be corrected, those that it depends on, and what is wrong then."""


class Draft(QObject):
    """One function's settings, being changed.

    Signals:
        changed: Other settings are wanted, or something is wrong now.
        refilled: The fields are to show other values than those typed into them.
    """

    changed = Signal()
    refilled = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.reading: Reading | None = None
        self.original = Settings()
        self.wanted = Settings()
        self._faults: dict[str, str] = {}

    def open(self, reading: Reading, pending: Collection[SettingChange] = (), *, same: bool = False) -> None:
        """Shows a function as it was read, with changes that were made before.

        Args:
            reading: The function.
            pending: The changes.
            same: Whether it was shown before: what is typed and cannot be taken yet stays in its field.

        Those keep what they were made from: where somebody else changed the same since, that is noticed when
        they are sent, not overwritten.
        """
        there = [each for each in pending if value_at(reading.settings, *each.setting) != each.new]
        self.reading = reading
        self.original = with_changes(reading.settings, [each.reversed() for each in there])
        self.wanted = with_changes(self.original, there)
        if not same:
            self._faults = {}
        self.refilled.emit()
        self.changed.emit()

    def close(self) -> None:
        """Shows no function."""
        self.reading = None
        self.original = self.wanted = Settings()
        self._faults = {}
        self.refilled.emit()
        self.changed.emit()

    def set(self, name: str, value: Any, fault: str = "") -> None:
        """Takes what a field holds. A faulty value is not taken, but keeps everything from being sent."""
        if fault:
            self._faults[name] = fault
        else:
            self._faults.pop(name, None)
            self.wanted = replace(self.wanted, **{name: value})
        self.changed.emit()

    def take(self, wanted: Collection[SettingChange]) -> None:
        """Makes changes as if they had been typed."""
        self._faults = {}
        self.wanted = with_changes(self.wanted, wanted)
        self.refilled.emit()
        self.changed.emit()

    def discard(self) -> None:
        """Forgets what was changed."""
        self._faults = {}
        self.wanted = self.original
        self.refilled.emit()
        self.changed.emit()

    def changes(self) -> tuple[SettingChange, ...]:
        """What is wanted otherwise than it was seen."""
        return changes(self.original, self.wanted)

    def is_changed(self, name: str) -> bool:
        """Whether a setting is wanted otherwise, or holds what cannot be taken."""
        return name in self.faults or getattr(self.original, name) != getattr(self.wanted, name)

    @property
    def faults(self) -> dict[str, str]:
        """What is wrong, by setting."""
        return {**combination_faults(self.wanted, self.original), **self._faults}

    def is_faulty(self, name: str) -> bool:
        """Whether the field itself holds what cannot be taken."""
        return name in self._faults

    def unread(self, name: str) -> str:
        """Why a setting is not known; empty when it is."""
        return dict(self.reading.unread).get(name, "") if self.reading else ""

    def note(self, name: str) -> str:
        """What else is known of a setting."""
        notes = self.reading.notes if self.reading else ()
        return "\n".join(text for each, text in notes if each == name)


_PAUSE_MS = 300
_MANY = 2  # one change is typed again sooner than a question is answered
_LANE = "configuration.drafts"

Changes = tuple[SettingChange, ...]


class UnappliedChanges(QObject):
    """Knows what the disk has, and what it is to have.

    Signals:
        found: A function's ARN, and changes of it that an earlier start left.
        failed: The disk did not take something; it is tried again with the next change.
    """

    found = Signal(str, object)
    failed = Signal(WorkbenchError)

    def __init__(self, services: Services, parent: QObject) -> None:
        super().__init__(parent)
        self._jobs = services.jobs
        self._drafts = SettingsDrafts(services.paths.data_dir / "configuration-drafts")
        self._on_disk: dict[str, Changes] = {}  # by ARN, as far as it was looked at or written
        self._wanted: dict[str, Changes] = {}
        self._writing = 0  # jobs: until they have ended, nobody knows what the disk has
        self._soon = QTimer(self, interval=_PAUSE_MS, singleShot=True)
        self._soon.timeout.connect(self.write)

    def find(self, function_arn: str) -> None:
        """Looks for what an earlier start left of a function; once for each."""
        if function_arn in self._on_disk:
            return
        self._on_disk[function_arn] = ()

        def read(_ctx: JobContext) -> Changes:
            return self._drafts.of(function_arn)

        def done(changes: Changes) -> None:
            if changes:
                self._on_disk[function_arn] = changes
                self.found.emit(function_arn, changes)

        title = _("Finding unapplied changes")
        self._jobs.submit(Job(title, read, lane=_LANE, quiet=True, on_done=done))

    def want(self, function_arn: str, changes: Collection[SettingChange]) -> None:
        """Says what is to be on disk of a function; it is there in a moment."""
        self._wanted[function_arn] = tuple(changes)
        if self.is_behind:
            self._soon.start()

    @property
    def is_behind(self) -> bool:
        """Whether the disk lacks something, or may."""
        return self._writing > 0 or bool(self._behind())

    def write(
        self,
        then: Callable[[], object] = lambda: None,
        failed: Callable[[WorkbenchError], object] | None = None,
    ) -> None:
        """Brings the disk up to date.

        Args:
            then: Called when it is.
            failed: Called when it cannot be; by default `failed` is emitted.
        """
        self._soon.stop()
        behind = self._behind() if self._writing == 0 else dict(self._wanted)
        self._writing += 1

        def run(_ctx: JobContext) -> None:
            for arn, waiting in behind.items():
                self._drafts.keep(arn, waiting)

        def done(_result: None) -> None:
            self._writing -= 1
            self._on_disk |= behind
            if self._behind():  # something else is wanted since this job was begun
                self._soon.start()
            then()

        def not_done(error: WorkbenchError) -> None:
            self._writing -= 1
            (failed or self.failed.emit)(error)

        title = _("Saving unapplied changes")
        self._jobs.submit(Job(title, run, lane=_LANE, quiet=True, on_done=done, on_error=not_done))

    def _behind(self) -> dict[str, Changes]:
        return {
            arn: changes for arn, changes in self._wanted.items() if self._on_disk.get(arn, ()) != changes
        }


class KeptOffer(QFrame):
    """Says what an earlier start left, and asks what becomes of it.

    Signals:
        taken: It is to be put into the form.
        forgotten: It is not wanted any more.
    """

    taken = Signal()
    forgotten = Signal()

    def __init__(self) -> None:
        super().__init__()
        named(self, "configurationKept", _("Unapplied changes"))
        self.words = text_label("configurationKeptWords", "", "warning")
        take = named(QPushButton(_("Restore")), "configurationKeptTake", _("Restore the changes"))
        forget = named(QPushButton(_("Discard")), "configurationKeptForget", _("Discard the changes"))
        take.clicked.connect(self.taken)
        forget.clicked.connect(self.forgotten)
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 8, 16, 8)
        row.setSpacing(8)
        row.addWidget(self.words, 1)
        row.addWidget(forget)
        row.addWidget(take)
        self.hide()

    def offer(self, titles: Collection[str], changed_since: Collection[str]) -> None:
        """Shows it.

        Args:
            titles: Of the settings.
            changed_since: Of those that somebody else changed to something else since.
        """
        words = _("Unapplied changes from last time: {names}.").format(names=", ".join(titles))
        if changed_since:
            more = _("Changed in AWS since then: {names}.").format(names=", ".join(changed_since))
            words = f"{words} {more}"
        self.words.setText(words)
        self.words.setAccessibleName(words)
        self.show()


class Keeping(QObject):
    """Keeps what is changed in the form, and offers what an earlier start left.

    Args:
        services: The program's.
        draft: What is being changed.
        page: Shows the form, and says what fails.
    """

    def __init__(self, services: Services, draft: Draft, page: Page) -> None:
        super().__init__(page)
        self._draft, self._page = draft, page
        self._function_arn = ""
        self._offered: dict[str, Changes] = {}  # by ARN: nobody has said yet what becomes of it
        self.disk = UnappliedChanges(services, self)
        self.offer = KeptOffer()
        self.disk.found.connect(self._found)
        self.disk.failed.connect(page.failed)
        self.offer.taken.connect(self._take)
        self.offer.forgotten.connect(self._forget)

    def note(self, function_arn: str, changes: Collection[SettingChange]) -> None:
        """Takes what is changed of a function now; what is offered stays on disk beside it."""
        places = {each.setting for each in changes}
        others = (each for each in self._offered.get(function_arn, ()) if each.setting not in places)
        self.disk.want(function_arn, (*changes, *others))

    def discard(self) -> None:
        """Empties the form, after a yes where more than one thing goes that nothing brings back."""
        changes, faults = self._draft.changes(), set(self._draft.faults)
        names = {each.name for each in changes}
        count = len(changes) + len(faults - names)
        if count < _MANY:
            self._draft.discard()
            return
        titles = ", ".join(setting_name(name) for name in NAMES if name in names | faults)
        words = _("{count} changes will be permanently discarded: {titles}.").format(
            count=f"{count:,}", titles=titles
        )
        title = _("Discard Changes")
        question = Question("discardSettings", title, words, title, self._page.window(), is_destructive=True)
        question.ask(self._draft.discard)

    def show(self, function_arn: str, *, can_change: bool) -> None:
        """Follows the form, which shows this function."""
        self._function_arn = function_arn
        reading, offered = self._draft.reading, self._offered.get(function_arn, ())
        if reading is None:
            self.offer.hide()
            return
        self.disk.find(function_arn)
        self.note(function_arn, self._draft.changes())
        if not offered or not can_change:
            self.offer.hide()
            return
        unread = {name for name, __ in reading.unread}
        known = [each for each in offered if each.name not in unread]
        since = [change_title(each.mine) for each in conflicts(known, reading.settings)]
        self.offer.offer([change_title(each) for each in offered], since)

    def _found(self, function_arn: str, changes: Changes) -> None:
        self._offered[function_arn] = changes
        if function_arn == self._function_arn:
            self._draft.changed.emit()
        else:
            self.note(function_arn, ())

    def _take(self) -> None:
        reading, mine = self._draft.reading, self._draft.changes()
        places = {each.setting for each in mine}
        offered = [each for each in self._offered.pop(self._function_arn, ()) if each.setting not in places]
        if reading is not None:
            self._draft.open(reading, (*mine, *offered), same=True)

    def _forget(self) -> None:
        self._offered.pop(self._function_arn, None)
        self._draft.changed.emit()
