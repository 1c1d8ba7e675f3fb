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
import uuid
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime

from ministack import app
from ministack.core.responses import request_scope
from ministack.services import cloudwatch_logs

from workbench.sandbox.launcher.output import LogMessage

# LogType=Tail returns the last 4 KB.
_TRANSCRIPT_SIZE = 16_384
_sequence = itertools.count(secrets.randbits(64))


class LogStream:
    """Writes messages in the order they come.

    Args:
        account_id, region: Whose log group.
        group: Created with the first message when it does not exist, as Lambda does.
        version: Of the function, for the stream's name.
    """

    def __init__(self, account_id: str, region: str, group: str, version: str) -> None:
        self.group = group
        self.name = f"{datetime.now(UTC):%Y/%m/%d}/[{version}]{uuid.uuid4().hex}"
        self._scope = (account_id, region)
        self._last_ms = 0
        self._transcript: deque[str] = deque()
        self._transcript_size = 0

    def begin_transcript(self) -> None:
        """Forgets what `transcript` returns so far."""
        self._transcript.clear()
        self._transcript_size = 0

    def transcript(self) -> str:
        """Returns what was written since `begin_transcript`, at least its last 16 KB."""
        return "".join(self._transcript)

    def write_text(self, *texts: str) -> None:
        """Writes the platform's own lines; empty ones are left out."""
        now_ms = int(time.time() * 1000)
        self.write([LogMessage(now_ms, text) for text in texts if text])

    def write(self, messages: Sequence[LogMessage]) -> None:
        if not messages:
            return
        for message in messages:
            self._remember(message.text if message.text.endswith("\n") else f"{message.text}\n")
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

    def _remember(self, line: str) -> None:
        self._transcript.append(line)
        self._transcript_size += len(line)
        while self._transcript_size - len(self._transcript[0]) > _TRANSCRIPT_SIZE:
            self._transcript_size -= len(self._transcript.popleft())

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
