"""One log stream of an execution environment, inside MiniStack's CloudWatch Logs.

Lambda writes with the function's execution role. What the role does not allow is left out: the invocation
goes on, and its own answer (LogType=Tail) has the lines all the same.
Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html (required permissions)

WORKAROUND row 7: remove when MiniStack keeps one stream an environment, with eventIds, and shows it in live
tails.
"""

import contextvars
import itertools
import secrets
import time
from collections.abc import Sequence

from ministack import app
from ministack.core.responses import request_scope
from ministack.services import cloudwatch_logs

from workbench.sandbox.launcher.door.policies import may
from workbench.sandbox.launcher.output import LogMessage, Transcript

_sequence = itertools.count(secrets.randbits(64))


class LogStream(Transcript):
    """Writes messages into one log stream.

    Args:
        group: Created with the first message when it does not exist, as Lambda does.
    """

    def __init__(self, account_id: str, region: str, group: str, version: str, role_arn: str) -> None:
        super().__init__(version)
        self.group = group
        self._role_arn = role_arn
        arn = f"arn:aws:logs:{region}:{account_id}:log-group:{group}"
        # Policies name a group with and without its streams.
        self._arns = (f"{arn}:log-stream:{self.name}", f"{arn}:*", arn)
        self._scope = (account_id, region)
        self._last_ms = 0

    def _deliver(self, messages: Sequence[LogMessage]) -> None:
        now_ms = int(time.time() * 1000)
        events = [
            {
                "timestamp": self._in_order(message.timestamp_ms),
                "message": message.text,
                "ingestionTime": now_ms,
                "eventId": f"{message.timestamp_ms:017d}{next(_sequence):039d}",
            }
            for message in messages
        ]
        with request_scope(*self._scope):
            record = self._record()
            if record is None or not self._may("PutLogEvents"):
                return
            cloudwatch_logs._append_log_events(record, events)
            cloudwatch_logs._fanout_to_subscription_filters(self.group, self.name, events)
            if cloudwatch_logs._live_tail_sessions and app._MAIN_LOOP is not None:
                tell = cloudwatch_logs._fanout_to_live_tail_sessions
                context = contextvars.copy_context()
                app._MAIN_LOOP.call_soon_threadsafe(tell, self.group, self.name, events, context=context)

    def _in_order(self, timestamp_ms: int) -> int:
        """Streams are sorted by time: a record made before an earlier line arrived must not overtake it."""
        self._last_ms = max(self._last_ms, timestamp_ms)
        return self._last_ms

    def _may(self, action: str) -> bool:
        return may(self._role_arn, f"logs:{action}", *self._arns)

    def _record(self) -> dict[str, object] | None:
        """Returns MiniStack's record of the stream, created anew when somebody deleted it.

        None when it is not there and the role does not allow to create it.
        """
        for _ in range(3):
            group = cloudwatch_logs._log_groups.get(self.group)
            if group is None:
                if not self._may("CreateLogGroup"):
                    return None
                cloudwatch_logs._create_log_group({"logGroupName": self.group})
            elif self.name in group["streams"]:
                record: dict[str, object] = group["streams"][self.name]
                return record
            elif not self._may("CreateLogStream"):
                return None
            else:
                cloudwatch_logs._create_log_stream({"logGroupName": self.group, "logStreamName": self.name})
        return {"events": [], "firstEventTimestamp": None, "lastEventTimestamp": None}
