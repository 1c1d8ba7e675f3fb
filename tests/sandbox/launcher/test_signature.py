"""Signatures: those of botocore are recognised, everything else is refused, and nothing crashes."""

import random
import time
from urllib.parse import urlsplit

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from workbench.sandbox.launcher.signature import (
    Fault,
    HttpRequest,
    LinkSignature,
    Signature,
    SignatureFault,
    check_time,
    is_form_signed_by,
    is_link_signed_by,
    is_signed_by,
    presign,
    read_signature,
    sign,
)

KEYS = Credentials("123456789012", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
HOST = "127.0.0.1:4566"
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def as_sent(signed: AWSRequest) -> HttpRequest:
    split = urlsplit(str(signed.url))
    given = {"Host": HOST} | dict(signed.headers.items())
    headers = tuple((name.encode(), str(value).encode()) for name, value in given.items())
    return HttpRequest(str(signed.method), split.path.encode(), split.query.encode(), headers)


def header_signed(path: str = "/", service: str = "lambda", **headers: str) -> HttpRequest:
    request = AWSRequest("GET", f"http://{HOST}{path}", headers)
    auth = S3SigV4Auth if service == "s3" else SigV4Auth
    auth(KEYS, service, "eu-central-1").add_auth(request)
    return as_sent(request)


def accepts(request: HttpRequest, secret: str = KEYS.secret_key) -> bool:
    signature = read_signature(request)
    assert isinstance(signature, Signature)
    check_time(signature, time.time())
    return is_signed_by(secret, request, signature, signature.payload_hash or EMPTY)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/2015-03-31/functions/",
        "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Af%3A%24LATEST",
        "/a//b/./c/../d/",
        "/a%20b/%2520/%C3%BC/~-_.",
        "/?b=2&a=1&a=0&empty=&flag&spaced=a%20b&plus=a%2Bb&slash=a%2Fb",
        "/path?A=%3D&a=%26",
        "/..",
        "/./",
    ],
)
@pytest.mark.parametrize("service", ["lambda", "s3"])
def test_what_botocore_signs_is_accepted(path: str, service: str) -> None:
    request = header_signed(path, service, **{"X-Amz-Meta-A": "two  blanks ", "Content-Type": "a/b; c=d"})
    assert accepts(request)
    assert not accepts(request, "another secret")


def test_what_botocore_presigns_for_other_services_is_accepted() -> None:
    request = AWSRequest("GET", f"http://{HOST}/?Action=GetCallerIdentity&Version=2011-06-15")
    SigV4QueryAuth(KEYS, "sts", "us-east-1", expires=60).add_auth(request)
    assert accepts(as_sent(request))


def test_what_is_signed_here_is_accepted() -> None:
    unsigned = HttpRequest("GET", b"/x", b"", ((b"host", HOST.encode()),))
    more = sign(unsigned, KEYS.access_key, KEYS.secret_key, "us-east-1", "lambda")
    assert accepts(HttpRequest("GET", b"/x", b"", (*unsigned.headers, *more)))
    split = urlsplit(presign(HOST, "/a b:c/$LATEST", KEYS.access_key, KEYS.secret_key, "us-east-1", 60))
    link = HttpRequest("GET", split.path.encode(), split.query.encode(), ((b"Host", HOST.encode()),))
    assert accepts(link)
    assert not accepts(HttpRequest("PUT", link.path, link.query, link.headers))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda value: "", Fault.UNSUPPORTED),
        (lambda value: "Bearer x", Fault.UNSUPPORTED),
        (lambda value: "AWS 123456789012:c2ln", Fault.UNSUPPORTED),
        (lambda value: value.replace("HMAC-SHA256", "ECDSA-P256-SHA256"), Fault.UNSUPPORTED),
        (lambda value: "AWS4-HMAC-SHA256 x", Fault.INCOMPLETE),
        (lambda value: value.replace("Signature=", "Signatur="), Fault.INCOMPLETE),
        (lambda value: value.replace("SignedHeaders=host;", "SignedHeaders="), Fault.INCOMPLETE),
        (lambda value: value.replace("/aws4_request", ""), Fault.INCOMPLETE),
        (lambda value: value.replace("/aws4_request", "/aws4_request/x"), Fault.INCOMPLETE),
        (lambda value: value.replace("Credential=1234", "Credential=/1234"), Fault.INCOMPLETE),
        (lambda value: value + ", Credential=a/20200101/r/s/aws4_request", Fault.INCOMPLETE),
        (lambda value: value + ", SignedHeaders=host", Fault.INCOMPLETE),
        (lambda value: value.replace("/20", "/19", 1), Fault.INCOMPLETE),
    ],
)
def test_a_broken_authorization_is_named(change: "type[str]", fault: Fault) -> None:
    request = header_signed()
    headers = [
        (name, change(value.decode()).encode()) if name == b"Authorization" else (name, value)
        for name, value in request.headers
    ]
    with pytest.raises(SignatureFault) as refused:
        read_signature(HttpRequest("GET", b"/", b"", tuple(headers)))
    assert refused.value.fault is fault


