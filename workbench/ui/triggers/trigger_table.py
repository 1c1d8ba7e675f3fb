"""The list of a function's triggers: what runs it, how it stands, and whether both ends fit."""

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtGui import QGuiApplication, QResizeEvent

from workbench.core.messages import _
from workbench.triggers.model import Trigger, TriggerState
from workbench.ui.icons import Icons
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text_size import scaled
from workbench.ui.theme import Theme
from workbench.ui.triggers.labels import (
    TONES,
    kind_icon,
    kind_title,
    link_help,
    link_label,
    source_name,
    state_text,
)

_ROW_HEIGHT = 32
KIND = 0
_MIN_SOURCE_WIDTH = 160
_KIND_WIDTH, _OTHERS_WIDTH = 142, 72 + 80 + 146
_MIN_ROWS, _MAX_ROWS = 3, 8  # visible rows


def _columns(icons: Icons) -> tuple[Column[Trigger], ...]:
    return (
        Column(
            _("Kind"),
            lambda trigger: kind_title(trigger.kind),
            _KIND_WIDTH,
            tip=lambda trigger: "\n".join(
                (kind_title(trigger.kind), _arn_tip(trigger))
            ).strip(),  # may be cut
            icon=lambda trigger: icons.get(kind_icon(trigger.kind), "muted"),
        ),
        Column(_("Source"), source_name, tip=_arn_tip),
        Column[Trigger](_("Target"), lambda trigger: trigger.qualifier or "$LATEST", 72, tip=_arn_tip),
        Column[Trigger](_("State"), lambda trigger: trigger.state, 80, tip=state_text),
        Column(
            _("Link"),
            lambda trigger: link_label(trigger.link),
            146,
            tip=_link_tip,
            badge=_link_badge,
        ),
    )


def _kind_tip(trigger: Trigger) -> str:
    return f"{kind_title(trigger.kind)}\n{_arn_tip(trigger)}".strip()  # the kind may be cut


def _arn_tip(trigger: Trigger) -> str:
    return "\n".join(filter(None, (trigger.source_arn, trigger.identity)))


def _link_tip(trigger: Trigger) -> str:
    problem = str(trigger.problem) if trigger.problem is not None else ""
    return "\n".join(filter(None, (link_help(trigger.link), problem)))


def _link_badge(trigger: Trigger) -> tuple[str, str]:
    return link_label(trigger.link), TONES[trigger.link] or "muted"


class TriggerTable(Table[Trigger]):
    """One is selected; Enter edits it.

    Args:
        theme: For the links.
        icons: For the kinds.
    """

    def __init__(self, theme: Theme, icons: Icons) -> None:
        super().__init__(
            "triggerTable",
            _("Triggers"),
            _columns(icons),
            identity=_identity,
            theme=theme,
            row_height=_ROW_HEIGHT,
        )
        self._noted: frozenset[tuple[str, str, str]] = frozenset()
        self._kind_width = self.columnWidth(KIND)
        self.horizontalHeader().setMinimumSectionSize(60)
        self.set_actions(())
        self.add_action("copyArn", _("Copy Source ARN"), self._copy, "Ctrl+C")

    def show_triggers(self, triggers: Sequence[Trigger]) -> None:
        """Shows these; the one that was selected stays so, else the first is."""
        self.set_rows(triggers)
        self._fit_kinds()
        self.fit(_MAX_ROWS, _MIN_ROWS)
        if self.current() is None and triggers:
            self.selectRow(0)
        self.chosen_changed.emit()

    def show_state(self, state: TriggerState) -> bool:
        """Shows in which state a trigger is now, and returns whether the list had another one."""
        changed = [
            replace(each, state=state.state, reason="")
            for each in self.rows.all
            if each.identity == state.identity and state.state not in ("", each.state)
        ]
        for each in changed:
            self.rows.update(each)
        return bool(changed)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_kinds()

    def _fit_kinds(self) -> None:
        """Shows the kinds whole where there is room, unless the user has chosen a width."""
        if self.columnWidth(KIND) != self._kind_width:
            return
        room = self.viewport().width() - scaled(_OTHERS_WIDTH + _MIN_SOURCE_WIDTH)
        self._kind_width = max(scaled(_KIND_WIDTH), min(self.sizeHintForColumn(KIND), room))
        self.setColumnWidth(KIND, self._kind_width)

    def choose_like(self, identity: tuple[str, str, str]) -> bool:
        """Selects a trigger by its kind, source and identity; empty ones fit all."""
        for row, trigger in enumerate(self.rows.all):
            parts = zip(identity, _identity(trigger), strict=True)
            if any(identity) and all(not wanted or wanted == has for wanted, has in parts):
                self.selectRow(row)
                return True
        return False

    def note(self) -> None:
        """Remembers which there are, so that one that comes is told from them."""
        self._noted = frozenset(map(_identity, self.rows.all))

    def choose_awaited(self, identity: tuple[str, str, str]) -> bool:
        """Selects as `choose_like`. Without an identity of AWS's it is the one that has come since `note`.

        Others may be of the same kind and source; what comes may have another source than was chosen (a table
        has a stream), or even another kind (a topic has a queue between).
        """
        kind, source_arn, known = identity
        came = [each for each in self.rows.all if _identity(each) not in self._noted]
        came = [each for each in came if kind or each.source_arn == source_arn]
        if came and not known:
            best = min(came, key=lambda each: (each.kind != kind, each.source_arn != source_arn))
            return self.choose_like(_identity(best))
        return bool(source_arn or known) and self.choose_like(identity)

    def _copy(self) -> None:
        if (trigger := self.current()) is not None:
            QGuiApplication.clipboard().setText(trigger.source_arn)


def _identity(trigger: Trigger) -> tuple[str, str, str]:
    return trigger.kind, trigger.source_arn, trigger.identity
