"""Texts about versions and aliases."""

from collections.abc import Collection, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QWidget

from workbench.aws.names import LATEST
from workbench.aws.quotas import TextLimit
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _, ngettext
from workbench.functions.model import FunctionDetail
from workbench.functions.prune import (
    Decision,
    Fate,
    PrunePlan,
    PruneResult,
    QualifierUses,
    Use,
    UseKind,
    plan_prune,
)
from workbench.functions.versions import (
    Alias,
    AliasConflict,
    AliasFault,
    AliasLimits,
    AliasSpec,
    Version,
)
from workbench.ui.kit.choices import CalmChoice, CalmDoubleSpinBox
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.fields import indent, number_box
from workbench.ui.kit.form import Form, FormRow
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import PlainLabel, PlainLine, named, size_text, text_label
from workbench.ui.pages.versions import modified_text


def version_title(version: Version) -> str:
    """A version in a list: its number and its description."""
    return f"{version.version} – {version.description}" if version.description else version.version


def fault_text(fault: AliasFault) -> str:
    """Why an alias cannot be like that."""
    return {
        AliasFault.NAME: _("Use up to 128 letters (A–Z), digits, hyphens and underscores; not only digits."),
        AliasFault.DESCRIPTION: _("A description can have up to 256 characters."),
        AliasFault.LATEST_SHARED: _(
            "Traffic can only be split between published versions, not with $LATEST."
        ),
        AliasFault.SAME_VERSION: _("The weight must be for another version."),
        AliasFault.ROLE: _(
            "The two versions have different execution roles. AWS splits traffic only between versions with "
            "the same role."
        ),
        AliasFault.DEAD_LETTER: _(
            "The two versions have different dead-letter queues. AWS splits traffic only between versions "
            "with the same dead-letter queue, or without one."
        ),
        AliasFault.SHARE: _("The weight must be between 0 and 100 %."),
    }[fault]


def use_text(use: Use) -> str:
    """One thing that calls a version or an alias."""
    words = {
        UseKind.MAPPING: _("event source {subject}"),
        UseKind.POLICY: _("a permission in its resource policy"),
        UseKind.URL: _("function URL {subject}"),
    }[use.kind]
    return words.format(subject=use.subject)


def fate_text(decision: Decision) -> str:
    """What becomes of a version, and why."""
    uses = ", ".join(dict.fromkeys(map(use_text, decision.uses)))
    return {
        Fate.DELETE: _("Deleted"),
        Fate.LATEST: _("Kept: $LATEST"),
        Fate.NEWEST: _("Kept: one of the newest"),
        Fate.ALIAS: _("Kept: alias {aliases}"),
        Fate.USED: _("Kept: {uses}"),
        Fate.UNKNOWN: _("Finding what uses it…"),
    }[decision.fate].format(aliases=", ".join(decision.reasons), uses=uses)


def result_error(function_name: str, result: PruneResult) -> WorkbenchError:
    """A deletion that did not do all it was to do: what is gone, what stays and why."""
    deleted = ", ".join(result.deleted) or _("none")
    parts = [_("Deleted: {deleted}.").format(deleted=deleted)]
    reasons: dict[str, list[str]] = {}
    for version, error in result.failed:
        reasons.setdefault(f"{error.why} [{error.aws_code}]", []).append(version)
    for why, versions in reasons.items():
        said = _("Not deleted: {names}. {why}")
        parts.append(said.format(names=", ".join(versions), why=why))
    if result.left:
        left = _("Cancelled before {names}.")
        parts.append(left.format(names=", ".join(result.left)))
    what = _("Some versions of {function_name} were not deleted.").format(function_name=function_name)
    remedy = _("Use Delete Old Versions to continue with the remaining versions.")
    first = result.failed[0][1] if result.failed else WorkbenchError(what)
    return WorkbenchError(what, " ".join(parts), remedy, first.aws_code, first.request_id, first.action)


_LABEL_WIDTH = 90
_DEFAULT_SHARE = 10.0


