"""Whether one of the alarms that watch a deploy is in the ALARM state."""

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.deploy.steps.patience import call_patiently
from workbench.deploy.steps.running import Running

_LOOK = "Check the metrics of the new version, then deploy again."
_BEFORE = "Wait until it returns to OK. To deploy a fix, remove the alarm in Deploy with Options…"
_METHOD, _FAILURE = "describe_alarms", "Could not check the alarms."


def check_alarms(running: Running, names: Sequence[str]) -> None:
    """Looks at the alarms once. One that has too little data yet is quiet.

    Raises:
        WorkbenchError: One has gone off, or does not exist, or they may not be seen.
    """
    if names:
        answer = call_patiently(running, _METHOD, _FAILURE, "cloudwatch", **_wanted(names))
        _judge(answer, names, running.name, running.connection.region, _LOOK)


def check_alarms_before(connection: Connection, function_name: str, names: Sequence[str]) -> None:
    """The same before anything is done: what would be taken back right away is not begun.

    Raises:
        WorkbenchError: As `check_alarms`.
    """
    if names:
        answer = connection.call("cloudwatch", _METHOD, failure=_FAILURE, **_wanted(names))
        _judge(answer, names, function_name, connection.region, _BEFORE)


def _wanted(names: Sequence[str]) -> dict[str, Any]:
    # Without a number AWS answers 50 of the 100 names that it takes.
    return {"AlarmNames": list(names), "AlarmTypes": ["MetricAlarm", "CompositeAlarm"], "MaxRecords": 100}


def _judge(
    answer: Mapping[str, Any], names: Sequence[str], function_name: str, region: str, remedy: str
) -> None:
    found = [*(answer.get("MetricAlarms") or ()), *(answer.get("CompositeAlarms") or ())]
    states = {str(alarm["AlarmName"]): alarm for alarm in found}
    for name in names:
        alarm = states.get(name)
        if alarm is None:
            raise WorkbenchError(
                f"{function_name} is not watched.",
                f"There is no alarm {name} in {region}.",
                "Correct the name of the alarm, then deploy again.",
            )
        if alarm.get("StateValue") == "ALARM":
            raise WorkbenchError(
                f"The alarm {name} is in the ALARM state.",
                str(alarm.get("StateReason") or ""),
                remedy,
            )
