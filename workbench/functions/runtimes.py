"""When AWS deprecates runtimes: dates as data, in resources/runtimes.json, which names their source.

The service model has the runtimes' names but not these dates. A runtime without a date is not known to end.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path


@dataclass(frozen=True, slots=True)
class RuntimeDates:
    """AWS's calendar.

    Attributes:
        deprecated: The day from which AWS no longer supports a runtime, by its name.
        checked: When the dates were compared with AWS's table.
        source: Where that is.
    """

    deprecated: Mapping[str, date] = field(default_factory=dict)
    checked: str = ""
    source: str = ""

    @classmethod
    def load(cls, path: Path) -> "RuntimeDates":
        """Reads the file of the dates. Raises OSError and ValueError: it is a part of the program."""
        data = json.loads(path.read_bytes())
        dates = {str(name): date.fromisoformat(day) for name, day in data["deprecated"].items()}
        return cls(dates, str(data["checked"]), str(data["source"]))

    def end_of(self, runtime: str, today: date) -> date | None:
        """The day on which a runtime was deprecated; None if it is not, as far as is known."""
        day = self.deprecated.get(runtime)
        return day if day is not None and day <= today else None