class AliasDialog(Dialog):
    """`wanted` is the yes; it stays open until it is told to close, so that a refusal loses nothing.

    Args:
        function_name: Of whom.
        alias: The alias that is changed; None for a new one.
        versions: Where it can point, "$LATEST" first.
        taken: The names of the aliases that are there.
        limits: What AWS allows.
        parent: The window.
    """

    wanted = Signal()

    def __init__(
        self,
        function_name: str,
        alias: Alias | None,
        versions: Sequence[Version],
        taken: Collection[str],
        limits: AliasLimits,
        parent: QWidget,
    ) -> None:
        super().__init__("aliasDialog", "", parent)
        self.original = alias
        self._taken, self._limits = taken, limits
        self._versions = tuple(versions)
        title = _("Edit the Alias {alias}") if alias else _("New Alias of {alias}")
        self.set_title(title.format(alias=alias.name if alias else function_name))
        self.name = named(PlainLine(alias.name if alias else ""), "aliasName", _("Name"))
        self.name.setReadOnly(alias is not None)
        if alias is not None:
            self.name.setToolTip(_("AWS cannot rename an alias. Create another one instead."))
        self.version = named(CalmChoice(), "aliasVersion", _("Version"))
        self.description = named(PlainLine(), "aliasDescription", _("Description"))
        self.shared = named(QCheckBox(_("Send part of the traffic to another version")), "aliasShared")
        self.second = named(CalmChoice(), "aliasSecond", _("Other version"))
        self.share = named(CalmDoubleSpinBox(), "aliasShare", _("Traffic weight"))
        indent(self.share)
        self.share.setRange(0, 100)
        self.share.setDecimals(1)
        self.share.setSuffix(" %")
        self.share.setValue(_DEFAULT_SHARE)
        for version in versions:
            self.version.addItem(version_title(version), version.version)
            if version.version != LATEST:
                self.second.addItem(version_title(version), version.version)
        self._lay_out()
        self.yes = self.add_button("aliasYes", _("Save") if alias else _("Create Alias"), "primary")
        self.add_button("aliasCancel", _("Cancel")).clicked.connect(self.reject)
        self.show_spec(AliasSpec.of(alias) if alias else AliasSpec(self.version.itemData(0) or LATEST))
        self.yes.clicked.connect(self._submit)
        for line in (self.name, self.description):
            line.textChanged.connect(self.switch)
        for combo in (self.version, self.second):
            combo.currentIndexChanged.connect(self.switch)
        self.share.valueChanged.connect(self.switch)
        self.shared.toggled.connect(self._suggest)
        self.switch()
        (self.version if alias else self.name).setFocus()

    # What is wanted -----------------------------------------------------------------------------------------

    def spec(self) -> AliasSpec:
        """What was chosen."""
        shared = self.shared.isChecked()
        return AliasSpec(
            str(self.version.currentData()),
            self.description.text().strip(),
            str(self.second.currentData() or "") if shared else "",
            round(self.share.value() / 100, 4) if shared else 0.0,
        )

    def show_spec(self, spec: AliasSpec) -> None:
        """Shows what an alias is, or is to be."""
        self._choose(self.version, spec.version)
        self.description.setText(spec.description)
        self.shared.setChecked(bool(spec.second))
        if spec.second:
            self._choose(self.second, spec.second)
            self.share.setValue(spec.share * 100)

    @staticmethod
    def _choose(combo: QComboBox, version: str) -> None:
        """A version that is not in the list is there all the same: it may be newer than the list."""
        if combo.findData(version) < 0:
            combo.addItem(version, version)
        combo.setCurrentIndex(combo.findData(version))

    def show_version(self, version: str) -> None:
        """Lets it point to a version."""
        self._choose(self.version, version)

    # What comes of it ---------------------------------------------------------------------------------------

    def show_failure(self, error: WorkbenchError) -> None:
        """Says why not. After a conflict, saving again is about what is there now."""
        self.set_busy(busy=False)
        self.set_error(error)
        if isinstance(error, AliasConflict):
            self.original = error.now
            self.yes.setText(_("Save Anyway"))

    # Inside -------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self._form = Form()
        for field, title in (
            (self.name, _("Name")),
            (self.version, _("Version")),
            (self.description, _("Description")),
            (self.second, _("Other version")),
            (self.share, _("Weight of the other version")),
        ):
            if field is self.second:
                self._form.add_widget(self.shared)
            self._form.add(field, title)
        self.disable_while_busy(self._form)
        self.content.addWidget(self._form)
        self.split = text_label("aliasSplit", "", "muted")
        self.content.addWidget(self.split)
        self.finish_layout()

    def _suggest(self) -> None:
        """The other version is another one."""
        if self.second.currentData() == self.version.currentData():
            self.second.setCurrentIndex(1 if self.second.currentIndex() == 0 else 0)
        self.switch()

    def switch(self) -> None:
        spec, name = self.spec(), self.name.text().strip()
        for field in (self.second, self.share):
            self._form.show_row(field.objectName(), shown=self.shared.isChecked())
        fault = self._limits.fault(name or "x", spec, self._versions)
        fields = {
            AliasFault.NAME: self.name,
            AliasFault.DESCRIPTION: self.description,
            AliasFault.SHARE: self.share,
        }
        exists = self.original is None and name in self._taken
        faults = {}
        if exists:
            faults[self.name.objectName()] = _("An alias with this name already exists.")
        elif fault is not None:
            faults[fields.get(fault, self.second).objectName()] = fault_text(fault)
        self._form.show_faults(faults)
        self.yes.setEnabled(bool(name) and not exists and fault is None and not self.is_busy)
        words = ""
        if spec.second and fault is None:
            words = _(
                "{first_share} % of the traffic goes to version {version}, and {share} % to version {second}."
            ).format(
                first_share=f"{(1 - spec.share) * 100:.4g}",
                version=spec.version,
                share=f"{spec.share * 100:.4g}",
                second=spec.second,
            )
        self.split.setText(words)
        self.split.setVisible(bool(words))
        self.resize_to_content()

    def _submit(self) -> None:
        if self.yes.isEnabled():
            self.wanted.emit()


