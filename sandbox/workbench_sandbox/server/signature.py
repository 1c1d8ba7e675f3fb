"""AWS Signature Version 4, Version 2 of presigned S3 links, and the secret access keys of this run.

Reads a request's signature and computes it over the bytes of the request. The Sandbox only serves clients
that can sign, so that no other user of this computer can use it. MiniStack accepts any signature.

The parent creates a random secret for each run. The secret of an access key is derived from it, so that every
account of the Sandbox has one and none is stored. The program and the functions have different secrets for
the same access key: a function never gets the program's, and its own belongs to its session token, which
names its execution role. Keys from the Sandbox's own STS and IAM are valid, too; those of IAM outlive the
run, as on AWS.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html (Version 2).
"""

import base64
import functools
import hashlib
import hmac
import re
import sys
import time
from calendar import timegm
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, NamedTuple
from urllib.parse import quote, unquote_to_bytes

ALGORITHM = "AWS4-HMAC-SHA256"
MAX_SKEW_S = 15 * 60
MAX_LINK_S = 7 * 24 * 3600
_UNSIGNED = "UNSIGNED-PAYLOAD"
_UNRESERVED = "-_.~"
_AUTHORIZATION = re.compile(r"AWS4-HMAC-SHA256[ \t]+(\S.*)", re.DOTALL)
_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}")
# Query parameters that a Version 2 signature covers, besides x-amz-*.
_SUBRESOURCES = {
    "accelerate", "acl", "analytics", "cors", "delete", "inventory", "lifecycle", "location", "logging",
    "metrics", "notification", "object-lock", "partNumber", "policy", "replication", "requestPayment",
    "response-cache-control", "response-content-disposition", "response-content-encoding",
    "response-content-language", "response-content-type", "response-expires", "restore", "select",
    "select-type", "storageClass", "tagging", "torrent", "uploadId", "uploads", "versionId",
    "versioning", "versions", "website",
}  # fmt: skip

Header = tuple[bytes, bytes]
Pair = tuple[bytes, bytes]


class Fault(Enum):
    """Why a signature is refused; `request_context` has AWS's text for each."""

    MISSING = "missing"
    UNSUPPORTED = "unsupported"
    INCOMPLETE = "incomplete"
    UNKNOWN_KEY = "unknown key"
    EXPIRED_TOKEN = "expired token"
    SKEWED = "skewed"
    EXPIRED_LINK = "expired link"
    MISMATCH = "mismatch"
    PAYLOAD = "payload"
    TOO_LARGE = "too large"
    BUSY = "busy"


class SignatureFault(Exception):
    """A request that is refused. `detail` is '' if AWS does not say more; `service` is '' if unknown."""

    def __init__(self, fault: Fault, detail: str = "", service: str = "") -> None:
        super().__init__(fault.value, detail)
        self.fault = fault
        self.detail = detail
        self.service = service


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """The parts of a request that a signature covers, besides its payload; path, query, headers as sent."""

    method: str
    path: bytes
    query: bytes
    headers: tuple[Header, ...]

    def header(self, name: bytes) -> str:
        """A header's values, joined by commas; '' if it is absent. `name` in lower case."""
        return b",".join(value.strip() for key, value in self.headers if key.lower() == name).decode(
            "latin-1"
        )

    def pairs(self) -> list[Pair]:
        """The decoded names and values of the query."""
        parts = (part.partition(b"=") for part in self.query.split(b"&") if part)
        return [(unquote_to_bytes(name), unquote_to_bytes(value)) for name, _, value in parts]


@dataclass(frozen=True, slots=True)
class Signature:
    """A Version 4 signature of a request.

    Attributes:
        signed_headers: Names in lower case, in the order of the signature.
        time_s: Time of signing, seconds since 1970.
        token: The session token; '' for none.
        expires_s: Lifetime of a presigned link; None for a signature in a header.
        payload_hash: The payload's hash in the request; None if the payload itself must be hashed.
    """

    access_key_id: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    value: str
    time: str
    time_s: int
    token: str
    expires_s: int | None
    payload_hash: str | None

    @property
    def payload_sha256(self) -> str:
        """The hash that the payload must have; '' if the request names none."""
        named = self.payload_hash or ""
        return named if self.expires_s is None and _SHA256.fullmatch(named) else ""


