"""What several tests of a function's code start from."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.code.deployed import Deployed
from tests.code.servers import sends, serving


@pytest.fixture
def deployed(tmp_path: Path) -> Iterator[Deployed]:
    found: list[Deployed] = []

    def behave(handler: BaseHTTPRequestHandler) -> None:
        found[0].followed += 1
        sends(found[0].zip.read_bytes())(handler)

    with serving(behave) as address:
        found.append(Deployed(tmp_path, address))
        yield found[0]
