"""The dialog of a copy: its name, account and region, role, and what is copied along."""

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QWidget,
)

from workbench.aws.names import image_region
from workbench.aws.quotas import ZIP_LIMIT_BYTES
from workbench.core.messages import _
from workbench.functions.create import Choices, NewFunction
from workbench.functions.create_copy import Copied, Original, copy_of, plan_copy, with_needs
from workbench.functions.roles import new_mark, new_role_name
from workbench.functions.templates import AccountRegion, Template
from workbench.triggers.copying import why_not
from workbench.triggers.kinds.table import RULES
from workbench.triggers.model import Location as TriggerPlace
from workbench.triggers.model import Trigger
from workbench.ui.kit.choices import DeliberateChoice
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.form import Form
from workbench.ui.kit.text import PlainLine, named, tool_tip
from workbench.ui.kit.text_size import scaled
from workbench.ui.shell.role_choice import RoleChoice

_WIDTH, _ROOM = 640, 120


class CopyDialog(Dialog):
    """Describes a copy, and stays open while it is made.

    Args:
        original: What is copied.
        choices: What the service model allows.
        template: Whose role allows a function's own log only.
        profiles: Names of profiles that may be written to, the original's first.
        parent: The window.

    Signals:
        wanted: The copy is to be made.
        target_wanted: A profile's name and a region: `set_target` is awaited.
    """

    wanted = Signal()
    target_wanted = Signal(str, str)

    def __init__(
        self,
        original: Original,
        choices: Choices,
        template: Template,
        profiles: Sequence[str],
        regions: Sequence[str],
        parent: QWidget,
    ) -> None:
        super().__init__("copyFunction", "", parent)
        self.cancelling_text = _("Deleting what was created…")
        self.form = Form()
        self.disable_while_busy(self.form)
        detail = original.detail
        self.set_title(_("Copy {function_name}").format(function_name=detail.function_name))
        self._original, self._choices, self._template = original, choices, template
        self._target: AccountRegion | None = None
        self._triggers: tuple[Trigger, ...] = ()
        self._mark = new_mark()
        self.name = named(PlainLine(f"{detail.function_name[:59]}-copy"), "copyName", _("Name"))
        self.profile = named(DeliberateChoice(), "copyProfile", _("Profile"))
        self.profile.addItems(list(profiles))
        self.region = named(DeliberateChoice(), "copyRegion", _("Region"))
        self.region.addItems(list(regions))
        self.region.setCurrentText(detail.region)
        self.role = RoleChoice("copyRole", _("Role"))
        self.image = named(PlainLine(detail.running_image_uri), "copyImage", _("Image URI"))
        self.bucket = named(PlainLine(), "copyBucket", _("Bucket for packages"))
        self.bucket.setPlaceholderText(_("A bucket that Workbench creates in the region"))
        self.bucket.setToolTip(_("A package larger than 50 MB is uploaded through a bucket in the region."))
        self.reference = named(QCheckBox(), "copyReference", _("Code in S3"))
        self.reference.setText(_("Refer to {object_key}").format(object_key=str(detail.s3_object or "")))
        self.reference.setToolTip(
            tool_tip(
                _(
                    "Lambda reads the code from the same object and keeps no copy. The bucket's "
                    "policy must allow lambda.amazonaws.com to read the object for the new function."
                )
            )
        )
        self.variables = named(QListWidget(), "copyVariables", _("Environment variables"))
        self.variables.setFixedHeight(scaled(_ROOM))
        for name in original.variables:
            item = QListWidgetItem(name, self.variables)
            item.setCheckState(Qt.CheckState.Checked)
        self.triggers = named(QListWidget(), "copyTriggers", _("Triggers"))
        self.triggers.setFixedHeight(scaled(_ROOM))
        self.triggers.setWordWrap(True)  # why one cannot go along is a sentence
        self.triggers.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.triggers.setToolTip(
            _(
                "The copy receives these events as soon as it exists. Messages of a queue are "
                "divided between both functions."
            )
        )
        self.lost = named(QPlainTextEdit(), "copyLost", _("What is not copied"))
        self.lost.setReadOnly(True)
        self.lost.setTabChangesFocus(True)
        self.lost.setMinimumHeight(scaled(_ROOM))
        self._lay_out()
        self.go_on = self.add_button("copyCreate", _("Copy Function"), "primary")
        self.add_button("copyCancel", _("Cancel")).clicked.connect(self.reject)
        self.name.textChanged.connect(self.switch)
        self.image.textChanged.connect(self.switch)
        self.bucket.textChanged.connect(self.switch)
        self.reference.toggled.connect(self.switch)
        self.role.currentTextChanged.connect(self.switch)
        self.variables.itemChanged.connect(self.switch)
        self.triggers.itemChanged.connect(self.switch)
        self.profile.currentTextChanged.connect(self.request_target)
        self.region.currentTextChanged.connect(self.request_target)
        self.go_on.clicked.connect(self._submit)
        self.setMinimumWidth(scaled(_WIDTH))
        self.finish_layout()
        self.switch()
        self.name.setFocus()
        self.name.selectAll()

    def _lay_out(self) -> None:
        for field, title in (
            (self.name, _("Name")),
            (self.profile, _("Profile")),
            (self.region, _("Region")),
            (self.role, _("Role")),
            (self.image, _("Image URI")),
            (self.reference, _("Code in S3")),
            (self.bucket, _("Upload package through")),
            (self.variables, _("Environment variables")),
            (self.triggers, _("Triggers")),
            (self.lost, _("Not copied")),
        ):
            self.form.add(field, title)
        self.form.show_row("copyImage", shown=self._original.detail.package_type == "Image")
        self.form.show_row("copyReference", shown=self._original.detail.s3_object is not None)
        self.form.show_row("copyBucket", shown=self._is_large)
        self.form.show_row("copyVariables", shown=bool(self._original.variables))
        self.form.show_row("copyTriggers", shown=False)
        self.content.addWidget(self.form)

    # What was chosen ----------------------------------------------------------------------------------------

    @property
    def target(self) -> AccountRegion | None:
        """Where it will be; None until the profile is connected there."""
        return self._target

    @property
    def _is_large(self) -> bool:
        detail = self._original.detail
        return detail.package_type != "Image" and detail.code_size_bytes > ZIP_LIMIT_BYTES

    def function(self) -> NewFunction:
        """What is wanted. Only once nothing is wrong."""
        target, name = self._target, self.name.text().strip()
        assert target is not None
        wanted = copy_of(self._original, name, self._copied(target), self.image.text().strip())
        wanted = replace(wanted, staging_bucket=self.bucket.text().strip() if self._is_large else "")
        if not self.role.is_new:
            return replace(wanted, role_arn=self.role.arn)
        policy = self._template.policy(name, target, log_group=wanted.log_group)
        policy = with_needs(policy, wanted.settings)
        return replace(wanted, role_name=new_role_name(name, self._mark), policy=policy)

    def chosen_triggers(self) -> tuple[Trigger, ...]:
        """Those that go along."""
        return tuple(
            trigger
            for number, trigger in enumerate(self._triggers)
            if self.triggers.item(number).checkState() is Qt.CheckState.Checked
        )

    def _copied(self, target: AccountRegion) -> Copied:
        items = (self.variables.item(number) for number in range(self.variables.count()))
        return plan_copy(
            self._original,
            target,
            {item.text() for item in items if item.checkState() is Qt.CheckState.Checked},
            refers=self.reference.isChecked(),
        )

    # What comes meanwhile -----------------------------------------------------------------------------------

    def request_target(self) -> None:
        """Asks for the connection to what is chosen; nothing can be copied before it is there."""
        self._target = None
        self.set_message(_("Connecting…"))
        self.switch()
        self.target_wanted.emit(self.profile.currentText(), self.region.currentText())

    def set_target(self, target: AccountRegion) -> None:
        """Takes the account and region that the chosen profile is connected to."""
        self._target = target
        detail = self._original.detail
        same_account = target.account_id == detail.account_id
        self.reference.setChecked(same_account and target.region == detail.region)
        self.role.setCurrentText(detail.role_arn if same_account else self.role.itemText(0))
        self._list_triggers()
        self.set_message("")
        self.switch()

    def set_triggers(self, triggers: Sequence[Trigger]) -> None:
        """What makes the original run."""
        self._triggers = tuple(triggers)
        self.form.show_row("copyTriggers", shown=bool(triggers))
        self._list_triggers()
        self.switch()

    def _list_triggers(self) -> None:
        """None is ticked: two functions would get the same events. Those that cannot go along say why."""
        target = self._target
        if target is None:
            return
        there = TriggerPlace(target.partition, target.region, target.account_id)
        self.triggers.blockSignals(True)
        self.triggers.clear()
        for trigger in self._triggers:
            item = QListWidgetItem(_trigger_text(trigger), self.triggers)
            item.setCheckState(Qt.CheckState.Unchecked)
            if reason := why_not(trigger, self._original.detail.function_arn, there):
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEnabled)
                item.setText(f"{item.text()} – {reason}")
                item.setToolTip(tool_tip(reason))
        self.triggers.blockSignals(False)

    # Inside -------------------------------------------------------------------------------------------------

    def switch(self) -> None:
        target = self._target
        self.bucket.setEnabled(self._original.detail.s3_object is None or not self.reference.isChecked())
        faults = {
            "copyName": self._name_fault(),
            "copyRole": self._role_fault(),
            "copyImage": self._image_fault(),
            "copyBucket": self._bucket_fault(),
        }
        self.form.show_faults(faults)
        ready = target is not None and bool(self.name.text().strip()) and not self.is_busy
        self.go_on.setEnabled(ready and not any(faults.values()))
        lines = [*self._copied(target).lost] if target is not None else []
        left = [each for each in self._triggers if each not in self.chosen_triggers()] if target else []
        lines += [_("the trigger {trigger}").format(trigger=_trigger_text(each)) for each in left]
        text = "\n".join(lines)
        if self.lost.toPlainText() != text:
            self.lost.setPlainText(text)

    def _name_fault(self) -> str:
        name, detail, target = self.name.text().strip(), self._original.detail, self._target
        if name and not self._choices.accepts_name(name):
            return _("Use up to 64 letters (A–Z), digits, hyphens and underscores.")
        here = (detail.account_id, detail.region, detail.function_name)
        if target is not None and (target.account_id, target.region, name) == here:
            return _("This is the name of the original function.")
        return ""

    def _role_fault(self) -> str:
        if self.role.is_new:
            return ""
        arn = self.role.arn
        if not arn or not self._choices.role_arn.accepts(arn):
            return _("Choose a role or enter a role ARN.")
        detail, target = self._original.detail, self._target
        is_own = target is not None and (arn, target.account_id) == (detail.role_arn, detail.account_id)
        if target is not None and not is_own and f":{target.account_id}:" not in arn:
            return _("This role belongs to another account.")
        return ""

    def _bucket_fault(self) -> str:
        text = self.bucket.text().strip()
        good = not text or not self.bucket.isEnabled() or self._choices.s3_bucket.accepts(text)
        return "" if good else _("This is not a valid bucket name.")

    def _image_fault(self) -> str:
        if self._original.detail.package_type != "Image" or self._target is None:
            return ""
        if image_region(self.image.text().strip()) == self._target.region:
            return ""
        words = _("The image must be in {region}. Copy it to a repository there and enter its URI.")
        return words.format(region=self._target.region)

    def _submit(self) -> None:
        if self.go_on.isEnabled():
            self.wanted.emit()


def _trigger_text(trigger: Trigger) -> str:
    return f"{RULES[trigger.kind].title} {trigger.name or trigger.source_arn}"