_SHORT_SHA = 12


class PublishDialog(Dialog):
    """`agreed` is the yes; the dialog closes with it, and the work goes on in the status bar.

    Args:
        detail: The function as it was read.
        newest: The newest version and its CodeSha256; empty texts when there is none, or none is known.
        limit: Of the description.
        parent: The window.
    """

    agreed = Signal(str)  # the description

    def __init__(
        self, detail: FunctionDetail, newest: tuple[str, str], limit: TextLimit, parent: QWidget
    ) -> None:
        super().__init__("publishDialog", "", parent)
        self.set_title(_("Publish a Version of {function_name}").format(function_name=detail.function_name))
        self._limit = limit
        words = _(
            "This publishes the code ({size}, {code_sha256}) and configuration of $LATEST as a version that "
            "cannot be changed."
        )
        self.content.addWidget(
            text_label(
                "publishWords",
                words.format(
                    size=size_text(detail.code_size_bytes), code_sha256=detail.code_sha256[:_SHORT_SHA]
                ),
            )
        )
        version, sha256 = newest
        if version and sha256 == detail.code_sha256:
            same = _(
                "Version {version} has the same code. If the configuration is also the same, AWS does "
                "not create a new version."
            )
            self.content.addWidget(text_label("publishSame", same.format(version=version), "warning"))
        if detail.snap_start not in ("", "None"):
            slow = _("SnapStart creates a snapshot first, which takes a few minutes.")
            self.content.addWidget(text_label("publishSnapStart", slow, "muted"))
        self.description = named(PlainLine(), "publishDescription", _("Description"))
        self.description.setPlaceholderText(detail.description or _("Description of the changes"))
        self._row = FormRow(self.description.objectName(), _("Description"), self.description, label_width=0)
        self.content.addWidget(self._row)
        self.finish_layout()
        self.yes = self.add_button("publishYes", _("Publish"), "primary")
        self.add_button("publishCancel", _("Cancel")).clicked.connect(self.reject)
        self.yes.clicked.connect(self._submit)
        self.description.textChanged.connect(self._changed)
        self.description.setFocus()
        self.resize_to_content()

    def _changed(self) -> None:
        fine = self._limit.accepts(self.description.text().strip())
        limit = str(self._limit.max_length)
        self._row.set_message("" if fine else _("At most {limit} characters.").format(limit=limit))
        self.yes.setEnabled(fine)
        self.resize_to_content()

    def _submit(self) -> None:
        self.accept()
        self.agreed.emit(self.description.text().strip())


_SIZE = (760, 520)
_DEFAULT_KEPT, _MAX_KEPT = 10, 10_000