@dataclass(frozen=True, slots=True)
class LinkSignature:
    """A Version 2 signature of a presigned S3 link."""

    access_key_id: str
    expires: str
    value: str
    token: str


def read_signature(request: HttpRequest) -> Signature | LinkSignature:
    """Returns the signature of a request.

    Raises:
        SignatureFault: There is none, more than one, or it is incomplete.
    """
    authorizations = [value for name, value in request.headers if name.lower() == b"authorization"]
    query: dict[str, str] = {}
    for name, value in request.pairs():
        key = name.decode("latin-1")
        if key in query and (key.startswith("X-Amz-") or key in ("AWSAccessKeyId", "Signature", "Expires")):
            raise SignatureFault(Fault.INCOMPLETE, f"'{key}' stands in the query more than once.")
        query.setdefault(key, value.decode("utf-8", "replace"))
    in_query = {"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature"} & query.keys()
    is_version_2 = {"AWSAccessKeyId", "Signature"} & query.keys()
    if len(authorizations) + bool(in_query) + bool(is_version_2) > 1:
        raise SignatureFault(Fault.INCOMPLETE, "Only one way of authentication is allowed.")
    if authorizations:
        return _in_header(request, authorizations[0].decode("latin-1").strip())
    if in_query:
        return _in_query(query)
    if is_version_2:
        return _version_2(query)
    raise SignatureFault(Fault.MISSING)


def check_time(signature: Signature, now_s: float) -> None:
    """Checks that a signature was made within 15 minutes of now, or that a link is still valid.

    Raises:
        SignatureFault: It is too old, or in the future.
    """
    oldest_s = now_s - (MAX_SKEW_S if signature.expires_s is None else signature.expires_s)
    if signature.time_s < oldest_s:
        if signature.expires_s is not None:
            raise SignatureFault(Fault.EXPIRED_LINK, service=signature.service)
        detail = f"Signature expired: {signature.time} is now earlier than {format_time(oldest_s)}"
        raise SignatureFault(Fault.SKEWED, f"{detail} ({format_time(now_s)} - 15 min.)", signature.service)
    if signature.time_s > now_s + MAX_SKEW_S:
        latest = format_time(now_s + MAX_SKEW_S)
        detail = f"Signature not yet current: {signature.time} is still later than {latest}"
        raise SignatureFault(Fault.SKEWED, f"{detail} ({format_time(now_s)} + 15 min.)", signature.service)


def is_signed_by(secret: str, request: HttpRequest, signature: Signature, payload_hash: str) -> bool:
    """Whether a secret access key made a signature. Takes constant time."""
    expected = _compute(secret, request, signature, payload_hash)
    return hmac.compare_digest(expected.encode(), signature.value.encode())


def is_link_signed_by(secret: str, request: HttpRequest, link: LinkSignature, bucket: str = "") -> bool:
    """Whether a secret access key made a Version 2 link; `bucket` is that of the host name, if it has one."""
    pairs = request.pairs()
    amz: dict[bytes, bytes] = {}
    for name, value in (*request.headers, *pairs):
        if name.lower().startswith(b"x-amz-"):
            key = name.lower()
            amz[key] = amz[key] + b"," + value.strip() if key in amz else value.strip()
    in_query = {name.lower(): value for name, value in pairs}
    standard = [
        request.header(name).encode("latin-1") or in_query.get(name, b"")
        for name in (b"content-md5", b"content-type")
    ]
    covered = sorted((name, value) for name, value in pairs if name.decode("latin-1") in _SUBRESOURCES)
    resource = (f"/{bucket}".encode() if bucket else b"") + request.path
    if covered:
        resource += b"?" + b"&".join(name + b"=" + value if value else name for name, value in covered)
    lines = [request.method.encode(), *standard, link.expires.encode()]
    lines += [name + b":" + value for name, value in sorted(amz.items())]
    expected = base64.b64encode(hmac.digest(secret.encode(), b"\n".join([*lines, resource]), "sha1"))
    return hmac.compare_digest(expected, link.value.encode())


