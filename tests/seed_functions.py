"""Fills a Sandbox with functions as a grown company has them: `python -m tests.seed_functions URL`.

The secret of its run has to be in the environment (see `sandbox_keys`).

By default 2,000 over four regions and two accounts; an access key id of twelve digits is an account there.
"""

import argparse
import io
import itertools
import zipfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.sandbox_keys import keys_of
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.functions.roles import create_role

REGIONS = ("us-east-1", "us-west-2", "eu-central-1", "eu-west-1")
ACCOUNTS = ("111111111111", "222222222222")
COUNT = 2_000
_TEAMS = ("payments", "search", "orders", "catalogue", "identity", "shipping", "reports")
_TASKS = (
    "import",
    "export",
    "resize",
    "notify",
    "validate",
    "reconcile",
    "index",
    "audit",
    "webhook",
    "cleanup",
)
_RUNTIMES = ("python3.13", "nodejs22.x", "python3.12", "python3.9", "nodejs18.x", "java21", "provided.al2023")
_MEMORY_MB = (128, 256, 512, 1024, 3008)
_WORKERS = 4


def seed(url: str, count: int = COUNT, accounts: Sequence[str] = ACCOUNTS) -> None:
    """Creates the functions, as many in each account and region."""
    code = package()
    places = list(itertools.product(accounts, REGIONS))

    def fill(place: tuple[str, str]) -> None:
        account_id, region = place
        connection = Connection.open(Access(None, region, url, keys_of(account_id)))
        create_role(connection, "lambda", "")
        for request in itertools.islice(_requests(account_id, code), count // len(places)):
            connection.call("lambda", "create_function", **request)

    with ThreadPoolExecutor(_WORKERS) as threads:
        list(threads.map(fill, places))


def _requests(account_id: str, code: bytes) -> Iterator[dict[str, Any]]:
    for number in itertools.count():
        team, task = _TEAMS[number % len(_TEAMS)], _TASKS[number % len(_TASKS)]
        request: dict[str, Any] = {
            "FunctionName": f"{team}-{task}-{number:03d}",
            "Role": f"arn:aws:iam::{account_id}:role/lambda",
            "Description": f"{task.capitalize()}s what {team} has, every {number % 23 + 1} minutes",
            "MemorySize": _MEMORY_MB[number % len(_MEMORY_MB)],
            "Timeout": 3 + number % 60,
            "Architectures": ["arm64" if number % 3 else "x86_64"],
            "Environment": {"Variables": {"STAGE": "prod", f"{team.upper()}_URL": "https://example.com"}},
            "Tags": {"team": team, "stage": "prod" if number % 4 else "dev"},
        }
        if number % 29 == 28:
            image = f"{account_id}.dkr.ecr.us-east-1.amazonaws.com/{team}:latest"
            request |= {"PackageType": "Image", "Code": {"ImageUri": image}}
        else:
            runtime = _RUNTIMES[number % len(_RUNTIMES)]
            request |= {"Runtime": runtime, "Handler": "app.handler", "Code": {"ZipFile": code}}
        yield request


def package() -> bytes:
    """The code of a function that answers what it is sent."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("app.py", "def handler(event, context):\n    return event\n")
    return content.getvalue()


def main() -> None:
    """Seeds the Sandbox that answers at an address."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("url", help="where the Sandbox answers")
    parser.add_argument("--count", type=int, default=COUNT, help="how many functions in all")
    options = parser.parse_args()
    seed(options.url, options.count)


if __name__ == "__main__":
    main()
