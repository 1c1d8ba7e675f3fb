"""What AWS takes for reading logs, where it takes something. FilterLogEvents is free.

Of us-east-1 and most regions; some are dearer (Mumbai a third). Source: https://aws.amazon.com/cloudwatch/pricing/,
as quoted in 2026 (the page's own figures come from its price list); checked on 27 November 2026.
"""

LIVE_TAIL_MINUTE_USD = 0.01
"""Each begun minute of a Live Tail session."""
LIVE_TAIL_FREE_MINUTES = 1800
"""Of an account and month."""
INSIGHTS_GB_USD = 0.005
"""Each GB that a query of Logs Insights scans, above the 5 GB a month that are free with what is ingested."""
_GB = 1024**3


def live_tail_usd(seconds: float) -> float:
    """What a session of this length costs once the free minutes are used up."""
    return -(-max(seconds, 1) // 60) * LIVE_TAIL_MINUTE_USD


def insights_usd(scanned_bytes: float) -> float:
    """What a query costs that has scanned so much."""
    return scanned_bytes / _GB * INSIGHTS_GB_USD