def is_form_signed_by(secret: str, fields: Mapping[str, str]) -> bool:
    """Whether a secret access key signed the policy of a form upload to S3.

    Args:
        fields: The form's fields except the file; names in lower case.
    """
    policy = fields.get("policy", "").encode()
    if "x-amz-signature" not in fields:
        expected = base64.b64encode(hmac.digest(secret.encode(), policy, "sha1"))
        return hmac.compare_digest(expected, fields.get("signature", "").encode())
    scope = fields.get("x-amz-credential", "").split("/")
    if fields.get("x-amz-algorithm") != ALGORITHM or len(scope) != 5:
        return False
    key = _signing_key(secret, *scope[1:4])
    return hmac.compare_digest(
        hmac.digest(key, policy, "sha256").hex().encode(), fields["x-amz-signature"].encode()
    )


def sign(
    request: HttpRequest,
    access_key_id: str,
    secret: str,
    region: str,
    service: str,
    *,
    payload: bytes = b"",
    time_s: float | None = None,
) -> list[Header]:
    """Returns the headers that sign a request, which has its host among its headers, at a time or now."""
    time_text = format_time(time.time() if time_s is None else time_s)
    request = replace(request, headers=(*request.headers, (b"x-amz-date", time_text.encode())))
    names = tuple(sorted({name.decode("latin-1").lower() for name, _ in request.headers}))
    signature = _new(access_key_id, region, service, names, time_text)
    value = _compute(secret, request, signature, hashlib.sha256(payload).hexdigest())
    scope = f"{signature.date}/{region}/{service}/aws4_request"
    text = (
        f"{ALGORITHM} Credential={access_key_id}/{scope}, SignedHeaders={';'.join(names)}, Signature={value}"
    )
    return [(b"x-amz-date", time_text.encode()), (b"authorization", text.encode())]


def presign(host: str, path: str, access_key_id: str, secret: str, region: str, expires_s: int) -> str:
    """Returns a presigned link for a GET of a decoded path, as S3 makes them. `host` includes the port."""
    time_text = format_time(time.time())
    signature = _new(access_key_id, region, "s3", ("host",), time_text)
    scope = f"{access_key_id}/{signature.date}/{region}/s3/aws4_request"
    query = (
        f"X-Amz-Algorithm={ALGORITHM}&X-Amz-Credential={quote(scope, safe=_UNRESERVED)}"
        f"&X-Amz-Date={time_text}&X-Amz-Expires={expires_s}&X-Amz-SignedHeaders=host"
    )
    encoded = quote(path, safe=f"/{_UNRESERVED}")
    request = HttpRequest("GET", encoded.encode(), query.encode(), ((b"host", host.encode()),))
    return f"http://{host}{encoded}?{query}&X-Amz-Signature={_compute(secret, request, signature, _UNSIGNED)}"


def format_time(time_s: float) -> str:
    """Returns a time (seconds since 1970) in the format of X-Amz-Date."""
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time_s))


def _in_header(request: HttpRequest, authorization: str) -> Signature:
    match = _AUTHORIZATION.fullmatch(authorization)
    if match is None:
        raise SignatureFault(Fault.UNSUPPORTED, f"Use {ALGORITHM}.")
    fields: dict[str, str] = {}
    for part in match[1].split(","):
        name, equals, value = part.strip().partition("=")
        if not equals:
            raise SignatureFault(
                Fault.INCOMPLETE, "Invalid key=value pair (missing equal-sign) in Authorization header."
            )
        if name in fields:
            raise SignatureFault(Fault.INCOMPLETE, f"Authorization header has '{name}' more than once.")
        fields[name] = value
    missing = [name for name in ("Credential", "Signature", "SignedHeaders") if not fields.get(name)]
    if missing:
        names = " ".join(f"Authorization header requires '{name}' parameter." for name in missing)
        raise SignatureFault(Fault.INCOMPLETE, names)
    time_text = request.header(b"x-amz-date") or _from_http_date(request.header(b"date"))
    if not time_text:
        raise SignatureFault(
            Fault.INCOMPLETE,
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
        )
    return _signature(
        fields["Credential"],
        fields["SignedHeaders"],
        fields["Signature"],
        time_text,
        token=request.header(b"x-amz-security-token"),
        payload_hash=request.header(b"x-amz-content-sha256") or None,
    )


