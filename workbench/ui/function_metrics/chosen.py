"""Which charts the user has added to those of a function; stored in the settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.core.settings import Settings
from workbench.metrics import series

_KEY = "metrics.charts"


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was added, in its order.

    Attributes:
        kinds: Names of the catalogue's charts that are shown also when they have no data.
        metrics: Metrics of any kind, a chart each.
    """

    kinds: tuple[str, ...] = ()
    metrics: "tuple[series.MetricSpec, ...]" = ()


def chosen_of(settings: Settings, function_arn: str) -> Chosen:
    """What was added to a function's charts; what cannot be understood is left out."""
    kept = _kept(settings).get(function_arn)
    if not isinstance(kept, Mapping):
        return Chosen()
    kinds, metrics = kept.get("kinds"), kept.get("metrics")
    names = tuple(each for each in kinds if isinstance(each, str)) if isinstance(kinds, Sequence) else ()
    specs = (_spec_of(each) for each in metrics) if isinstance(metrics, Sequence) else ()
    return Chosen(names, tuple(each for each in specs if each is not None))


def keep_chosen(settings: Settings, function_arn: str, chosen: Chosen) -> None:
    """Remembers what was added to a function's charts; nothing is not remembered."""
    kept = dict(_kept(settings))
    kept.pop(function_arn, None)
    if chosen.kinds or chosen.metrics:
        kept[function_arn] = {
            "kinds": list(chosen.kinds),
            "metrics": [
                [each.namespace, each.metric_name, each.stat, [list(pair) for pair in each.dimensions]]
                for each in chosen.metrics
            ],
        }
    settings.set(_KEY, kept)


def _kept(settings: Settings) -> dict[str, Any]:
    nothing: dict[str, Any] = {}
    return settings.get(_KEY, nothing)


def _spec_of(kept: Any) -> "series.MetricSpec | None":
    try:
        namespace, name, stat, pairs = kept  # anything may stand in the file
        dimensions = tuple((str(key), str(value)) for key, value in pairs)
    except (TypeError, ValueError):
        return None
    return series.MetricSpec(str(name), str(stat), dimensions, str(namespace))