class PruneDialog(Dialog):
    """`agreed` is the yes to what the table shows.

    Args:
        function_name: Whose versions.
        versions: All of them.
        aliases: All of them.
        parent: The window.

    Signals:
        uses_wanted: Versions whose uses are not known yet; `add_uses` takes them.
        agreed: The PrunePlan that is to be carried out.
    """

    uses_wanted = Signal(object)
    agreed = Signal(object)

    def __init__(
        self, function_name: str, versions: Sequence[Version], aliases: Sequence[Alias], parent: QWidget
    ) -> None:
        super().__init__("pruneDialog", "", parent)
        self.set_title(_("Delete Old Versions of {function_name}").format(function_name=function_name))
        self.setSizeGripEnabled(True)
        self._versions, self._aliases = versions, aliases
        self._uses: dict[str, Sequence[Use]] = {}
        self.keep = number_box("pruneKeep", _("Number of versions to keep"), 0, _MAX_KEPT)
        self.keep.setValue(_DEFAULT_KEPT)
        self.table = Table(
            "pruneTable",
            _("Result for each version"),
            (
                Column[Decision](_("Version"), lambda each: each.version.version, 80),
                Column(_("After deletion"), fate_text, 240),
                Column[Decision](_("Description"), lambda each: each.version.description),
                Column[Decision](
                    _("Code size"), lambda each: size_text(each.version.code_size_bytes), 90, is_number=True
                ),
                Column[Decision](_("Last modified"), lambda each: modified_text(each.version), 140),
            ),
            identity=lambda each: each.version.version,
            cells=True,
            empty=_("No published versions."),
        )
        line = QHBoxLayout()
        line.setSpacing(8)
        label = named(PlainLabel(_("Keep the newest")), "pruneKeepLabel")
        label.setBuddy(self.keep)
        line.addWidget(label)
        line.addWidget(self.keep)
        rest = _("and every version that an alias, an event source or a permission refers to")
        line.addWidget(text_label("pruneRest", rest, "muted"), 1)
        self.content.addLayout(line)
        self.content.addWidget(self.table, 1)
        self.finish_layout(stretch=False)
        self.yes = self.add_button("pruneYes", _("Delete"), "danger")
        self.cancel = self.add_button("pruneCancel", _("Cancel"))
        self.cancel.clicked.connect(self.reject)
        self.yes.clicked.connect(self._submit)
        self.keep.valueChanged.connect(self.replan)
        self.resize(*_SIZE)
        self.keep.setFocus()
        self.plan: PrunePlan = plan_prune(versions, aliases, self.keep.value(), {})

    def resize_to_content(self) -> None:
        """The table takes all room: the size is the user's."""

    def add_uses(self, found: object) -> None:
        """What uses a version is known now: a QualifierUses."""
        if isinstance(found, QualifierUses):
            self._uses[found.qualifier] = found.uses
            self._show()

    def show_uses_error(self, error: WorkbenchError) -> None:
        """What uses the versions could not be read: none is deleted on a guess."""
        self.set_error(error)

    def replan(self) -> None:
        """Decides anew, and asks for what is not known yet."""
        self.set_message("")
        self._show()
        if self.plan.unknown:
            self.uses_wanted.emit(tuple(version.version for version in self.plan.unknown))

    def _show(self) -> None:
        self.plan = plan = plan_prune(self._versions, self._aliases, self.keep.value(), self._uses)
        deleted_first = (Fate.DELETE, Fate.UNKNOWN)
        self.table.set_rows(sorted(plan.decisions, key=lambda each: each.fate not in deleted_first))
        number, unknown = len(plan.deleted), len(plan.unknown)
        if unknown:
            self.set_message(
                ngettext(
                    "Finding what uses {count} version…", "Finding what uses {count} versions…", unknown
                ).format(count=unknown)
            )
        elif number:
            text = ngettext(
                "{count} version will be permanently deleted. This frees {size} of storage.",
                "{count} versions will be permanently deleted. This frees {size} of storage.",
                number,
            )
            self.set_message(text.format(count=number, size=size_text(plan.freed_bytes)))
        else:
            self.set_message(_("Nothing to delete: all versions are kept."))
        self.yes.setText(
            ngettext("Delete {count} Version", "Delete {count} Versions", number).format(count=number)
        )
        self.yes.setEnabled(bool(number) and not unknown)

    def _submit(self) -> None:
        self.accept()
        self.agreed.emit(self.plan)