def _in_query(query: Mapping[str, str]) -> Signature:
    names = ("X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date")
    missing = [name for name in names if not query.get(name)]
    if missing:
        text = " ".join(f"AWS query-string parameters must include '{name}'." for name in missing)
        raise SignatureFault(Fault.INCOMPLETE, f"{text} Re-examine the query-string parameters.")
    if query.get("X-Amz-Algorithm") != ALGORITHM:
        raise SignatureFault(Fault.UNSUPPORTED, f"Use {ALGORITHM}.")
    expires = query.get("X-Amz-Expires", str(MAX_SKEW_S))
    if not re.fullmatch(r"\d{1,6}", expires, re.ASCII) or int(expires) > MAX_LINK_S:
        raise SignatureFault(Fault.INCOMPLETE, f"X-Amz-Expires must be a number from 0 to {MAX_LINK_S}.")
    signature = _signature(
        query["X-Amz-Credential"],
        query["X-Amz-SignedHeaders"],
        query["X-Amz-Signature"],
        query["X-Amz-Date"],
        token=query.get("X-Amz-Security-Token", ""),
        expires_s=int(expires),
        payload_hash=query.get("X-Amz-Content-Sha256"),
    )
    if signature.service == "s3" and signature.payload_hash is None:
        return replace(signature, payload_hash=_UNSIGNED)
    return signature


def _version_2(query: Mapping[str, str]) -> LinkSignature:
    values = [query.get(name, "") for name in ("AWSAccessKeyId", "Expires", "Signature")]
    if not all(values) or not re.fullmatch(r"\d{1,12}", values[1], re.ASCII):
        text = "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters"
        raise SignatureFault(Fault.INCOMPLETE, text, "s3")
    return LinkSignature(values[0], values[1], values[2], query.get("x-amz-security-token", ""))


def _signature(
    credential: str,
    signed_headers: str,
    value: str,
    time_text: str,
    *,
    token: str,
    payload_hash: str | None,
    expires_s: int | None = None,
) -> Signature:
    scope = credential.split("/")
    if len(scope) != 5 or not all(scope) or scope[4] != "aws4_request":
        raise SignatureFault(
            Fault.INCOMPLETE,
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.",
        )
    match = _TIME.fullmatch(time_text)
    if match is None or time_text[:8] != scope[1]:
        raise SignatureFault(
            Fault.INCOMPLETE, "Date in Credential scope does not match that of the request.", scope[3]
        )
    names = tuple(signed_headers.lower().split(";"))
    if "host" not in names or not all(names):
        raise SignatureFault(Fault.INCOMPLETE, "'Host' must be a 'SignedHeader'.", scope[3])
    year, month, day, hour, minute, second = map(int, match.groups())
    try:
        time_s = timegm((year, month, day, hour, minute, second))
    except (ValueError, OverflowError):
        raise SignatureFault(Fault.INCOMPLETE, "The date is not valid.", scope[3]) from None
    access_key_id, date, region, service, _ = scope
    return Signature(
        access_key_id,
        date,
        region,
        service,
        signed_headers=names,
        value=value,
        time=time_text,
        time_s=time_s,
        token=token,
        expires_s=expires_s,
        payload_hash=payload_hash,
    )


def _new(access_key_id: str, region: str, service: str, names: tuple[str, ...], time_text: str) -> Signature:
    return Signature(access_key_id, time_text[:8], region, service, names, "", time_text, 0, "", None, None)


