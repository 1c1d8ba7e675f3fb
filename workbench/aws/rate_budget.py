"""How many requests a second an account accepts in a region: token buckets that all callers share."""

import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.clock import Clock, SystemClock
from workbench.core.jobs import JobContext

# Requests a second, for each account and region; none can be raised. All of Lambda's control plane that is
# not named here shares one bucket.
# Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html (API requests)
# and https://docs.aws.amazon.com/general/latest/gr/cwl_region.html for PutRetentionPolicy,
# https://docs.aws.amazon.com/eventbridge/latest/userguide/cloudwatch-limits-eventbridge.html but PutEvents,
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html (also the datapoints
# that GetMetricData may ask for in a second), and
# https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html for GetResources: 5 in 2 s.
_RATES = {
    "lambda": 15.0,
    "lambda:GetFunction": 100.0,
    "lambda:GetPolicy": 15.0,
    "resourcegroupstaggingapi": 15.0,
    "logs": 10.0,
    "events": 50.0,
    "cloudwatch:GetMetricData": 50.0,
    "cloudwatch:recent datapoints": 180_000.0,
    "cloudwatch:older datapoints": 396_000.0,
    "apigateway:GetResources": 2.0,
}
_IN_ALL_REGIONS = frozenset(["apigateway:GetResources"])  # the account has it once
_RECENT = timedelta(hours=3)
_CAUTIOUS = 5.0  # services without a known rate


class TokenBucket:
    """Fills at a steady rate, and holds one second's worth. Safe from any thread; first come first."""

    def __init__(self, rate: float, clock: Clock) -> None:
        self._rate = rate
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens = rate
        self._filled_at = clock.monotonic()

    def take(self, ctx: JobContext, amount: float = 1) -> None:
        """Takes a token, or several, and waits for them if need be.

        Raises:
            Cancelled: Meanwhile; what was taken is given back.
        """
        ctx.check()
        with self._lock:
            now = self._clock.monotonic()
            self._tokens = min(self._rate, self._tokens + (now - self._filled_at) * self._rate)
            self._filled_at = now
            self._tokens -= amount
            wait_s = -self._tokens / self._rate
        if wait_s > 0:
            try:
                ctx.sleep(wait_s)
            except BaseException:
                with self._lock:
                    self._tokens += amount
                raise


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

    def spend_datapoints(self, connection: Connection, request: Mapping[str, Any], ctx: JobContext) -> None:
        """Waits until CloudWatch takes the datapoints that a request of GetMetricData asks for.

        Args:
            connection: Whose account and region are asked.
            request: Its parameters. A further page counts as the first: all of its datapoints.
            ctx: The job that waits.

        Raises:
            Cancelled: While waiting.
        """
        start, end = request["StartTime"], request["EndTime"]
        span_s = (end - start).total_seconds()
        periods = [each["MetricStat"]["Period"] for each in request["MetricDataQueries"]]
        is_recent = self._clock.now() - start <= _RECENT
        name = "recent datapoints" if is_recent else "older datapoints"
        self._bucket(connection, "cloudwatch", name).take(ctx, sum(span_s / each for each in periods))

    def _bucket(self, connection: Connection, service: str, operation: str) -> TokenBucket:
        name = f"{service}:{operation}"
        name = name if name in _RATES else service
        region = "" if name in _IN_ALL_REGIONS else connection.region
        key = (connection.account_id, region, name)
        with self._lock:
            if key not in self._buckets:
                self._buckets[key] = TokenBucket(_RATES.get(name, _CAUTIOUS), self._clock)
            return self._buckets[key]
