"""Which field a parameter of a source gets."""

from collections.abc import Callable

from workbench.triggers.model import SourceKind
from workbench.triggers.parameter import Entry, Parameter
from workbench.ui.configuring.editors import Editor
from workbench.ui.triggers.fields import ChoiceField, FlagField, LineField, NumberField
from workbench.ui.triggers.filters_field import FiltersField, PatternField, sample_event
from workbench.ui.triggers.rich_fields import ChoicesField, JsonField, MomentField

_RULES_PATTERN, _TOPICS_POLICY = "EventPattern", "FilterPolicy"


def field_of(parameter: Parameter, kind: SourceKind) -> Editor:
    """The field; patterns get a tester with an event of the source."""
    if parameter.entry is Entry.FILTERS:
        return FiltersField(parameter, lambda: sample_event(kind))
    if parameter.name in (_RULES_PATTERN, _TOPICS_POLICY):
        return PatternField(parameter, lambda: sample_event(kind))
    makers: dict[Entry, Callable[[Parameter], Editor]] = {
        Entry.NUMBER: NumberField,
        Entry.CHOICE: ChoiceField,
        Entry.CHOICES: ChoicesField,
        Entry.FLAG: FlagField,
        Entry.MOMENT: MomentField,
        Entry.JSON: JsonField,
    }
    return makers.get(parameter.entry, LineField)(parameter)
