"""A pytest plugin that writes down the requests of Workbench's tests which the Sandbox accepted.

`PARITY_RECORD=requests.jsonl python -m pytest -p tests.bench._parity.recording tests/deploy`; then
`python -m tests.bench._parity.accepted requests.jsonl` makes accepted.json of them.
"""

import json
import os
from pathlib import Path
from typing import Any

from botocore.client import BaseClient

_plain = BaseClient._make_api_call  # type: ignore[attr-defined]


def _recorded(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
    answer = _plain(client, operation, parameters)
    row = {
        "service": client.meta.service_model.service_name,
        "operation": operation,
        "request": parameters,
    }
    with Path(os.environ["PARITY_RECORD"]).open("a", encoding="utf-8") as file:
        file.write(json.dumps(row, default=_stand_in) + "\n")
    return answer


def _stand_in(value: object) -> str:
    return f"<{len(value)} bytes>" if isinstance(value, bytes | bytearray) else str(value)


BaseClient._make_api_call = _recorded  # type: ignore[attr-defined]
