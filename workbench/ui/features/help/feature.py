"""What the Help menu shows of the program: shortcuts, policy, permissions, fidelity, version."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize, QSortFilterProxyModel, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication, QShowEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialogButtonBox,
    QGridLayout,
    QHeaderView,
    QToolButton,
    QTreeView,
    QWidget,
)

from workbench import __version__
from workbench.aws.iam import MAX_CHARACTERS, PolicyFile, policy_files
from workbench.core.messages import _
from workbench.core.policy import SHOW_ACTION, Policy, policy_path
from workbench.sandbox.fidelity import Fidelity, ServiceFidelity, read_fidelity
from workbench.sandbox.processes import isolation_text
from workbench.ui.kit.dialog import BaseDialog, Dialog
from workbench.ui.kit.empty import EmptyMessage
from workbench.ui.kit.fields import segmented
from workbench.ui.kit.long_text import LongText
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import PlainLine, message_box, named, text_label
from workbench.ui.kit.text_size import scaled
from workbench.ui.shell.actions import ActionRegistry, ActionSpec
from workbench.ui.shell.command_palette import commands
from workbench.ui.shell.context import Context
from workbench.ui.shell.organisation import describe_rules


class ShortcutSheet(BaseDialog):
    """Lists the actions that have keys. Made once; it reads the keys anew each time it opens.

    Args:
        actions: The registry.
        parent: The window it belongs to.
    """

    def __init__(self, actions: ActionRegistry, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "shortcutSheet", _("Keyboard shortcuts"))
        self.setWindowTitle(_("Keyboard Shortcuts"))
        self._actions = actions
        self.search = named(PlainLine(), "shortcutSearch", _("Search shortcuts"))
        self.search.setPlaceholderText(_("Search commands and keys"))
        self.search.setClearButtonEnabled(True)
        self._model = QStandardItemModel(self)
        self._filter = QSortFilterProxyModel(self)
        self._filter.setSourceModel(self._model)
        self._filter.setRecursiveFilteringEnabled(True)
        self._filter.setAutoAcceptChildRows(True)  # a menu's name finds all that is in it
        self._filter.setFilterKeyColumn(-1)
        self._filter.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.view = named(QTreeView(), "shortcutTable", _("Shortcuts by menu"))
        self.view.setModel(self._filter)
        EmptyMessage(self.view, _("No shortcut matches the search."))
        self.view.setRootIsDecorated(False)
        self.view.setItemsExpandable(False)
        self.view.setUniformRowHeights(True)
        self.view.setAllColumnsShowFocus(True)
        self.view.setEditTriggers(QTreeView.EditTrigger.NoEditTriggers)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.setObjectName("shortcutButtons")
        buttons.rejected.connect(self.reject)
        layout = self.add_column()
        layout.addWidget(self.search)
        layout.addWidget(self.view, 1)
        layout.addWidget(buttons)
        self.resize(520, 640)
        self.search.textChanged.connect(self._narrow)

    def showEvent(self, event: QShowEvent) -> None:
        self._fill()
        self.search.setFocus()
        self.search.selectAll()
        super().showEvent(event)

    def _fill(self) -> None:
        self._model.clear()
        self._model.setHorizontalHeaderLabels([_("Command"), _("Keys")])
        menus: dict[str, QStandardItem] = {}
        for command in commands(self._actions):
            if not command.keys:
                continue
            menu = menus.get(command.menu)
            if menu is None:
                menu = menus[command.menu] = QStandardItem(command.menu)
                font = menu.font()
                font.setBold(True)
                menu.setFont(font)
                menu.setFlags(Qt.ItemFlag.ItemIsEnabled)
                self._model.appendRow([menu, QStandardItem()])
            menu.appendRow([QStandardItem(command.title), QStandardItem(command.keys)])
        header = self.view.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.view.expandAll()

    def _narrow(self, text: str) -> None:
        self._filter.setFilterFixedString(text.strip())
        self.view.expandAll()


_POLICY_WIDTH = 600
_TITLE_WIDTH = 110


class PolicyDialog(Dialog):
    """Lists the rules in force. Nothing can be changed here.

    Args:
        policy: In force.
        usual_path: Where an administrator puts the file.
        parent: The window.
    """

    def __init__(self, policy: Policy, usual_path: Path, parent: QWidget) -> None:
        super().__init__("policyDialog", "", parent)
        self.set_title(_("Organization Policy"))
        self.setMinimumWidth(scaled(_POLICY_WIDTH))
        rules = describe_rules(policy)
        if policy.problem is not None:
            self.content.addWidget(text_label("policyProblem", str(policy.problem), "danger"))
        elif rules:
            words = _("The administrator of this computer set these rules in {path}.")
            self.content.addWidget(text_label("policySource", words.format(path=str(policy.path)), "muted"))
        elif policy.path is not None:
            words = _("The policy {path} sets no rule.")
            self.content.addWidget(text_label("policySource", words.format(path=str(policy.path)), "muted"))
        else:
            words = _(
                "No policy is set on this computer. An administrator can set one in the file {usual_path}; "
                "Workbench reads it when it starts."
            )
            self.content.addWidget(
                text_label("policySource", words.format(usual_path=str(usual_path)), "muted")
            )
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(8)
        grid.setColumnMinimumWidth(0, _TITLE_WIDTH)
        grid.setColumnStretch(1, 1)
        for row, (title, text) in enumerate(rules):
            grid.addWidget(text_label(f"policyTitle.{row}", title, "heading"), row, 0)
            grid.addWidget(text_label(f"policyRule.{row}", text), row, 1)
        self.content.addLayout(grid)
        self.finish_layout()
        close = self.add_button("policyClose", _("Close"), "primary")
        close.clicked.connect(self.accept)


_WIDTH, _HEIGHT = 640, 560
_LEAST_HEIGHT = 120


class NeededPermissionsDialog(Dialog):
    """Shows one policy at a time, by what a person may do with it.

    Args:
        files: The policies, those that allow least first.
        parent: The window.
    """

    def __init__(self, files: Sequence[PolicyFile], parent: QWidget) -> None:
        super().__init__("permissionsDialog", "", parent)
        self.set_title(_("Permissions That Workbench Needs"))
        self.setMinimumWidth(scaled(_WIDTH))
        self._files = tuple(files)
        self.levels = QButtonGroup(self)
        self.policy = LongText("permissionsPolicy", _("IAM policy"))
        self.policy.setTabChangesFocus(True)
        self.policy.setMinimumHeight(scaled(_LEAST_HEIGHT))
        self.meaning = text_label("permissionsMeaning", "", "muted")
        self.content.addWidget(text_label("permissionsUse", self._use(), "muted"))
        self._add_choices()
        self.content.addWidget(self.meaning)
        self.content.addWidget(self.policy, 1)
        self.finish_layout(stretch=False)
        self.copy_button = self.add_button("permissionsCopy", _("Copy Policy"), "primary")
        self.copy_button.clicked.connect(self._copy)
        close = self.add_button("permissionsClose", _("Close"))
        close.clicked.connect(self.accept)
        self.levels.idClicked.connect(self._show)
        self.levels.button(0).setChecked(True)
        self._show(0)
        self.copy_button.setFocus()

    def resize_to_content(self) -> None:
        super().resize_to_content()
        self.request_size(self.size().expandedTo(QSize(0, scaled(_HEIGHT))))

    def _use(self) -> str:
        return _(
            "These IAM policies allow what Workbench calls. Attach the one for your work to your user, role "
            "or permission set, every part of it. In AWS China or AWS GovCloud (US), change “arn:aws:” "
            "first."
        )

    def _add_choices(self) -> None:
        titles = {"view": _("View"), "deploy": _("Deploy"), "everything": _("Everything")}
        of_level = [file.level for file in self._files]
        for number, file in enumerate(self._files):
            parts, title = of_level.count(file.level), titles[file.level]
            if parts > 1:
                part = of_level[: number + 1].count(file.level)
                words = _("{title}, part {part} of {parts}")
                title = words.format(title=title, part=str(part), parts=str(parts))
            button = named(QToolButton(), f"permissionsLevel{number}", title)
            button.setText(title)
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            self.levels.addButton(button, number)
        self.content.addWidget(
            segmented("permissionsLevels", _("What the policy allows"), self.levels.buttons())
        )

    def _show(self, number: int) -> None:
        file = self._files[number]
        meanings = {
            "view": _("{name}: list and open functions, and read logs, metrics and triggers."),
            "deploy": _(
                "{name}: also invoke, create, change and delete functions, versions, aliases and "
                "layers, stage "
                "packages in S3, and make execution roles. If your staging bucket has another name, change "
                "the resources of StagePackages."
            ),
            "everything": _(
                "{name}: also create, change and delete triggers and their sources, permissions and alarms."
            ),
        }
        self.meaning.setText(meanings[file.level].format(name=file.name))
        self.policy.show_text(file.text)
        size = _("{name}: {count:,} of the {maximum:,} characters that IAM allows, without white space.")
        self.set_message(size.format(name=file.name, count=file.characters, maximum=MAX_CHARACTERS))

    def _copy(self) -> None:
        file = self._files[self.levels.checkedId()]
        QGuiApplication.clipboard().setText(file.text)
        self.set_message(_("Copied {file}.").format(file=file.name))


_FIDELITY_WIDTH = 640
_MOST_ROWS = 16
_NAMES = {
    "apigateway": "API Gateway",
    "cloudwatch": "CloudWatch",
    "dynamodb": "DynamoDB",
    "dynamodbstreams": "DynamoDB Streams",
    "events": "EventBridge",
    "iam": "IAM",
    "kinesis": "Kinesis",
    "lambda": "Lambda",
    "logs": "CloudWatch Logs",
    "s3": "S3",
    "scheduler": "EventBridge Scheduler",
    "sns": "SNS",
    "sqs": "SQS",
    "sts": "STS",
}


class FidelityDialog(Dialog):
    """Shows the figures that were measured before this version of Workbench was released.

    Args:
        measured: The figures.
        parent: The window.
    """

    def __init__(self, measured: Fidelity, parent: QWidget) -> None:
        super().__init__("fidelityDialog", "", parent)
        self.set_title(_("Sandbox Fidelity"))
        self.setMinimumWidth(scaled(_FIDELITY_WIDTH))
        self.content.addWidget(text_label("fidelityMeaning", self._meaning(measured), "muted"))
        columns = (
            Column[ServiceFidelity](_("Service"), _name),
            Column[ServiceFidelity](
                _("Recorded refusals"), lambda of: f"{of.recorded:,}", 150, is_number=True
            ),
            Column[ServiceFidelity](_("As AWS"), lambda of: _share(of.sandbox, of), 110, is_number=True),
            Column[ServiceFidelity](_("moto"), lambda of: _share(of.moto, of), 110, is_number=True),
        )
        self.table = Table("fidelityTable", _("Recorded refusals by service"), columns, cells=True)
        self.table.set_rows([*sorted(measured.services, key=_name), _total(measured)])
        self.table.resize_to_content(_MOST_ROWS)
        self.content.addWidget(self.table)
        self.content.addWidget(text_label("fidelityOfLambda", self._of_lambda(measured)))
        self.content.addWidget(
            text_label("fidelityLimitsTitle", _("What the Sandbox cannot simulate"), "heading")
        )
        self.content.addWidget(text_label("fidelityLimits", self._limits()))
        self.finish_layout()
        close = self.add_button("fidelityClose", _("Close"), "primary")
        close.clicked.connect(self.accept)
        close.setFocus()

    def sizeHint(self) -> QSize:
        return super().sizeHint().expandedTo(QSize(scaled(_FIDELITY_WIDTH), 0))

    def _meaning(self, measured: Fidelity) -> str:
        words = _(
            "Requests that AWS refused, recorded in real accounts, were made again on {date}. “As "
            "AWS” says how "
            "many of them the Sandbox refused with AWS's own code and text, and “moto” how many "
            "moto {moto} did, "
            "a library that many tests use instead of AWS. A request that the Sandbox accepts can still be "
            "refused by AWS."
        )
        return words.format(date=measured.date, moto=measured.versions.get("moto", ""))

    def _of_lambda(self, measured: Fidelity) -> str:
        states, fields = measured.states, measured.fields
        return _(
            "Functions and triggers went through {right_states:,} of {all_states:,} recorded "
            "sequences of states as "
            "on AWS, and {right_fields:,} of {all_fields:,} recorded responses of Lambda have "
            "exactly AWS's fields."
        ).format(
            right_states=states.right, all_states=states.all, right_fields=fields.right, all_fields=fields.all
        )

    def _limits(self) -> str:
        return _(
            "Durations, memory and cold starts are those of this computer. There are no costs, no limits of "
            "an account's request rates, and no networks of a VPC. /tmp is limited to a function's ephemeral "
            "storage only where this system allows user namespaces. Container images do not run. Kafka, "
            "Amazon MQ, Amazon DocumentDB, Amazon Cognito and AWS IoT are not simulated. The explanation of "
            "each trigger says what the Sandbox does otherwise."
        )


def _total(measured: Fidelity) -> ServiceFidelity:
    services = measured.services
    return ServiceFidelity(
        "",
        sum(each.recorded for each in services),
        sum(each.sandbox for each in services),
        sum(each.moto for each in services),
    )


def _name(of: ServiceFidelity) -> str:
    return _NAMES.get(of.service, of.service) if of.service else _("All services")


def _share(right: int, of: ServiceFidelity) -> str:
    percent = 100 * right / of.recorded if of.recorded else 0.0
    return f"{right:,} ({percent:.0f} %)"


def activate(context: Context) -> None:
    """Adds the actions of the Help menu."""
    services, window = context.services, context.window
    sheet = ShortcutSheet(services.actions, window)

    def open_logs_folder() -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(services.paths.log_dir)))

    def show_policy() -> None:
        PolicyDialog(services.policy, policy_path(), window).open()

    def show_permissions() -> None:
        NeededPermissionsDialog(policy_files(), window).open()

    def show_fidelity() -> None:
        FidelityDialog(read_fidelity(), window).open()

    after = "help.guide"
    for spec, handler in (
        (
            ActionSpec(
                "help.shortcuts",
                _("Keyboard Shortcuts"),
                "Ctrl+K",
                "keyboard",
                terms=_("hotkeys, keys, bindings"),
            ),
            sheet.open,
        ),
        (
            ActionSpec(
                "help.log", _("Open Log Folder"), icon="file-text", begins_group=True, terms=_("diagnostics")
            ),
            open_logs_folder,
        ),
        (ActionSpec(SHOW_ACTION, _("Organization Policy…"), icon="shield"), show_policy),
        (
            ActionSpec(
                "help.permissions",
                _("Permissions That Workbench Needs"),
                terms=_("IAM policy, least privilege, access denied"),
            ),
            show_permissions,
        ),
        (
            ActionSpec(
                "help.fidelity",
                _("Sandbox Fidelity"),
                begins_group=True,
                terms=_("parity, emulator, real AWS, simulated"),
            ),
            show_fidelity,
        ),
        (
            ActionSpec("help.local_code", _("Local Code")),
            lambda: _show_message(context, _("Local Code"), isolation_text()),
        ),
        (
            ActionSpec("help.about", _("About Workbench"), terms=_("version, license")),
            lambda: _tell_about(context),
        ),
    ):
        context.action(spec, handler, after=after)
        after = spec.id


def _tell_about(context: Context) -> None:
    text = _(
        "Workbench {version}\nA desktop workbench for AWS Lambda.\nLicensed under the Apache "
        "License 2.0.\n\n{build}"
    ).format(version=__version__, build=isolation_text())
    _show_message(context, _("About Workbench"), text, has_icon=True)


def _show_message(context: Context, title: str, text: str, *, has_icon: bool = False) -> None:
    box = message_box(context.window, title, text)
    if has_icon:
        box.setIconPixmap(context.window.windowIcon().pixmap(64, 64))
    box.exec()
    box.deleteLater()
