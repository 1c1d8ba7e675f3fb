"""Whether one of the alarms that watch a deploy has gone off."""

from collections.abc import Sequence

from workbench.core.errors import WorkbenchError
from workbench.deploy.steps.patience import call_patiently
from workbench.deploy.steps.running import Running


def check_alarms(running: Running, names: Sequence[str]) -> None:
    """Looks at the alarms once. One that has too little data yet is quiet.

    Raises:
        WorkbenchError: One has gone off, or does not exist, or they may not be seen.
    """
    if not names:
        return
    answer = call_patiently(
        running,
        "describe_alarms",
        "look at the alarms",
        "cloudwatch",
        AlarmNames=list(names),
        AlarmTypes=["MetricAlarm", "CompositeAlarm"],
    )
    found = [*(answer.get("MetricAlarms") or ()), *(answer.get("CompositeAlarms") or ())]
    states = {str(alarm["AlarmName"]): alarm for alarm in found}
    for name in names:
        alarm = states.get(name)
        if alarm is None:
            raise WorkbenchError(
                f"{running.name} is not watched.",
                f"There is no alarm {name} in {running.connection.region}.",
                "Correct the name of the alarm, then deploy again.",
            )
        if alarm.get("StateValue") == "ALARM":
            raise WorkbenchError(
                f"The alarm {name} has gone off.",
                str(alarm.get("StateReason") or ""),
                "Look at the metrics of the new version, then deploy again.",
            )
