"""What Lambda does with asynchronous invocations of the function: retries, age, destinations."""

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtWidgets import QWidget

from workbench.core.messages import _
from workbench.functions.model import FunctionDetail
from workbench.triggers.async_settings import DEAD_LETTER, AsyncSettings, parameters
from workbench.triggers.model import SourceKind, TriggerSpec
from workbench.ui.icons import Icons
from workbench.ui.kit.text import text_label
from workbench.ui.triggers.trigger_dialog import WiringDialog


class AsyncDialog(WiringDialog):
    """Changes them, of the function or of one of its aliases or versions.

    Args:
        detail: The function.
        settings: As they were read; what has none has AWS's defaults.
        qualifiers: Aliases and versions.
        chosen: The one to begin with.
        icons: For the findings.
        parent: The window.
    """

    def __init__(
        self,
        detail: FunctionDetail,
        settings: Sequence[AsyncSettings],
        qualifiers: Sequence[str],
        chosen: str,
        icons: Icons,
        parent: QWidget,
    ) -> None:
        super().__init__("asyncSettings", "", "", icons, parent)
        self.set_title(
            _("Asynchronous Invocation of {function_name}").format(function_name=detail.function_name)
        )
        self.yes.setText(_("Save Changes"))
        self._detail = detail
        self._settings = {each.qualifier: each for each in settings}
        words = _(
            "Events that AWS services and asynchronous invocations send to Lambda wait in the "
            "function's queue."
        )
        if qualifiers:
            words += " " + _("An alias uses the dead-letter queue of its version.")
        self.content.insertWidget(1, text_label("asyncWords", words, "muted"))
        self.pages.addWidget(self.settings)
        self.add_plan_page()
        self.settings.show_qualifiers(qualifiers, chosen)
        self._shown = ""
        self._show_settings()
        self.settings.form.focus_first()

    @property
    def kind(self) -> SourceKind:
        return SourceKind("direct")

    @property
    def before(self) -> AsyncSettings:
        """As they are of what is chosen."""
        qualifier = self.settings.chosen_qualifier()
        known = self._settings.get(qualifier, AsyncSettings(qualifier))
        queue = "" if qualifier else self._detail.dead_letter_arn
        return replace(known, values={**known.values, DEAD_LETTER: queue}) if queue else known

    def spec(self) -> TriggerSpec:
        qualifier = self.settings.chosen_qualifier()
        return TriggerSpec(self.kind, "", self._detail, qualifier, self.settings.form.values())

    def changed(self) -> None:
        if self.settings.chosen_qualifier() != self._shown:
            self._show_settings()
        elif not self.settings.form.faults() and self.settings.form.values() == dict(self.before.values):
            self.rest()
        else:
            super().changed()

    def _show_settings(self) -> None:
        self._shown = self.settings.chosen_qualifier()
        self.settings.show_parameters(parameters(self._shown), self.before.values)
        self.rest()
