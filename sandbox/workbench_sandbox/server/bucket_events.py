"""Events of buckets: those of tags and access control lists, and the fields that a deleted object has.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html
WORKAROUND: remove when MiniStack sends these events.
"""

from collections.abc import Callable
from typing import Any

from ministack.services import s3

from workbench_sandbox.server.corrections import Response, wrap

_Json = dict[str, Any]
_OF_WHAT_IS_THERE = ("eTag", "size")


def install() -> None:
    """Has MiniStack send them."""
    wrap(
        s3,
        _put_object_tagging=_sending("s3:ObjectTagging:Put"),
        _delete_object_tagging=_sending("s3:ObjectTagging:Delete"),
        _put_object_acl=_sending("s3:ObjectAcl:Put"),
        _deliver_event_to_lambda=_deliver,
        _deliver_event_to_sns=_deliver,
        _deliver_event_to_sqs=_deliver,
    )


def _sending(event_name: str) -> Callable[..., Response]:
    def changed(original: Callable[..., Response], bucket: str, key: str, *more: Any) -> Response:
        answer = original(bucket, key, *more)
        if answer[0] < 300:
            found = (s3._buckets.get(bucket) or {}).get("objects", {}).get(key, {})
            s3._fire_s3_event_async(bucket, key, event_name, etag=found.get("etag", ""))
        return answer

    return changed


def _deliver(original: Callable[..., None], arn: str, payload: _Json, *more: Any, **options: Any) -> None:
    """An object that is gone has neither size nor ETag; tags and lists of an object have no size."""
    if "Records" not in payload:  # an s3:TestEvent
        original(arn, payload, *more, **options)
        return
    (record,) = payload["Records"]
    left_out = {
        "ObjectAcl": ("size",),
        "ObjectRemoved": _OF_WHAT_IS_THERE,
        "ObjectTagging": ("size",),
    }.get(record["eventName"].partition(":")[0], ())
    kept = {name: value for name, value in record["s3"]["object"].items() if name not in left_out}
    shaped = {**record, "s3": {**record["s3"], "object": kept}}
    original(arn, {**payload, "Records": [shaped]}, *more, **options)
