"""Fixtures of this room."""

from tests.aws_stub import aws
from tests.deploy.conftest import _proxy, faulty, proxy

__all__ = ["_proxy", "aws", "faulty", "proxy"]
