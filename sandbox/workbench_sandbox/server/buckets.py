"""Names of buckets, wherever one is made: by CreateBucket, by a stack, by another service, from saved state.

MiniStack checks the name in CreateBucket only, but uses the name of every bucket as a part of a path.

WORKAROUND: remove when MiniStack checks the names of all buckets.
"""

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ministack.core.responses import AccountScopedDict
from ministack.services import s3

from workbench_sandbox.server.corrections import Store, wrap

_NAME = re.compile(r"(?!.*\.\.)(?!\d{1,3}(\.\d{1,3}){3}\Z)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_Key = tuple[str, str]


class InvalidBucketNameError(ValueError):
    """AWS accepts no bucket of this name."""

    def __init__(self) -> None:
        super().__init__("The specified bucket is not valid.")


def is_bucket_name(name: object) -> bool:
    """Whether S3 accepts the name of a bucket.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    """
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def install() -> None:
    """Has MiniStack keep no bucket with another name, nor any file for one."""
    s3._buckets._data = Store(_valid(s3._buckets._data.items()), check=_check)
    wrap(
        s3,
        load_persisted_state=_restore,
        _object_disk_path=_path,
        _version_disk_path=_path,
    )


def _check(key: _Key) -> None:
    if not is_bucket_name(key[1]):
        raise InvalidBucketNameError


def _valid(buckets: Iterable[tuple[_Key, Any]]) -> list[tuple[_Key, Any]]:
    found = []
    for key, bucket in list(buckets):
        if is_bucket_name(key[1]):
            found.append((key, bucket))
        else:
            logging.getLogger(__name__).warning("A bucket of an older state is left out: %.80r", key[1])
    return found


def _restore(original: Callable[[Any], None], state: Any) -> None:
    """Restores saved state without the buckets that have no valid name."""
    buckets = state.get("buckets_meta") if isinstance(state, Mapping) else None
    if isinstance(buckets, AccountScopedDict):
        buckets._data = dict(_valid(buckets._data.items()))
    original(state)


def _path(original: Callable[..., str | None], bucket: str, *rest: Any, **more: Any) -> str | None:
    """The path of an object's file; None, with which MiniStack writes and reads none, for a wrong name."""
    return original(bucket, *rest, **more) if is_bucket_name(bucket) else None
