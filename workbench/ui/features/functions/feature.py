"""The actions of the list of functions and of the open function: search, refresh, copy."""

from PySide6.QtGui import QGuiApplication

from workbench.core.messages import _
from workbench.ui.action_spec import ActionSpec
from workbench.ui.shell.context import Context


def activate(context: Context) -> None:
    """Adds the actions."""
    window = context.window

    def copy(attribute: str) -> None:
        if (function := context.function) is not None:
            QGuiApplication.clipboard().setText(getattr(function.detail, attribute))

    search = ActionSpec("view.functions", _("Search Functions"), "Ctrl+P", "search")
    context.action(search, window.search_functions, after=_("&View"))
    refresh_list = ActionSpec(
        "list.refresh", _("Refresh Function List"), "Ctrl+R", "refresh-cw", "connected", begins_group=True
    )
    context.action(refresh_list, window.functions.refresh, after="view.sparklines")
    refresh = ActionSpec(
        "function.refresh",
        _("Reload Function"),
        "F5",
        "refresh-cw",
        "function",
        begins_group=True,
        terms=_("refresh"),
    )
    context.action(refresh, context.reload_function, after="triggers.undo_pause")
    submenu = _("Copy and Export")
    arn = ActionSpec("function.copy_arn", _("Copy ARN"), "", "copy", "function", submenu=submenu)
    context.action(arn, lambda: copy("function_arn"), after="function.fan_out")
    image_uri = ActionSpec(
        "function.copy_image_uri",
        _("Copy Image URI"),
        "",
        "copy",
        "image",
        submenu=submenu,
        only_when_enabled=True,
    )
    context.action(image_uri, lambda: copy("image_uri"), after=arn.id)
