"""Fixtures of this room."""

from dataclasses import replace

import pytest

from tests.aws_stub import aws
from tests.fault_proxy import Proxy
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection

__all__ = ["aws"]


@pytest.fixture
def faulty(proxy: Proxy, access: Access) -> Connection:
    """A connection to the same account through the fault injector."""
    return Connection.open(replace(access, endpoint_url=proxy.url))
