"""Texts of a function's dependent resources, deletions and restores."""

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Signal
from PySide6.QtWidgets import QWidget

from workbench.core.errors import WorkbenchError, sentences
from workbench.core.messages import _
from workbench.functions.deleted import Deleted
from workbench.functions.deletion import Deletion, DeletionStep, plan_deletion
from workbench.functions.dependents import STAYS, DependentKind, DependentResource
from workbench.functions.model import FunctionDetail
from workbench.functions.restore import Restored
from workbench.ui.kit.dialog import Dialog, Question
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import size_text, text_label
from workbench.ui.shell.deploy_history import when_text

_MAX_NAMES = 12


def kind_text(kind: DependentKind) -> str:
    """What a part is, in AWS's words."""
    return {
        DependentKind.MAPPING: _("Event source mapping"),
        DependentKind.VERSIONS: _("Versions and aliases"),
        DependentKind.ASYNC: _("Asynchronous invocation settings"),
        DependentKind.GRANT: _("Permission (resource policy)"),
        DependentKind.URL: _("Function URL"),
        DependentKind.LOG_GROUP: _("Log group"),
        DependentKind.ALARM: _("CloudWatch alarm"),
        DependentKind.ROLE: _("Execution role"),
    }[kind]


def subject_text(part: DependentResource) -> str:
    """Which one it is."""
    if part.kind is DependentKind.VERSIONS:
        return " · ".join(filter(None, (_shortened(part.subject), _shortened(part.detail))))
    facts = [part.subject, "" if part.kind is DependentKind.ROLE else part.detail]
    if part.last_used:
        words = _("last used {last_used}")
        facts.append(words.format(last_used=part.last_used))
    if part.services:
        words = _("{name} can use it too")
        facts.append(words.format(name=_shortened(", ".join(part.services))))
    if part.unread:
        words = _("not checked in {name}")
        facts.append(words.format(name=_shortened(", ".join(part.unread))))
    if part.size_bytes >= 0:
        facts.append(size_text(part.size_bytes))
    return " · ".join(filter(None, facts))


def _shortened(names: str) -> str:
    """The first of many names."""
    listed = names.split(", ")
    return ", ".join([*listed[:_MAX_NAMES], "…"]) if len(listed) > _MAX_NAMES else names


def fate_text(part: DependentResource, *, chosen: bool) -> str:
    """What becomes of it."""
    if part.problem is not None:
        return _("Could not be read: {problem}").format(problem=str(part.problem))
    if part.shared_with:
        shown = ", ".join(part.shared_with[:3]) + ("…" if len(part.shared_with) > 3 else "")
        return _("Kept: {shown} uses it too").format(shown=shown)
    if part.kind not in STAYS:
        if part.kind is DependentKind.GRANT and part.identity:
            return _("Deleted; the source continues to send events")
        return _("Deleted")
    if part.kind is DependentKind.MAPPING and not chosen:
        return _("Kept, but no longer invokes anything")
    return _("Deleted") if chosen else _("Kept")


def step_text(step: DeletionStep) -> str:
    """What a step is about."""
    kind = kind_text(step.part.kind) if step.part else _("Function")
    return f"{kind} {step.subject}"


def progress_text(deletion: Deletion) -> str:
    """How far a deletion came."""
    nothing = _("nothing")
    words = _("Deleted: {deleted}. Remaining: {remaining}.")
    return words.format(
        deleted=", ".join(map(step_text, deletion.gone)) or nothing,
        remaining=", ".join(map(step_text, deletion.left)) or nothing,
    )


def deletion_error(function_name: str, deletion: Deletion) -> WorkbenchError:
    """A deletion that did not come to its end: what is gone, and what is left."""
    if deletion.is_function_deleted:
        what = _("{function_name} was deleted, but some related resources were not.")
        remedy = _("Delete the remaining resources in their own services.")
    else:
        what = _("{function_name} was not deleted.")
        remedy = _("Use Delete Function to continue.")
    error = deletion.error or WorkbenchError("", _("The operation was cancelled."))
    state = progress_text(deletion)
    if deletion.error and not deletion.gone:
        remedy = error.remedy
    elif deletion.error:
        remedy = sentences(error.remedy, remedy)
    return WorkbenchError(
        what.format(function_name=function_name),
        sentences(error.what, error.why, state),
        remedy,
        error.aws_code,
        error.request_id,
        error.action,
        by_user=deletion.error is None,
    )


def kept_text(deleted: Deleted) -> str:
    """What is made again of a deleted function, and what is not."""
    words = _("Its code, configuration, tags and reserved concurrency will be restored.")
    if kept := deleted.dependents.counts():
        more = _(
            "These resources will be restored too: {names}. Versions get new numbers, and function "
            "URLs get new addresses."
        )
        words += " " + more.format(names=", ".join(kept))
    if deleted.journal.interrupted():
        words += " " + _("The restore was interrupted. Restore continues it.")
    if lost := _lost_text(deleted):
        words += " " + _("Not restored: {names}.").format(names="; ".join(lost))
    return words


