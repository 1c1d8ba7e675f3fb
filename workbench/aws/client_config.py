"""How clients behave on the network: time-outs, retries, keep-alive, and what an emulator needs."""

from typing import Any

from workbench.aws.access import Access, host_of
from workbench.core.jobs import current_job

CONNECT_TIMEOUT_S = 3
READ_TIMEOUT_S = 30
ATTEMPTS = 3
"""Requests in all, the first included. botocore waits at most 1 s, then 2 s, between them."""
PROBE_READ_TIMEOUT_S = 10
PROBE_ATTEMPTS = 2
"""Who is it, and may it list: a person waits. With `give_up_on_silence` the answer is there within 11 s."""
_POOL_CONNECTIONS = 16
_READ_TIMEOUT_STEPS_S = (60, 120, 300, 600, 960, 1800)


def client_config(access: Access, read_timeout_s: float, retries: bool, attempts: int = ATTEMPTS) -> Any:
    """The `botocore.config.Config` of a client.

    Args:
        access: Where its requests go.
        read_timeout_s: The longest silence of the server.
        retries: Whether a failed request may be sent again.
        attempts: How often it is sent at most, if it may.
    """
    from botocore.config import Config

    special: dict[str, Any] = {}
    if access.endpoint_url:
        # Host names such as bucket.127.0.0.1 do not exist, and settings meant for AWS do not apply.
        special = {
            "s3": {"addressing_style": "path"},
            "use_fips_endpoint": False,
            "use_dualstack_endpoint": False,
        }
        if host_of(access.endpoint_url) in ("127.0.0.1", "localhost", "::1"):
            special["proxies"] = {}  # no proxy reaches this computer's own servers
    return Config(  # type: ignore[call-arg]  # the stubs lack user_agent_appid
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=read_timeout_s,
        retries={"mode": "standard", "total_max_attempts": attempts if retries else 1},
        max_pool_connections=_POOL_CONNECTIONS,
        tcp_keepalive=True,  # a long invocation is silent, and routers forget silent connections
        user_agent_appid="workbench",
        # Otherwise S3 gets a package in chunks with a checksum behind them, which hides our body (bodies.py),
        # and parts have a checksum that their upload does not announce. Lambda's CodeSha256 proves it anyway.
        request_checksum_calculation="when_required",
        **special,
    )


def probe_config() -> Any:
    """The `botocore.config.Config` of short questions, wherever they go."""
    from botocore.config import Config

    return Config(
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=PROBE_READ_TIMEOUT_S,
        retries={"mode": "standard", "total_max_attempts": PROBE_ATTEMPTS},
    )


def give_up_on_silence(caught_exception: Exception | None = None, **_: Any) -> None:
    """Handles botocore's "needs-retry": a server that took a request and kept silent is not asked again."""
    from botocore.exceptions import ReadTimeoutError

    if isinstance(caught_exception, ReadTimeoutError):
        raise caught_exception


def give_up_when_cancelled(caught_exception: Exception | None = None, **_: Any) -> None:
    """Handles botocore's "needs-retry": nobody waits for another attempt of a cancelled job's request."""
    if caught_exception is not None and current_job().cancelled:
        raise caught_exception


def round_up(timeout_s: float) -> float:
    """A time-out that many functions share, so that they share a client: exact to 30 s, then in steps."""
    if timeout_s <= READ_TIMEOUT_S:
        return float(timeout_s)
    return float(next((step for step in _READ_TIMEOUT_STEPS_S if step >= timeout_s), timeout_s))
