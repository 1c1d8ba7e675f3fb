"""The Help menu, as far as it tells of the program itself."""

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from workbench import __version__
from workbench.aws.iam import policy_files
from workbench.core.messages import _
from workbench.core.policy import SHOW_ACTION, policy_path
from workbench.sandbox.fence_state import full_text
from workbench.sandbox.fidelity import read_fidelity
from workbench.ui.action_spec import ActionSpec
from workbench.ui.features.help import fidelity_dialog, organisation_dialog, permissions_dialog
from workbench.ui.features.help.shortcut_sheet import ShortcutSheet
from workbench.ui.kit.text import message_box
from workbench.ui.shell.context import Context


def activate(context: Context) -> None:
    """Adds the actions of the Help menu."""
    services, window = context.services, context.window
    sheet = ShortcutSheet(services.actions, window)

    def open_logs_folder() -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(services.paths.log_dir)))

    def show_policy() -> None:
        organisation_dialog.PolicyDialog(services.policy, policy_path(), window).open()

    def show_permissions() -> None:
        permissions_dialog.PermissionsDialog(policy_files(), window).open()

    def show_fidelity() -> None:
        fidelity_dialog.FidelityDialog(read_fidelity(), window).open()

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
                "help.log",
                _("Open Log Folder"),
                icon="file-text",
                begins_group=True,
                terms=_("diagnostics"),
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
                _("How True Is the Sandbox?"),
                begins_group=True,
                terms=_("parity, emulator, real AWS, simulated"),
            ),
            show_fidelity,
        ),
        (
            ActionSpec("help.local_code", _("Local Code")),
            lambda: _show_message(context, _("Local Code"), full_text()),
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
    ).format(version=__version__, build=full_text())
    _show_message(context, _("About Workbench"), text, has_icon=True)


def _show_message(context: Context, title: str, text: str, *, has_icon: bool = False) -> None:
    box = message_box(context.window, title, text)
    if has_icon:
        box.setIconPixmap(context.window.windowIcon().pixmap(64, 64))
    box.exec()
    box.deleteLater()
