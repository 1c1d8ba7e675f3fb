"""How fast an account may be asked in a region: token buckets that all who ask there share.

Owns: the rates, and who waits how long. Must not know: what is asked, or why.
"""

import threading

from workbench.aws.connection import Connection
from workbench.core.clock import Clock, SystemClock
from workbench.core.jobs import JobContext

# Requests a second, for each account and region; none can be raised. All of Lambda's control plane that is
# not named here shares one bucket.
# Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html (API requests)
# and https://docs.aws.amazon.com/general/latest/gr/cwl_region.html for PutRetentionPolicy,
# https://docs.aws.amazon.com/eventbridge/latest/userguide/cloudwatch-limits-eventbridge.html but PutEvents,
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
_RATES = {
    "lambda": 15.0,
    "lambda:GetFunction": 100.0,
    "lambda:GetPolicy": 15.0,
    "resourcegroupstaggingapi": 15.0,
    "logs": 10.0,
    "events": 50.0,
    "cloudwatch:GetMetricData": 50.0,
}
_CAUTIOUS = 5.0  # services without a known rate


class TokenBucket:
    """Fills at a steady rate, and holds one second's worth. Safe from any thread; first come first."""

    def __init__(self, rate: float, clock: Clock) -> None:
        self._rate = rate
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens = rate
        self._filled_at = clock.monotonic()

    def take(self, ctx: JobContext) -> None:
        """Takes one token, and waits for it if need be.

        Raises:
            Cancelled: Meanwhile; the token is given back.
        """
        ctx.check()
        with self._lock:
            now = self._clock.monotonic()
            self._tokens = min(self._rate, self._tokens + (now - self._filled_at) * self._rate)
            self._filled_at = now
            self._tokens -= 1
            wait_s = -self._tokens / self._rate
        if wait_s > 0:
            try:
                ctx.sleep(wait_s)
            except BaseException:
                self.give_back()
                raise

    def give_back(self) -> None:
        """Takes back what was taken for nothing."""
        with self._lock:
            self._tokens += 1


class RateBudget:
    """The buckets of every account and region. Made once and handed to whoever asks for many things."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._buckets: dict[tuple[str, str, str], TokenBucket] = {}

    def spend(self, connection: Connection, service: str, operation: str, ctx: JobContext) -> None:
        """Waits until one more request may be made. Call it before each.

        Args:
            connection: Whose account and region are asked.
            service: botocore's name of the service ("lambda").
            operation: AWS's name of the operation ("ListFunctions").
            ctx: The job that waits.

        Raises:
            Cancelled: While waiting.
        """
        self._bucket(connection, service, operation).take(ctx)

    def give_back(self, connection: Connection, service: str, operation: str) -> None:
        """The request that was spent was not made: a listing had ended already."""
        self._bucket(connection, service, operation).give_back()

    def _bucket(self, connection: Connection, service: str, operation: str) -> TokenBucket:
        name = f"{service}:{operation}"
        name = name if name in _RATES else service
        key = (connection.account_id, connection.region, name)
        with self._lock:
            if key not in self._buckets:
                self._buckets[key] = TokenBucket(_RATES.get(name, _CAUTIOUS), self._clock)
            return self._buckets[key]
