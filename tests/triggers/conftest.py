"""Fixtures of this room."""

from tests.aws_stub import aws
from tests.fault_proxy import proxy, proxy_server

__all__ = ["aws", "proxy", "proxy_server"]
