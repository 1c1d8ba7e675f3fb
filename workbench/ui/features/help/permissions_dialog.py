"""Help, Permissions That Workbench Needs: IAM policies to read, and to copy into an account."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QButtonGroup, QToolButton, QWidget

from workbench.aws.iam import MAX_CHARACTERS, PolicyFile
from workbench.core.messages import _
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.fields import segmented
from workbench.ui.kit.long_text import LongText
from workbench.ui.kit.text import named, text_label
from workbench.ui.kit.text_size import scaled

_WIDTH, _HEIGHT = 640, 560
_LEAST_HEIGHT = 120


class PermissionsDialog(Dialog):
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
        titles = {
            "view": _("View"),
            "deploy": _("Deploy"),
            "everything": _("Everything"),
        }
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
