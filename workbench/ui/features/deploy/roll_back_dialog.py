"""The question before a roll-back: which way, with which configuration, and what it would do step by step."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QRadioButton, QTabWidget, QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.deploy.history import Offer
from workbench.deploy.plan import Plan
from workbench.ui.features.deploy.dialog import FileTable, StepTable
from workbench.ui.kit.choices import CalmChoice
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.text import named, text_label
from workbench.ui.shell.deploy_history import entry_text, roll_back_title, settings_back, settings_text

_SIZE = (760, 520)
_PLAN, _FILES = range(2)


class RollBackDialog(Dialog):
    """Shows what going back means. `agreed` is the yes.

    Args:
        offer: From `roll_back.look`; there is something to do.
        where: Account and region, for people.
        parent: The window.

    Signals:
        agreed: The Plan that is shown is to be carried out.
    """

    agreed = Signal(object)

    def __init__(self, offer: Offer, where: str, parent: QWidget) -> None:
        super().__init__("rollBackDialog", "", parent)
        to = entry_text(offer.entry, offer.version)
        title = _("Roll Back {function_name} to {to}")
        self.set_title(title.format(function_name=offer.observed.function_name, to=to))
        self.setSizeGripEnabled(True)
        self._offer = offer
        self._plan: Plan | None = None
        self.about = text_label("rollBackAbout", where, "muted")
        self.by_alias = named(QRadioButton(), "rollBackByAlias")
        self.by_alias.setText(_("Point an alias to version {version}:").format(version=offer.version))
        self.aliases = named(CalmChoice(), "rollBackAlias", _("Alias"))
        for alias in offer.aliases:
            now = _("{alias} (now version {version})").format(alias=alias.name, version=alias.version)
            self.aliases.addItem(now, alias.name)
        self.by_code = named(QRadioButton(), "rollBackByCode")
        self.by_code.setText(_("Deploy the stored package to $LATEST"))
        if offer.is_deployed:
            self.by_code.setText(_("$LATEST already has this code; restore only the configuration"))
        self.configuration = named(QCheckBox(), "rollBackConfiguration")
        self.configuration.setText(_("Also restore the configuration of that time"))
        self.changes = text_label("rollBackSettings", "", "muted")
        self.steps, self.files = StepTable(), FileTable()
        self.tabs = named(QTabWidget(), "rollBackTabs", _("Plan"))
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.steps, _("Plan"))
        self.tabs.addTab(self.files, _("Files"))
        self._lay_out()
        self.yes = self.add_button("rollBackYes", roll_back_title(offer.entry, offer.version), "primary")
        self.add_button("rollBackCancel", _("Cancel")).clicked.connect(self.reject)
        self._show_offer()
        for button in (self.by_alias, self.by_code, self.configuration):
            button.toggled.connect(self._replan)
        self.aliases.currentIndexChanged.connect(self._replan)
        self.yes.clicked.connect(self._submit)
        self.resize(*_SIZE)
        self.yes.setFocus()
        self._replan()

    def resize_to_content(self) -> None:
        """The tables take all room: the size is the user's."""

    def _lay_out(self) -> None:
        alias = QHBoxLayout()
        alias.setSpacing(8)
        alias.addWidget(self.by_alias)
        alias.addWidget(self.aliases)
        alias.addStretch(1)
        self.content.addWidget(self.about)
        self.content.addLayout(alias)
        for widget in (self.by_code, self.configuration, self.changes):
            self.content.addWidget(widget)
        self.content.addWidget(self.tabs, 1)
        self.finish_layout(stretch=False)

    def _show_offer(self) -> None:
        offer = self._offer
        moves, deploys = bool(offer.aliases), offer.can_deploy
        for widget in (self.by_alias, self.aliases):
            widget.setVisible(moves)
        self.by_code.setVisible(deploys)
        preferred = self.aliases.findData(offer.last_alias)
        self.aliases.setCurrentIndex(max(0, preferred, self.aliases.findData(offer.entry.alias_name)))
        self.by_alias.setChecked(moves and (not deploys or preferred >= 0))
        self.by_code.setChecked(not self.by_alias.isChecked())
        self.configuration.setChecked(offer.is_deployed or offer.code_needs_configuration)
        files = offer.files()
        self.files.show_files(files or ())
        title = _("Files")
        self.tabs.setTabText(_FILES, f"{title} ({len(files):,})" if files else title)
        self.tabs.setTabVisible(_FILES, bool(files))

    def _replan(self) -> None:
        """Shows the plan of what is chosen now."""
        offer, by_code = self._offer, self.by_code.isChecked()
        wanted = offer.configuration
        has_choice = by_code and wanted is not None and not offer.is_deployed
        self.configuration.setVisible(has_choice)
        self.aliases.setEnabled(self.by_alias.isChecked())
        with_configuration = wanted is not None and (offer.is_deployed or self.configuration.isChecked())
        if wanted is not None:
            self.changes.setText(
                _("{settings}. Environment variables do not change.").format(
                    settings=settings_text(settings_back(wanted, offer.observed))
                )
            )
        self.changes.setVisible(by_code and wanted is not None)
        try:
            if by_code:
                self._plan = offer.plan_code(configuration=with_configuration)
            else:
                self._plan = offer.plan_alias(self.aliases.currentData())
        except WorkbenchError as error:
            self._plan = None
            self.set_error(error)
        else:
            self.set_message("")
        self.steps.show_steps(self._plan.steps if self._plan else ())
        self.yes.setEnabled(self._plan is not None and bool(self._plan.steps))

    def _submit(self) -> None:
        plan = self._plan
        if plan is not None:
            self.accept()
            self.agreed.emit(plan)