def test_two_ways_of_signing_are_none() -> None:
    request = header_signed()
    split = urlsplit(presign(HOST, "/", KEYS.access_key, KEYS.secret_key, "us-east-1", 60))
    twice = HttpRequest("GET", b"/", split.query.encode(), request.headers)
    double = HttpRequest("GET", b"/", b"", (*request.headers, *request.headers[-1:]))
    doubled = HttpRequest("GET", b"/", f"{split.query}&X-Amz-Signature=x".encode(), request.headers[:1])
    for each in (twice, double, doubled):
        with pytest.raises(SignatureFault) as refused:
            read_signature(each)
        assert refused.value.fault is Fault.INCOMPLETE
    with pytest.raises(SignatureFault) as missing:
        read_signature(HttpRequest("GET", b"/", b"a=b", ((b"host", b"x"),)))
    assert missing.value.fault is Fault.MISSING


def test_each_changed_part_makes_another_signature() -> None:
    request = header_signed("/p?a=1", **{"X-Amz-Target": "T.Op"})
    assert accepts(request)
    other_header = tuple((n, b"T.Other" if n == b"X-Amz-Target" else v) for n, v in request.headers)
    for changed in (
        HttpRequest("POST", request.path, request.query, request.headers),
        HttpRequest("GET", b"/q", request.query, request.headers),
        HttpRequest("GET", request.path, b"a=2", request.headers),
        HttpRequest("GET", request.path, b"a=1&b", request.headers),
        HttpRequest("GET", request.path, request.query, other_header),
        HttpRequest("GET", request.path, request.query, (*request.headers, (b"x-amz-target", b"more"))),
    ):
        assert not accepts(changed)


def _mutated(text: bytes, chance: random.Random) -> bytes:
    pieces = (
        b"",
        b"=",
        b",",
        b"/",
        b";",
        b" ",
        b"\0",
        b"\xff",
        b"%",
        b"%zz",
        b"+",
        b"\xc3\xbc",
        b"\xed\xa0\x80",
        b"A" * 70,
    )
    at, until = sorted(chance.choices(range(len(text) + 1), k=2))
    kind = chance.randrange(4)
    if kind == 0:
        return text[:at] + chance.choice(pieces) + text[at:]
    if kind == 1:
        return text[:at] + text[until:]
    if kind == 2:
        return text[:at] + text[at:until] * 2 + text[until:]
    return bytes(chance.randrange(256) for _ in range(chance.randrange(60)))


def test_whatever_is_sent_is_refused_and_nothing_else_happens() -> None:
    """5,000 requests that differ from a signed one in places of every part."""
    chance = random.Random(20)
    link = urlsplit(presign(HOST, "/b/k", KEYS.access_key, KEYS.secret_key, "us-east-1", 60)).query.encode()
    two = b"AWSAccessKeyId=123456789012&Signature=2%2FAE%2BR4EV6u2ogoTLUeQLwMDY1c%3D&Expires=1795878788"
    kept = header_signed("/p?a=1", **{"X-Amz-Date": "20261128T141308Z"})
    for number in range(5_000):
        headers = [list(pair) for pair in kept.headers] if number % 3 == 0 else [[b"Host", HOST.encode()]]
        path, query = b"/b/k", (b"a=1", link, two)[number % 3]
        for _ in range(chance.randint(1, 3)):
            where = chance.randrange(3)
            if where == 0:
                header = chance.choice(headers)
                header[1] = _mutated(header[1], chance)
            elif where == 1:
                query = _mutated(query, chance)
            else:
                path = _mutated(path, chance)
        request = HttpRequest("GET", path, query, tuple((name, value) for name, value in headers))
        try:
            signature = read_signature(request)
            if isinstance(signature, LinkSignature):
                assert not is_link_signed_by("not the secret", request, signature, "bucket")
                continue
            assert not is_signed_by("not the secret", request, signature, signature.payload_hash or EMPTY)
            check_time(signature, time.time())
        except SignatureFault as refused:
            str(refused)


def test_fields_of_a_form_may_be_anything() -> None:
    chance = random.Random(7)
    for _ in range(500):
        fields = {
            name: _mutated(b"value/a/b/c/d", chance).decode("utf-8", "replace")
            for name in ("policy", "signature", "x-amz-signature", "x-amz-credential", "x-amz-algorithm")
            if chance.random() < 0.7
        }
        assert not is_form_signed_by("not the secret", fields)
