"""A function as a template, and the functions of a template: from a click to its end."""

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject

from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error, write_atomic
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.functions import export_sources, template_functions
from workbench.functions.model import owner_of
from workbench.triggers import find as triggers
from workbench.ui.features.templates import dialogs
from workbench.ui.kit.file_dialog import FileDialog
from workbench.ui.pages.code import CodePage
from workbench.ui.shell.actions import ActionSpec
from workbench.ui.shell.context import Context
from workbench.ui.shell.services import OpenFunction

EXPORT, IMPORT = "function.export", "function.from_template"
_FOLDER = "templates.folder"


def activate(context: Context) -> None:
    """Adds the actions of templates, and the route "template" of a template's path."""
    templates = Templates(context)
    context.action(
        ActionSpec(
            EXPORT,
            _("Export as Template…"),
            "Alt+Shift+E",
            "file-text",
            "function",
            begins_group=True,
            submenu=_("Copy and Export"),
            terms=_("SAM, CloudFormation, CDK, Terraform"),
        ),
        templates.export,
        after="function.copy_image_uri",
    )
    context.action(
        ActionSpec(IMPORT, _("Functions from Template…"), submenu=_("Several Functions")),
        templates.choose,
        after="function.fan_out",
    )
    context.route("template", templates.read)


class Templates(QObject):
    """Exports the open function, and reads templates."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._context, self._services, self._window = context, context.services, context.window
        self._code = context.page(CodePage)
        self._dialog: dialogs.ExportDialog | None = None  # as long as it is open

    # A function as a template -------------------------------------------------------------------------------

    def export(self) -> None:
        """Shows the open function as a template."""
        function = self._context.function
        if function is None:
            return

        def run(ctx: JobContext) -> tuple[export_sources.Sources, str]:
            sources, unread = export_sources.Sources(), []
            try:
                sources = export_sources.read_sources(function.connection, function.detail, ctx)
            except WorkbenchError as error:
                unread.append(str(error))  # the configuration is known all the same
            other_settings, refused = export_sources.read_other_settings(
                function.connection, function.detail, ctx
            )
            sources = replace(sources, other_settings=other_settings)
            report = triggers.find_triggers(function.connection, function.detail, ctx)
            unread += [*refused, *(f"{each.part}: {each.error}" for each in report.problems)]
            rest = _("… and {count} more").format(count=f"{len(unread) - 1:,}")
            words = " ".join((*unread[:1], *([rest] if len(unread) > 1 else [])))
            return dialogs.with_event_sources(sources, report.triggers), words

        name = function.detail.function_name
        self._services.jobs.start(
            _("Reading the configuration and triggers of {name}").format(name=name),
            run,
            replaces="templates.export",
            on_done=lambda found: self._show(function, *found),
        )

    def _show(self, function: OpenFunction, sources: "export_sources.Sources", unread: str) -> None:
        note = (
            _("Some of its configuration and triggers could not be exported: {unread}").format(unread=unread)
            if unread
            else ""
        )
        dialog = dialogs.ExportDialog(function.detail, sources, note, self._window)
        self._dialog = dialog
        dialog.finished.connect(self._closed)
        dialog.save_wanted.connect(lambda name, text: self._ask_where(dialog, name, text))
        dialog.open()

    def _ask_where(self, dialog: "dialogs.ExportDialog", name: str, text: str) -> None:
        chooser = self._chooser("saveTemplate", _("Save Template"))
        chooser.ask_where_to_save(name)
        chooser.fileSelected.connect(lambda path: self._save(dialog, Path(path), text))
        chooser.open()

    def _save(self, dialog: "dialogs.ExportDialog", path: Path, text: str) -> None:
        self._remember(path)
        said = _("Saved as {path}.").format(path=str(path))

        def failed(error: WorkbenchError) -> None:
            if self._dialog is dialog:
                dialog.set_error(error)
            else:
                self._window.banners.show_error(error)

        self._services.jobs.start(
            _("Saving {path}").format(path=path.name),
            lambda _ctx: write_atomic(path, text.encode()),
            on_done=lambda __: dialog.set_message(said, "good") if self._dialog is dialog else None,
            on_error=failed,
        )

    def _closed(self) -> None:
        self._dialog = None

    # The functions of a template ----------------------------------------------------------------------------

    def choose(self) -> None:
        """Asks for a template, then shows its functions."""
        chooser = self._chooser("chooseTemplate", _("Functions from a Template"))
        chooser.setNameFilters([_("Templates (*.yaml *.yml *.json *.template)"), _("All files (*)")])
        chooser.fileSelected.connect(lambda path: self.read(Path(path)))
        chooser.open()

    def read(self, path: Path) -> None:
        """Reads a template and shows its functions."""
        self._remember(path)

        def run(ctx: JobContext) -> tuple[dialogs.Described, ...]:
            what = _("{path} could not be read.").format(path=path.name)
            try:
                text = path.read_text("utf-8-sig")
            except OSError as error:
                raise explain_os_error(error, what, path) from error
            except UnicodeDecodeError:
                raise WorkbenchError(what, _("The file is not valid UTF-8 text.")) from None
            ctx.check()
            return tuple(
                dialogs.Described(each, template_functions.code_folder_of(path, each))
                for each in template_functions.read_template(text, path.name)
            )

        self._services.jobs.start(
            _("Reading {path}").format(path=path.name),
            run,
            replaces="templates.import",
            on_done=lambda described: self._show_functions(path, described),
            on_error=self._window.banners.show_error,
        )

    def _show_functions(self, path: Path, described: "tuple[dialogs.Described, ...]") -> None:
        function = self._context.function
        owner = owner_of(function.detail) if function else None
        opened = (function.detail.function_name, owner.logical_id if owner else "") if function else ("", "")
        existing = {row.function_name for row in self._window.functions.model.all()}
        dialog = dialogs.ImportDialog(path, described, opened, existing, self._window)
        if function is not None:
            dialog.folder_wanted.connect(lambda folder: self._use(function, folder))
        dialog.open()

    def _use(self, function: OpenFunction, folder: Path) -> None:
        self._context.navigate("local_folder", function, folder)

    # Inside -------------------------------------------------------------------------------------------------

    def _chooser(self, name: str, title: str) -> FileDialog:
        workspace = self._code.workspace
        near = workspace.local_folder if workspace is not None else None
        return FileDialog(name, title, self._window, near or self._services.settings.get(_FOLDER, ""))

    def _remember(self, path: Path) -> None:
        self._services.settings.set(_FOLDER, str(path.parent))
