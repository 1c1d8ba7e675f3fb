"""Queues are known by account, region and name, whatever port their URLs have.

MiniStack keeps queues by their URL, which contains the port of the run that made them. Here every URL of a
queue, also an older run's, stands for that of this run: in saved state, in stacks, in requests.

WORKAROUND: remove when MiniStack keeps queues by account, region and name.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from ministack.core.responses import AccountRegionScopedDict
from ministack.services import sqs

from workbench.sandbox.launcher.corrections import Store, wrap

_Key = tuple[str, str, str]
_Queue = dict[str, Any]


def install() -> None:
    """Has MiniStack find queues under the URLs of all runs, and restore them under those of this one."""
    sqs._queues._data = Store(sqs._queues._data.items(), key_of=_key_of)
    wrap(sqs, load_persisted_state=_restore)


def _key_of(key: _Key) -> _Key:
    account_id, region, url = key
    return account_id, region, _current(url)


def _current(url: str) -> str:
    """The URL of a queue in this run; a text that is not a queue's URL as it is."""
    address, path = urlsplit(url)[1:3]
    owner, slash, name = path.removeprefix("/").partition("/")
    return str(sqs._queue_url_for_account(owner, name)) if address and slash else url


def _restore(original: Callable[[Any], None], state: Any) -> None:
    """Restores saved state.

    A queue may be there more than once: those of older runs were not found, so they were made again.
    """
    queues = state.get("queues") if isinstance(state, dict) else None
    if isinstance(queues, AccountRegionScopedDict):
        found: dict[_Key, _Queue] = {}
        for key, queue in sorted(queues._data.items(), key=lambda item: _made_at(item[1])):
            key = _key_of(key)
            if key in found:
                queue["messages"] = [*found[key].get("messages", ()), *queue.get("messages", ())]
            found[key] = queue | {"url": key[2]}
        queues._data = found
    original(state)


def _made_at(queue: _Queue) -> int:
    return int(queue.get("attributes", {}).get("CreatedTimestamp") or 0)
