"""One log stream of an execution environment, inside MiniStack's CloudWatch Logs.

Owns: what a Lambda line looks like there (eventId, times), and who is told of it: subscription filters,
live tails.
Must not know: workers.

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

from workbench.sandbox.launcher.output import LogMessage
from workbench.sandbox.launcher.transcript import Transcript

_sequence = itertools.count(secrets.randbits(64))


class LogStream(Transcript):
    """Writes messages into one log stream.

    Args:
        account_id, region: Whose log group.
        group: Created with the first message when it does not exist, as Lambda does.
        version: Of the function, for the stream's name.
    """

    def __init__(self, account_id: str, region: str, group: str, version: str) -> None:
        super().__init__(version)
        self.group = group
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
            cloudwatch_logs._append_log_events(self._record(), events)
            cloudwatch_logs._fanout_to_subscription_filters(self.group, self.name, events)
            if cloudwatch_logs._live_tail_sessions and app._MAIN_LOOP is not None:
                tell = cloudwatch_logs._fanout_to_live_tail_sessions
                context = contextvars.copy_context()
                app._MAIN_LOOP.call_soon_threadsafe(tell, self.group, self.name, events, context=context)

    def _in_order(self, timestamp_ms: int) -> int:
        """Streams are sorted by time: a record made before an earlier line arrived must not overtake it."""
        self._last_ms = max(self._last_ms, timestamp_ms)
        return self._last_ms

    def _record(self) -> dict[str, object]:
        """Returns MiniStack's record of the stream, created anew when somebody deleted it."""
        for _ in range(3):
            group = cloudwatch_logs._log_groups.get(self.group)
            if group is None:
                cloudwatch_logs._create_log_group({"logGroupName": self.group})
            elif self.name in group["streams"]:
                record: dict[str, object] = group["streams"][self.name]
                return record
            else:
                cloudwatch_logs._create_log_stream({"logGroupName": self.group, "logStreamName": self.name})
        return {"events": [], "firstEventTimestamp": None, "lastEventTimestamp": None}