def _compute(secret: str, request: HttpRequest, signature: Signature, payload_hash: str) -> str:
    is_s3 = signature.service == "s3"
    canonical = b"\n".join(
        (
            request.method.encode(),
            _canonical_path(request.path, is_s3=is_s3),
            _canonical_query(request.pairs()),
            _canonical_headers(request, signature.signed_headers),
            ";".join(signature.signed_headers).encode(),
            payload_hash.encode(),
        )
    )
    scope = f"{signature.date}/{signature.region}/{signature.service}/aws4_request"
    text = f"{ALGORITHM}\n{signature.time}\n{scope}\n{hashlib.sha256(canonical).hexdigest()}"
    key = _signing_key(secret, signature.date, signature.region, signature.service)
    return hmac.digest(key, text.encode(), "sha256").hex()


@functools.lru_cache(maxsize=512)
def _signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    key: bytes = f"AWS4{secret}".encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _canonical_path(path: bytes, *, is_s3: bool) -> bytes:
    """Encoded once for S3; twice and without dot segments for other services."""
    if is_s3:
        return quote(unquote_to_bytes(path), safe=f"/{_UNRESERVED}").encode() or b"/"
    kept: list[bytes] = []
    for segment in path.split(b"/"):
        if segment == b"..":
            kept = kept[:-1]
        elif segment not in (b"", b"."):
            kept.append(segment)
    end = b"/" if kept and path.endswith((b"/", b"/.", b"/..")) else b""
    return quote(b"/" + b"/".join(kept) + end, safe=f"/{_UNRESERVED}").encode()


def _canonical_query(pairs: Iterable[Pair]) -> bytes:
    encoded = sorted(
        (quote(name, safe=_UNRESERVED), quote(value, safe=_UNRESERVED))
        for name, value in pairs
        if name != b"X-Amz-Signature"
    )
    return "&".join("=".join(pair) for pair in encoded).encode()


def _canonical_headers(request: HttpRequest, names: Iterable[str]) -> bytes:
    found: dict[bytes, list[bytes]] = {}
    for name, value in request.headers:
        found.setdefault(name.lower(), []).append(b" ".join(value.split()))
    lines = []
    for signed in names:
        key = signed.encode("utf-8", "replace")
        lines.append(key + b":" + b",".join(found.get(key, ())) + b"\n")
    return b"".join(lines)


def _from_http_date(text: str) -> str:
    """A Date header in the format of X-Amz-Date; '' if it is invalid."""
    if not text:
        return ""
    from email.utils import parsedate_to_datetime

    try:
        return format_time(parsedate_to_datetime(text).timestamp())
    except (TypeError, ValueError, OverflowError, OSError):
        return ""


_DIGEST_BYTES = 32
_KEY_BYTES = 30  # 40 characters, as AWS's
# Prefixes of keys from IAM and STS, which are looked up instead of computed.
_ISSUED = re.compile(r"A[KS]IA[A-Z0-9]{12,124}")


class Identity(NamedTuple):
    """The identity of a function, or of a session that a function has opened.

    Attributes:
        role_arn: The role whose permissions count: the execution role, or the role of the session.
        function_arn: Unqualified.
        session_arn: Of a session that a function has opened; otherwise empty.
        policies: Session policies; if there are any, one must allow what the role allows.
    """

    role_arn: str
    function_arn: str
    session_arn: str = ""
    policies: tuple[Any, ...] = ()

    @property
    def arn(self) -> str:
        """The session of the role, in STS's form."""
        if self.session_arn:
            return self.session_arn
        account_id, name = self.function_arn.split(":")[4], self.role_arn.rpartition("/")[2]
        return f"arn:aws:sts::{account_id}:assumed-role/{name}/{self.function_arn.rpartition(':')[2]}"


ACTS_AS = "workbench_identity"
"""Member of MiniStack's record of a session that a function has opened, or of an access key that one has
created: the `Identity` whose permissions count; of a key that was restored, as a list. A user's policies are
not evaluated: such a key opens what its creator may, and no more."""


