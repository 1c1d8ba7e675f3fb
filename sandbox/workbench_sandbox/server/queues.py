"""Queues are known by account, region and name, whatever port their URLs have; receipts stay valid.

MiniStack keeps queues by their URL, which contains the port of the run that made them. Here every URL of a
queue, also an older run's, stands for that of this run: in saved state, in stacks, in requests.

A receipt handle names its queue and message. An older one than the last, and one of a message that is gone,
are still receipts: DeleteMessage takes both, as AWS does ("Even if you use an old receipt handle, the request
succeeds"). Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html

WORKAROUND: remove when MiniStack keeps queues by account, region and name, and knows old receipts.
"""

import base64
import functools
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from ministack.core.responses import AccountRegionScopedDict
from ministack.services import sqs

from workbench_sandbox.server.corrections import Store, wrap

_Key = tuple[str, str, str]
_Queue = dict[str, Any]
_Message = dict[str, Any]
_Request = dict[str, Any]
_Handle = Callable[[_Request, str], _Request]


def install() -> None:
    """Has MiniStack find queues under the URLs of all runs, and restore them under those of this one."""
    sqs._queues._data = Store(sqs._queues._data.items(), key_of=_key_of)
    wrap(sqs, load_persisted_state=_restore, _collect_msgs=_with_receipts)
    for name, handle in (
        ("ChangeMessageVisibility", _change_visibility),
        ("ChangeMessageVisibilityBatch", _change_visibilities),
        ("DeleteMessage", _delete),
        ("DeleteMessageBatch", _delete_batch),
    ):
        sqs._HANDLERS[name] = functools.partial(handle, sqs._HANDLERS[name])


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


def _with_receipts(original: Callable[..., list[_Message]], queue: _Queue, *more: Any) -> list[_Message]:
    messages = original(queue, *more)
    for message in messages:
        text = f"{message['receipt_handle']} {_arn_of(queue)} {message['id']}"
        message["receipt_handle"] = base64.b64encode(text.encode()).decode()
    return messages


def _arn_of(queue: _Queue) -> str:
    return str(queue["attributes"].get("QueueArn"))


def _received(queue: _Queue, receipt: object) -> str | None:
    """The id of the message that a receipt is of; None if it is no receipt of this queue."""
    try:
        _, arn, message_id = base64.b64decode(str(receipt), validate=True).decode().split(" ")
    except ValueError:
        return None
    return message_id if arn == _arn_of(queue) else None


def _may_be_deleted(queue: _Queue, receipt: object) -> bool:
    """Whether deleting by an old receipt succeeds: not while a message of a FIFO queue has a newer one."""
    message_id = _received(queue, receipt)
    if message_id is None:
        return False
    return not (queue["is_fifo"] and any(each["id"] == message_id for each in queue["messages"]))


def _renewed(queue: _Queue, receipt: object) -> object:
    """The current receipt of the message that an older one is of; as it is if there is none."""
    message_id = None if queue["is_fifo"] else _received(queue, receipt)
    found = (each["receipt_handle"] for each in queue["messages"] if each["id"] == message_id)
    return next(found, None) or receipt


def _queue_of(request: _Request, url: str) -> _Queue:
    queue: _Queue = sqs._get_q(request.get("QueueUrl", url))
    return queue


def _delete(original: _Handle, request: _Request, url: str) -> _Request:
    try:
        return original(request, url)
    except sqs._Err:
        if _may_be_deleted(_queue_of(request, url), request.get("ReceiptHandle")):
            return {}
        raise


def _delete_batch(original: _Handle, request: _Request, url: str) -> _Request:
    answer = original(request, url)
    queue = _queue_of(request, url)
    receipts = {each.get("Id"): each.get("ReceiptHandle") for each in request.get("Entries") or ()}
    gone = [each for each in answer["Failed"] if _may_be_deleted(queue, receipts.get(each["Id"]))]
    return {
        "Successful": answer["Successful"] + [{"Id": each["Id"]} for each in gone],
        "Failed": [each for each in answer["Failed"] if each not in gone],
    }


def _change_visibility(original: _Handle, request: _Request, url: str) -> _Request:
    receipt = _renewed(_queue_of(request, url), request.get("ReceiptHandle"))
    return original({**request, "ReceiptHandle": receipt}, url)


def _change_visibilities(original: _Handle, request: _Request, url: str) -> _Request:
    queue = _queue_of(request, url)
    entries = [
        {**each, "ReceiptHandle": _renewed(queue, each.get("ReceiptHandle"))}
        for each in request.get("Entries") or ()
    ]
    return original({**request, "Entries": entries}, url)
