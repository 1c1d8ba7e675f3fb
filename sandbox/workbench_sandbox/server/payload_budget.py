"""How much memory payloads may take whose signatures are not checked yet.

A signature covers the payload's hash, so a request without that hash in a header has to be read whole first.
S3's larger payloads come with their hash, and are not read here.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from workbench_sandbox.server.request_context import Receive, blocks_of
from workbench_sandbox.server.signature import Fault, SignatureFault

# Source: Lambda quotas, a zip archive of 50 MB, in base64 67 MB.
_MAX_PAYLOAD_BYTES = 100 * 1024 * 1024
_MAX_TOTAL_BYTES = 1024 * 1024 * 1024
# The first megabyte of each payload does not count: small requests succeed while the budget is used up.
_UNCOUNTED_BYTES = 1024 * 1024


class PayloadBudget:
    """The memory that the payloads of all requests share.

    Args:
        max_bytes: How much it is.
    """

    def __init__(self, max_bytes: int = _MAX_TOTAL_BYTES) -> None:
        self.free_bytes = max_bytes

    @contextmanager
    def share(self) -> Iterator["PayloadShare"]:
        """Yields the share of one request, and returns it to the budget when the request ends."""
        share = PayloadShare(self)
        try:
            yield share
        finally:
            self.free_bytes += share.counted_bytes


class PayloadShare:
    """What one request takes from the budget.

    Attributes:
        counted_bytes: How much that is.
    """

    def __init__(self, budget: PayloadBudget) -> None:
        self.counted_bytes = 0
        self._budget = budget

    async def read(self, receive: Receive, service: str) -> tuple[str, bytes]:
        """Reads a payload; returns its SHA-256 hash and the payload.

        Raises:
            SignatureFault: The payload is too large, or exceeds what is left of the budget.
            Disconnected: The client is gone.
        """
        sha256, payload = (
            hashlib.sha256(),
            bytearray(),
        )  # a list of blocks of two bytes takes twenty times as much
        async for block in blocks_of(receive):
            payload += block
            sha256.update(block)
            if len(payload) > _MAX_PAYLOAD_BYTES:
                raise SignatureFault(Fault.TOO_LARGE, service=service)
            more = max(0, len(payload) - _UNCOUNTED_BYTES) - self.counted_bytes
            if more > self._budget.free_bytes:
                raise SignatureFault(Fault.BUSY, service=service)
            self._budget.free_bytes -= more
            self.counted_bytes += more
        return sha256.hexdigest(), bytes(payload)
