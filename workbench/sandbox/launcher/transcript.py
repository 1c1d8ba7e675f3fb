"""The log of one execution environment, wherever its lines go.

Owns: what was written since an invocation began. Must not know: MiniStack, workers.
"""

import time
import uuid
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime

from workbench.sandbox.launcher.output import LogMessage

# LogType=Tail returns the last 4 KB.
_TRANSCRIPT_SIZE = 16_384


class Transcript:
    """Writes messages in the order they come.

    Args:
        version: Of the function, for the stream's name.
    """

    def __init__(self, version: str) -> None:
        self.name = f"{datetime.now(UTC):%Y/%m/%d}/[{version}]{uuid.uuid4().hex}"
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
        """Writes what the function printed."""
        if not messages:
            return
        for message in messages:
            self._remember(message.text if message.text.endswith("\n") else f"{message.text}\n")
        self._deliver(messages)

    def _deliver(self, messages: Sequence[LogMessage]) -> None:
        """Takes the lines to where they are read."""

    def _remember(self, line: str) -> None:
        self._transcript.append(line)
        self._transcript_size += len(line)
        while self._transcript_size - len(self._transcript[0]) > _TRANSCRIPT_SIZE:
            self._transcript_size -= len(self._transcript.popleft())