def secret_access_key(run_secret: str, access_key_id: str, token: str = "") -> str:
    """Returns the secret of an access key in this run, whose secret has at least 32 characters.

    `token` is the session token of a function; it is empty for the program.
    """
    holder = f"function\n{token}" if token else "program"
    digest = hmac.digest(run_secret.encode(), f"{holder}\n{access_key_id}".encode(), "sha256")
    return base64.b64encode(digest[:_KEY_BYTES]).decode()


class RunKeys:
    """Finds the secrets of access keys."""

    def __init__(self, run_secret: str) -> None:
        self._run_secret = run_secret

    def of_program(self, access_key_id: str) -> str:
        """The program's secret for an account."""
        return secret_access_key(self._run_secret, access_key_id)

    def of_function(self, access_key_id: str, token: str) -> str:
        """The secret of a function of this account, for its session token."""
        return secret_access_key(self._run_secret, access_key_id, token)

    def token_of(self, identity: Identity) -> str:
        """The session token of a function; it contains the role."""
        text = f"{identity.role_arn}\n{identity.function_arn}"
        digest = hmac.digest(self._run_secret.encode(), f"role\n{text}".encode(), "sha256")
        return base64.b64encode(digest + text.encode()).decode()

    def variables_of(self, identity: Identity) -> dict[str, str]:
        """The environment variables by which a function signs its requests."""
        account_id, token = identity.function_arn.split(":")[4], self.token_of(identity)
        return {
            "AWS_ACCESS_KEY_ID": account_id,
            "AWS_SECRET_ACCESS_KEY": self.of_function(account_id, token),
            "AWS_SESSION_TOKEN": token,
        }

    def signer_of(self, access_key_id: str, token: str) -> Identity | None:
        """Returns the identity of a function, or of what a function was issued; None for the program."""
        if not _ISSUED.fullmatch(access_key_id):
            return self.identity_of(token) if token else None
        session = _session(access_key_id)
        issued = _access_keys(access_key_id) if session is None else [session]
        acts_as = next((each[ACTS_AS] for each in issued if each.get(ACTS_AS)), None)
        return Identity(*acts_as) if acts_as else None

    def identity_of(self, token: str) -> Identity | None:
        """Returns the identity in a session token; None if this run did not issue it."""
        try:
            text = base64.b64decode(token)[_DIGEST_BYTES:].decode()
        except ValueError:
            return None
        role_arn, separator, function_arn = text.partition("\n")
        identity = Identity(role_arn, function_arn)
        is_ours = bool(separator) and hmac.compare_digest(self.token_of(identity).encode(), token.encode())
        return identity if is_ours else None

    def secrets_of(self, access_key_id: str, token: str) -> list[str]:
        """Returns the secrets that may have signed a request.

        Raises:
            SignatureFault: IAM and STS never issued the key, or the session has expired.
        """
        if not _ISSUED.fullmatch(access_key_id):
            of_function = token if self.identity_of(token) else ""
            return [secret_access_key(self._run_secret, access_key_id, of_function)]
        session = _session(access_key_id)
        if session is not None:
            if not hmac.compare_digest(str(session.get("SessionToken") or "").encode(), token.encode()):
                raise SignatureFault(Fault.UNKNOWN_KEY)
            if float(session.get("Expiration") or sys.maxsize) < time.time():
                raise SignatureFault(Fault.EXPIRED_TOKEN)
            return [str(session["SecretAccessKey"])]
        records = _access_keys(access_key_id)
        active = [str(each["SecretAccessKey"]) for each in records if each.get("Status") == "Active"]
        if len(active) != 1:
            raise SignatureFault(Fault.UNKNOWN_KEY)
        return active


def _session(access_key_id: str) -> dict[str, Any] | None:
    # Not imported: if nobody has used STS, there are no sessions.
    sts = sys.modules.get("ministack.services.sts")
    found: dict[str, Any] | None = sts._sessions.get(access_key_id) if sts else None
    return found


def _access_keys(access_key_id: str) -> list[dict[str, Any]]:
    from ministack.services import iam

    return [each for (_, key), each in iam._access_keys.to_dict().items() if key == access_key_id]
