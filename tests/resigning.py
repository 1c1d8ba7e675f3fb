"""Signs requests anew for the Sandbox, for what stands between it and its clients.

A signature covers the host that the client speaks to.
`python -m tests.resigning ARGUMENTS` runs microburst so.
"""

import sys
from collections.abc import Mapping
from urllib.parse import urlsplit

from tests.sandbox_keys import keys_of
from workbench_sandbox.server.signature import HttpRequest, Signature, _compute, read_signature


def resigned(method: str, target: str, headers: Mapping[str, str], payload_hash: str) -> dict[str, str]:
    """The headers of a request with its signature made for the host that they name.

    Args:
        method: Of the request.
        target: Its path, and its query if it has one.
        headers: As they are to be sent but for the signature, which is the client's; names in any case.
        payload_hash: SHA-256 of the payload, or one of AWS's other words for it.
    """
    kept = {name.lower(): value for name, value in headers.items()}
    if "x-amz-content-sha256" in kept:
        payload_hash = kept["x-amz-content-sha256"]
    elif payload_hash == "UNSIGNED-PAYLOAD":
        kept["x-amz-content-sha256"] = payload_hash
    if not kept.get("authorization"):
        return kept
    split = urlsplit(target)
    pairs = tuple((name.encode(), value.encode()) for name, value in kept.items())
    request = HttpRequest(method, split.path.encode(), split.query.encode(), pairs)
    signature = read_signature(request)
    assert isinstance(signature, Signature)
    secret = keys_of(signature.access_key_id).secret_access_key
    value = _compute(secret, request, signature, payload_hash)
    return kept | {"authorization": kept["authorization"].replace(signature.value, value)}


def main() -> None:
    """Runs microburst with its signatures replaced by ours: it knows one key, and each test has another."""
    from microburst import cli, forward
    from yarl import URL

    def resign(
        method: str, path: str, query: str, headers: dict[str, str], payload_hash: str
    ) -> dict[str, str]:
        sent = URL(f"http://sandbox{path}?{query}" if query else f"http://sandbox{path}")
        return resigned(method, sent.raw_path_qs, headers, payload_hash)  # aiohttp sends %3A as a colon

    forward.resign_headers = resign
    sys.exit(cli.main(["--resign", *sys.argv[1:]]))


if __name__ == "__main__":
    main()