def restored_text(deleted: Deleted, restored: Restored) -> tuple[str, str]:
    """What came of restoring a function, and the tone to say it in."""
    left = [f"{each.what} ({_why(each.error)})" for each in restored.left]
    lost = [*left, *_lost_text(deleted)]
    parts = []
    if lost:
        parts.append(_("Not restored: {names}.").format(names="; ".join(lost)))
    if restored.notes:
        parts.append(_("Restored with changes: {names}.").format(names="; ".join(restored.notes)))
    tone = "warning" if left else "info" if lost or restored.notes else "good"
    return " ".join(parts), tone


def _lost_text(deleted: Deleted) -> tuple[str, ...]:
    if deleted.kept:
        return deleted.lost
    older = _(
        "versions, aliases, event source mappings, permissions, URLs and other settings, "
        "which an earlier version of Workbench did not save"
    )
    return (*deleted.lost, older)


def _why(error: WorkbenchError) -> str:
    return ": ".join(filter(None, (error.aws_code, error.why.rstrip(".") or error.what.rstrip("."))))


_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_DELETE_SIZE, _RESTORE_SIZE = QSize(860, 480), QSize(680, 420)
_ROW_HEIGHT = 28
_KIND, _SUBJECT, _FATE = range(3)
_KIND_WIDTH, _FATE_WIDTH = 230, 290


class DeleteDialog(Dialog):
    """`agreed` is the yes to the steps; it comes only when all resources were found.

    Args:
        detail: The function.
        where: Account and region, for people.
        owner: What to know of who else manages it; empty for nothing.
        parent: The window.
    """

    agreed = Signal(object)  # the steps

    def __init__(self, detail: FunctionDetail, where: str, owner: str, parent: QWidget) -> None:
        super().__init__("deleteDialog", "", parent)
        self.set_title(_("Delete {function_name}").format(function_name=detail.function_name))
        self.setSizeGripEnabled(True)
        self._detail, self._complete = detail, False
        words = _(
            "This deletes the function in {where} with all its versions and aliases. A copy "
            "of its code and configuration, including environment variables, is kept on "
            "this computer, readable only by you. Use Restore Deleted Function to "
            "restore it. The selected resources are deleted too."
        )
        self.content.addWidget(text_label("deleteWords", words.format(where=where)))
        if owner:
            self.content.addWidget(text_label("deleteOwner", owner, "warning"))
        if detail.environment_error:
            lost = _(
                "AWS does not return its environment variables, so they cannot be kept: {environment_error}"
            ).format(environment_error=detail.environment_error)
            self.content.addWidget(text_label("deleteEnvironment", lost, "warning"))
        self._chosen: set[DependentResource] = set()
        self.table = Table("deleteParts", _("Related resources"), self._columns(), row_height=_ROW_HEIGHT)
        self.content.addWidget(self.table, 1)
        self.finish_layout(stretch=False)
        self.yes = self.add_button("deleteYes", _("Delete Function"), "danger")
        self.cancel = self.add_button("deleteCancel", _("Cancel"))
        self.cancel.clicked.connect(self.reject)
        self.yes.clicked.connect(self._submit)
        self.table.rows.ticked.connect(self._tick)
        self.resize(_DELETE_SIZE)
        self._show()
        self.table.setFocus()

    def resize_to_content(self) -> None:
        """The table takes all room: the size is the user's."""

    def add_parts(self, parts: Iterable[DependentResource]) -> None:
        """Takes what was found."""
        new = list(parts)
        self._chosen |= {part for part in new if part.can_be_chosen and part.goes_by_default}
        self.table.rows.add(new)
        if not self.table.currentIndex().isValid():
            self.table.setCurrentIndex(self.table.rows.index(0, 0))  # Space ticks
        self._show()

    def finish(self) -> None:
        """All resources were found."""
        self._complete = True
        self._show()

    def show_cancelled(self) -> None:
        """The search was cancelled: nothing is deleted."""
        self.set_message(
            _("The search was cancelled. Open this dialog again to delete the function."), "warning"
        )

    def steps(self) -> tuple[DeletionStep, ...]:
        """What would be done now."""
        return plan_deletion(self._detail, self.chosen)

    @property
    def chosen(self) -> tuple[DependentResource, ...]:
        """The parts that are to go, in the order they are shown."""
        return tuple(part for part in self.table.rows.all if part in self._chosen)

    def _columns(self) -> tuple[Column[DependentResource], ...]:
        return (
            Column(_("Type"), lambda part: kind_text(part.kind), _KIND_WIDTH, checked=self._is_checked),
            Column(_("Name"), subject_text),
            Column(
                _("After deletion"), lambda part: fate_text(part, chosen=part in self._chosen), _FATE_WIDTH
            ),
        )

    def _is_checked(self, part: DependentResource) -> bool | None:
        return part in self._chosen if part.can_be_chosen else None

    def _tick(self, part: DependentResource, _on: bool) -> None:
        self._chosen ^= {part}
        self.table.rows.repaint()
        self._show()

    def _show(self) -> None:
        if not self._complete:
            self.set_message(_("Finding related resources…"))
        elif not self.table.rows.all:
            self.set_message(_("No related resources."))
        elif any(part.kind is DependentKind.ROLE for part in self.chosen):
            self.set_message(
                _(
                    "Other regions and other services might use the role; they were not checked. "
                    "A restore does not recreate the role."
                ),
                "warning",
            )
        else:
            self.set_message("")
        self.yes.setEnabled(self._complete)

    def _submit(self) -> None:
        steps = self.steps()
        self.accept()
        self.agreed.emit(steps)


