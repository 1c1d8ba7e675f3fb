"""CloudWatch alarms that watch a deploy: listing them, and checking for state ALARM."""

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.deploy.steps.running import Running, call_when_idle
from workbench.functions.alarms import COMPOSITE, METRIC, alarm_pages

_MAX_ALARMS = 1_000


def list_alarms(connection: Connection, ctx: JobContext) -> tuple[tuple[str, ...], bool]:
    """Names of the CloudWatch alarms in a region, sorted, at most 1,000; and whether these are all.

    Raises:
        WorkbenchError: Alarms may not be listed, or AWS was not reached.
    """
    names: list[str] = []
    for page in alarm_pages(connection, (METRIC, COMPOSITE), ctx):
        for kind in ("MetricAlarms", "CompositeAlarms"):
            names += [str(each["AlarmName"]) for each in page.get(kind) or ()]
        if len(names) >= _MAX_ALARMS:
            return tuple(sorted(names)[:_MAX_ALARMS]), False
    return tuple(sorted(names)), True


_LOOK = _("Check the metrics of the new version, then deploy again.")
_BEFORE = _("Wait until it returns to OK. To deploy a fix, remove the alarm in Deploy with Options…")
_METHOD, _FAILURE = "describe_alarms", _("Could not check the alarms.")


def check_alarms(running: Running, names: Sequence[str]) -> None:
    """Checks the alarms once. Insufficient data is not a failure.

    Raises:
        WorkbenchError: An alarm is in state ALARM or does not exist, or alarms may not be read.
    """
    if names:
        answer = call_when_idle(running, _METHOD, _FAILURE, "cloudwatch", **_wanted(names))
        _judge(answer, names, running.name, running.connection.region, _LOOK)


def check_alarms_before(connection: Connection, function_name: str, names: Sequence[str]) -> None:
    """Does what `check_alarms` does, before a deploy begins. Raises as `check_alarms` does."""
    if names:
        answer = connection.call("cloudwatch", _METHOD, failure=_FAILURE, **_wanted(names))
        _judge(answer, names, function_name, connection.region, _BEFORE)


def _wanted(names: Sequence[str]) -> dict[str, Any]:
    # Without MaxRecords AWS answers 50 of the 100 names that it accepts.
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
                _("{function_name} is not watched.").format(function_name=function_name),
                _("There is no alarm {name} in {region}.").format(name=name, region=region),
                _("Correct the name of the alarm, then deploy again."),
            )
        if alarm.get("StateValue") == "ALARM":
            raise WorkbenchError(
                _("The alarm {name} is in the ALARM state.").format(name=name),
                str(alarm.get("StateReason") or ""),
                remedy,
            )
