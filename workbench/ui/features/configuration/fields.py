"""Fields of settings that know the account or the function; the others are those of the kit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import (
    QCheckBox,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from workbench.aws.connection import Connection
from workbench.aws.names import image_region
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle, JobRunner
from workbench.core.messages import _
from workbench.functions.account_resources import (
    NetworkPart,
    Resource,
    list_access_points,
)
from workbench.functions.configuration import FileSystem
from workbench.functions.roles import Policy, Role, list_roles, read_policies
from workbench.functions.settings import (
    Limits,
)
from workbench.ui.kit.choices import CalmChoice
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.fields import (
    NUMBER_WIDTH,
    BrowseButton,
    Editor,
    LinesEditor,
    OpenChoice,
    TextEditor,
    length_fault,
    whole_number,
)
from workbench.ui.kit.form import Form, side_by_side
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import PlainLine, named, show_message, text_label
from workbench.ui.kit.text_size import scaled
from workbench.ui.shell.services import OpenFunction

_SIZE = QSize(820, 440)


class PickDialog[R](Dialog):
    """Reads while it is open. `picked` carries the full text of the first column of the chosen row.

    Args:
        name: Its object name.
        title: Of the dialog.
        columns: Of the table.
        parent: The window.
    """

    picked = Signal(str)

    def __init__(self, name: str, title: str, columns: Sequence[Column[R]], parent: QWidget) -> None:
        super().__init__(name, "", parent)
        self.set_title(title)
        self._reading: JobHandle | None = None
        self.search = named(PlainLine(), f"{name}Search", _("Search"))
        self.search.setPlaceholderText(_("Search"))
        self.search.setClearButtonEnabled(True)
        self.table = Table(f"{name}Table", title, columns, identity=columns[0].whole)
        self.content.addWidget(self.search)
        self.content.addWidget(self.table, 1)
        self.go_on = self.add_button(f"{name}Choose", _("Choose"), "primary")
        cancel = self.add_button(f"{name}Cancel", _("Cancel"))
        self.go_on.setEnabled(False)
        self.go_on.clicked.connect(self._choose)
        cancel.clicked.connect(self.reject)
        self.search.textChanged.connect(self._filter)
        self.table.doubleClicked.connect(self._choose)
        self.table.chosen_changed.connect(lambda: self.go_on.setEnabled(self.table.current() is not None))
        self.finished.connect(self._drop)
        self.finish_layout(stretch=False)
        self.resize(_SIZE)
        self.search.setFocus()

    def resize_to_content(self) -> None:
        """Keeps its size: the table takes what room there is."""

    def read(self, jobs: JobRunner, run: Callable[[JobContext], object]) -> None:
        """Fills the list.

        Args:
            jobs: Runs it.
            run: Emits tuples of rows.
        """
        self.set_message(_("Loading…"))
        self._reading = jobs.submit(
            Job(
                self.windowTitle(),
                run,
                quiet=True,
                on_item=lambda page: self._add(page) if isinstance(page, tuple) else None,
                on_done=lambda _all: self.set_message("" if self.table.rows.all else _("None found.")),
                on_error=self._failed,
            )
        )

    def _add(self, page: tuple[R, ...]) -> None:
        self.table.rows.add(page)
        self._choose_first()

    def _filter(self) -> None:
        wanted = self.search.text().casefold().split()
        columns = self.table.rows.columns

        def accepts(row: R) -> bool:
            text = " ".join(column.text(row) for column in columns).casefold()
            return all(word in text for word in wanted)

        self.table.rows.set_filter(accepts if wanted else None)
        self._choose_first()

    def _choose_first(self) -> None:
        if self.table.rows.visible:
            self.table.selectRow(0)

    def _choose(self) -> None:
        if (row := self.table.current()) is not None:
            self.picked.emit(self.table.rows.columns[0].whole(row))
            self.accept()

    def _failed(self, error: WorkbenchError) -> None:
        words = _("{error} You can still type it into the field.").format(error=str(error))
        self.set_message(words, "danger")

    def _drop(self) -> None:
        if self._reading is not None:
            self._reading.drop()


_USUAL_RESERVED = "10"


@dataclass(frozen=True, slots=True, eq=False)
class EditorContext:
    """What the fields of one form look things up with.

    Attributes:
        limits: What AWS allows.
        jobs: Runs what they look up.
        function: The function that is shown now.
        before_write: Asks where that is due, before something is changed in AWS at once; calls what it is
            given after a yes.
        report: Shows what went wrong.
        show_permissions: Shows the permissions of the function's role, where they can be changed.
    """

    limits: Limits
    jobs: JobRunner
    function: Callable[[], OpenFunction | None]
    before_write: Callable[[OpenFunction, Callable[[], None]], None] = lambda _function, then: then()
    report: Callable[[WorkbenchError], object] = lambda _error: None
    show_permissions: Callable[[], object] = lambda: None


Lister = Callable[[Connection, JobContext], object]
"""Reads what the account has: emits tuples of it."""


class ArnButton(BrowseButton):
    """Chooses an ARN of the account.

    Args:
        name: Of the setting.
        title: What is chosen.
        context: Where to look.
        lister: Reads what there is.
    """

    def __init__(self, name: str, title: str, context: EditorContext, lister: Lister) -> None:
        words = _("Choose…")
        super().__init__(words)
        named(self, f"browse.{name}", f"{words} {title}")
        self._name, self._title, self._context, self._lister = name, title, context, lister
        self.clicked.connect(self._browse)

    def _browse(self) -> None:
        function = self._context.function()
        if function is None:
            return
        columns = (
            Column[Resource](_("Name"), lambda row: row.name, 210, full=lambda row: row.arn),
            Column[Resource](_("Details"), lambda row: row.about, 180),
            Column[Resource](_("ARN"), lambda row: row.arn),
        )
        dialog = PickDialog(f"pick.{self._name}", self._title, columns, self.window())
        dialog.picked.connect(self.picked)
        dialog.read(self._context.jobs, lambda ctx: self._lister(function.connection, ctx))
        dialog.open()


class ReservedEditor(Editor):
    """A switch, and a number while it is on."""

    def __init__(self, title: str) -> None:
        super().__init__()
        words = _("Reserve")
        self.switch = named(QCheckBox(words), "reserve.reserved_concurrency", f"{title}: {words}")
        self.line = named(PlainLine(), "setting.reserved_concurrency", title)
        self.line.setFixedWidth(scaled(NUMBER_WIDTH))
        self._hold(self.switch, self.line, stretch=False)
        self.switch.clicked.connect(self._switched)
        self.line.textEdited.connect(self.edited)

    def show_value(self, value: Any) -> None:
        self.switch.setChecked(value is not None)
        text = "" if value is None else str(value)
        if self.line.text() != text:
            self.line.setText(text)
        self.line.setEnabled(value is not None)

    def value(self) -> int | None:
        return whole_number(self.line.text().strip()) if self.switch.isChecked() else None

    def fault(self) -> str:
        try:
            is_right = not self.switch.isChecked() or whole_number(self.line.text().strip()) >= 0
        except ValueError:
            is_right = False
        return "" if is_right else _("Enter a whole number of at least 0.")

    def warning(self) -> str:
        if self.switch.isChecked() and self.line.text().strip() == "0":
            return _(
                "0: all invocations are throttled. Messages of SQS queues are still received and can go to "
                "the dead-letter queue. Emergency Stop can disable the triggers too."
            )
        return ""

    def _switched(self) -> None:
        on = self.switch.isChecked()
        self.line.setEnabled(on)
        if on and not self.line.text():
            self.line.setText(_USUAL_RESERVED)
            self.line.selectAll()
            self.line.setFocus()
        self.edited.emit()


_MIN_POLICIES_HEIGHT = 180


class ImageEditor(TextEditor):
    """Its URI; Lambda takes images of the function's own region only.

    Args:
        title: What it is called.
        context: Knows the function.
    """

    def __init__(self, title: str, context: EditorContext) -> None:
        wrong = _("This is not an Amazon ECR image in {region}.")
        super().__init__("image_uri", title, None, wrong)
        self._context = context

    def value(self) -> str:
        return super().value().strip()

    def fault(self) -> str:
        function = self._context.function()
        region = function.detail.region if function else ""
        if self.value() == self._shown or image_region(self.value()) == region:
            return ""
        return self._wrong.format(region=region)


class FileSystemEditor(Editor):
    """One file system, or none: AWS takes no more. Others that a function has are kept."""

    def __init__(self, title: str, context: EditorContext) -> None:
        super().__init__()
        limits = self._limits = context.limits
        self._shown: tuple[FileSystem, ...] = ()
        arn, mount = _("Access point ARN"), _("Mount path")
        direct = _("Direct S3 read")
        self.arn = named(PlainLine(), "setting.file_systems", f"{title}: {arn}")
        self.arn.setPlaceholderText(_("None"))
        self.mount = named(PlainLine(), "mount.file_systems", f"{title}: {mount}")
        self.mount.setPlaceholderText("/mnt/data")
        self.direct = named(CalmChoice(), "direct.file_systems", f"{title}: {direct}")
        self.direct.addItem(_("AWS default"), "")
        for value in limits.known("direct_s3_read"):
            self.direct.addItem(value, value)
        self.browse = ArnButton("file_systems", arn, context, list_access_points)
        self.browse.picked.connect(self._take)
        form = Form(spacing=8, dotted=True)
        form.add(side_by_side("arn.file_systems", self.arn, self.browse, stretched=self.arn), arn)
        form.add(self.mount, mount)
        form.add(self.direct, direct)
        self._hold(form)
        self.setFocusProxy(self.arn)
        for line in (self.arn, self.mount):
            line.textEdited.connect(self.edited)
        self.direct.activated.connect(self.edited)

    def show_value(self, value: Any) -> None:
        self._shown = tuple(value)
        first = self._shown[0] if self._shown else FileSystem("", "")
        for line, text in ((self.arn, first.arn), (self.mount, first.mount_path)):
            if line.text() != text:
                line.setText(text)
        if self.direct.findData(first.direct_s3_read) < 0:
            self.direct.addItem(first.direct_s3_read, first.direct_s3_read)
        self.direct.setCurrentIndex(self.direct.findData(first.direct_s3_read))

    def _take(self, arn: str) -> None:
        self.arn.setText(arn)
        self.arn.setCursorPosition(0)
        self.edited.emit()

    def value(self) -> tuple[FileSystem, ...]:
        arn, mount = self.arn.text().strip(), self.mount.text().strip()
        if not arn and not mount:
            return self._shown[1:]
        return (FileSystem(arn, mount, self.direct.currentData() or ""), *self._shown[1:])

    def fault(self) -> str:
        value = self.value()
        if value == self._shown or not value:
            return ""
        arn, mount = self._limits.text("file_systems"), self._limits.text("mount_path")
        if arn is not None and not arn.accepts(value[0].arn):
            return _("Enter the ARN of an Amazon EFS or S3 Files access point.")
        if mount is not None and not mount.accepts(value[0].mount_path):
            return _("Enter a path below /mnt, such as /mnt/data.")
        return ""


class NetworkEditor(LinesEditor):
    """Ids, one a line.

    Args:
        name: Of the setting.
        title: What they are called.
        context: Where to look.
        lister: Reads what there is.
        most: How many there may be.
        wrong: Said of one that has not the right form, with {value} for it.
    """

    def __init__(
        self, name: str, title: str, context: EditorContext, lister: Lister, most: int, wrong: str
    ) -> None:
        super().__init__(
            name,
            title,
            context.limits.text(name),
            most,
            _("One ID per line"),
            wrong,
        )
        self._name, self._title, self._context, self._lister = name, title, context, lister
        words = _("Choose…")
        self.browse = named(QPushButton(words), f"browse.{name}", f"{words} {title}")
        self.browse.clicked.connect(self._browse)
        row = self.layout()
        assert row is not None
        row.addWidget(self.browse)

    def add(self, id_: str) -> None:
        """Puts one at the end, unless it is there."""
        if id_ not in self.value():
            self.text.setPlainText("\n".join((*self.value(), id_)))

    def _browse(self) -> None:
        function = self._context.function()
        if function is None:
            return
        columns = (
            Column[NetworkPart](_("ID"), lambda part: part.id, 220),
            Column[NetworkPart](_("Name"), lambda part: part.name, 160),
            Column[NetworkPart](_("VPC"), lambda part: part.vpc_id, 200),
            Column[NetworkPart](_("Details"), lambda part: part.about),
        )
        dialog = PickDialog(f"pick.{self._name}", self._title, columns, self.window())
        dialog.picked.connect(self.add)
        dialog.read(self._context.jobs, lambda ctx: self._lister(function.connection, ctx))
        dialog.open()


class RoleEditor(Editor):
    """A role.

    Args:
        title: What it is called.
        context: Where to look.
    """

    def __init__(self, title: str, context: EditorContext) -> None:
        super().__init__()
        self._context = context
        self._shown = ""
        self._listed_for: OpenFunction | None = None
        self._quiet = False
        self._words = ""
        self._unlisted = ""  # why the roles are not known: an ARN can still be typed
        self.box = OpenChoice("setting.role_arn", title)
        self.box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.state = text_label("policiesState", "", "muted")
        self.policies = named(QPlainTextEdit(), "policies", _("Policies of the role"))
        self.policies.setReadOnly(True)
        self.policies.setTabChangesFocus(True)
        self.policies.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.policies.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.policies.setMinimumHeight(scaled(_MIN_POLICIES_HEIGHT))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self.permissions = named(QPushButton(_("Permissions…")), "rolePermissionsOpen")
        self.permissions.setToolTip(_("Show all policies of the role, and change its permissions"))
        self.permissions.clicked.connect(lambda: context.show_permissions())
        column.addWidget(side_by_side("role.role_arn", self.box, self.permissions, stretched=self.box))
        for widget in (self.state, self.policies):
            column.addWidget(widget)
        self.setFocusProxy(self.box)
        self.box.currentTextChanged.connect(self._typed)

    def show_value(self, value: Any) -> None:
        self._shown = str(value)
        self._put(self._shown)
        self.look_up()

    def value(self) -> str:
        return self.box.text

    def fault(self) -> str:
        text = self.box.text
        wrong = _("Enter a role ARN: arn:aws:iam::123456789012:role/NAME.")
        if text == self._shown:
            return ""
        return length_fault(text, self._context.limits.text("role_arn"), wrong) if text else wrong

    def setEnabled(self, enabled: bool) -> None:
        """Keeps the role from being changed; its policies can still be read."""
        self.box.setEnabled(enabled)

    def look_up(self) -> None:
        """Reads the roles, once for an account, and what the chosen one allows; while it can be seen."""
        function = self._context.function()
        if function is None or not self.isVisible():
            return
        if self._listed_for is None or self._listed_for.connection is not function.connection:
            self._listed_for, self._unlisted = function, ""
            self._list(function)
        self._read(function)

    def showEvent(self, event: Any) -> None:
        super().showEvent(event)
        self.look_up()

    def add_roles(self, roles: Sequence[Role]) -> None:
        """Takes roles that have just come; what is typed stays."""
        text = self.box.text
        self._quiet = True
        for role in roles:
            if self.box.findText(role.arn) < 0:
                self.box.addItem(role.arn)
        self._quiet = False
        self._put(text)

    def _put(self, text: str) -> None:
        if text == self.box.currentText():
            return
        self._quiet = True
        self.box.setEditText(text)
        line = self.box.lineEdit()
        if line is not None and not line.hasFocus():
            line.setCursorPosition(0)
        self._quiet = False

    def _typed(self) -> None:
        if not self._quiet:
            self.edited.emit()
            if (function := self._context.function()) is not None and not self.fault():
                self._read(function)

    def _list(self, function: OpenFunction) -> None:
        self._context.jobs.submit(
            Job(
                _("Reading the roles"),
                lambda ctx: list_roles(function.connection, ctx),
                replaces="configuration.roles",
                quiet=True,
                on_item=lambda page: self.add_roles(page) if isinstance(page, tuple) else None,
                on_error=self._not_listed,
            )
        )

    def _not_listed(self, error: WorkbenchError) -> None:
        self._unlisted = str(error)
        self._show_state(self._words, "warning")

    def _read(self, function: OpenFunction) -> None:
        role_arn = self.box.text
        self._show_state(_("Reading its policies…"), "muted")
        self._context.jobs.submit(
            Job(
                _("Reading the policies"),
                lambda ctx: read_policies(function.connection, role_arn, ctx),
                replaces="configuration.policies",
                quiet=True,
                on_done=self._show,
                on_error=self._failed,
            )
        )

    def _show(self, policies: Sequence[Policy]) -> None:
        parts = []
        for policy in policies:
            kind = policy.arn or _("inline")
            head = f"# {policy.name} ({kind})" if policy.name else "#"
            parts.append(f"{head}\n{policy.document or policy.problem}")
        self.policies.setPlainText("\n\n".join(parts))
        self._show_state(
            "" if parts else _("The role has no policies, so it grants no permissions."),
            "muted",
        )

    def _failed(self, error: WorkbenchError) -> None:
        self.policies.setPlainText("")
        self._show_state(str(error), "warning")

    def _show_state(self, words: str, role: str) -> None:
        self._words = words
        words = "\n".join(filter(None, (self._unlisted, words)))
        role = "warning" if self._unlisted else role
        show_message(self.state, words, role)