class RestoreDialog(Dialog):
    """`agreed` is the yes to one of them.

    Args:
        deleted: The newest first.
        where: Account and region, for people.
        parent: The window.

    Signals:
        agreed: A Deleted that is to be made again.
        forget_wanted: One whose copy is to be removed for good.
    """

    agreed = Signal(object)
    forget_wanted = Signal(object)

    def __init__(self, deleted: Sequence[Deleted], where: str, parent: QWidget) -> None:
        super().__init__("restoreDialog", "", parent)
        self.set_title(_("Restore Deleted Function"))
        self.setSizeGripEnabled(True)
        self._deleted = list(deleted)
        words = _("Functions that were deleted in {where} from this computer.").format(where=where)
        self.content.addWidget(text_label("restoreWords", words, "muted"))
        columns = (
            Column[Deleted](_("Function"), lambda each: each.function_name),
            Column[Deleted](_("Deleted on"), lambda each: when_text(each.when), 170),
            Column(
                _("Code"),
                _code_text,
                110,
                full=lambda each: each.code_sha256 or each.image_uri,
                is_number=True,
            ),
        )
        self.table = Table("restoreTable", _("Deleted functions"), columns, identity=id)
        self.content.addWidget(self.table, 1)
        self.about = text_label("restoreAbout")
        self.content.addWidget(self.about)
        self.finish_layout(stretch=False)
        self.yes = self.add_button("restoreYes", _("Restore"), "primary")
        self.forget = self.add_button("restoreForget", _("Delete Copy…"))
        self.forget.setToolTip(_("Delete the saved code and configuration from this computer"))
        self.add_button("restoreCancel", _("Cancel")).clicked.connect(self.reject)
        self.table.selectionModel().selectionChanged.connect(self._selected)
        self.table.activated.connect(lambda _index: self._submit())
        self.yes.clicked.connect(self._submit)
        self.forget.clicked.connect(self._forget)
        self.resize(_RESTORE_SIZE)
        self._fill()
        self.table.setFocus()

    def resize_to_content(self) -> None:
        """The table takes all room: the size is the user's."""

    def chosen(self) -> Deleted | None:
        """The one that is selected."""
        return next(iter(self.table.chosen()), None)

    def _fill(self) -> None:
        self.table.set_rows(self._deleted)
        if self._deleted:
            halves = (n for n, each in enumerate(self._deleted) if each.journal.interrupted())
            self.table.selectRow(next(halves, 0))
        else:
            self.set_message(_("No functions have been deleted from this computer."))
        self._selected()

    def _selected(self) -> None:
        chosen = self.chosen()
        for button in (self.yes, self.forget):
            button.setEnabled(chosen is not None)
        self.about.setText(kept_text(chosen) if chosen else "")

    def _submit(self) -> None:
        if (chosen := self.chosen()) is not None:
            self.accept()
            self.agreed.emit(chosen)

    def _forget(self) -> None:
        if (chosen := self.chosen()) is None:
            return
        words = _(
            "The code and configuration of {function_name} will be permanently deleted from this computer."
        )
        words = words.format(function_name=chosen.function_name)
        if chosen.journal.interrupted():
            words += " " + _("Its restore is not complete.")
        title = _("Delete Copy")
        question = Question("restoreForgetQuestion", title, words, title, self, is_destructive=True)
        question.ask(lambda: self._forget_for_good(chosen))

    def _forget_for_good(self, chosen: Deleted) -> None:
        self.forget_wanted.emit(chosen)
        self._deleted.remove(chosen)
        self._fill()


def _code_text(deleted: Deleted) -> str:
    return size_text(deleted.size_bytes) if deleted.code_sha256 else _("image")
