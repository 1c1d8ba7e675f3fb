"""Who may use the Sandbox: programs of this user that sign with its keys, and no web page."""

import asyncio
import base64
import hashlib
import hmac
import http.client
import json
import os
import random
import socket
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.sandbox.server.server import HEALTH, ROLE, Server, package, status
from workbench_sandbox.server import peer
from workbench_sandbox.server.gate import Edge, Gate, Guard
from workbench_sandbox.server.payload_budget import PayloadBudget
from workbench_sandbox.server.peer import Owner, is_own_peer, look_up_by_netlink, look_up_in_proc
from workbench_sandbox.server.request_context import Message, Receive, Scope, Send, blocks_of, send_json
from workbench_sandbox.server.signature import (
    Fault,
    HttpRequest,
    Identity,
    LinkSignature,
    RunKeys,
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

PAGE = {"Sec-Fetch-Site": "cross-site"}
ACCOUNT = "000000000000"
MB = 1024 * 1024


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, 200),
        ({"Host": "localhost:{port}"}, 200),
        ({"Host": "LOCALHOST:{port}"}, 200),
        ({"Host": "bucket.s3.localhost:{port}"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://127.0.0.1:{port}"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 403),
        ({"Host": "evil.example:{port}"}, 403),
        ({"Host": "127.0.0.1.evil.example:{port}"}, 403),
        ({"Host": "127.0.0.1"}, 403),
        ({"Host": "127.0.0.1:1"}, 403),
        ({"Host": "evil.localhost.example:{port}"}, 403),
    ],
)
def test_who_is_answered(server: Server, headers: dict[str, str], expected: int) -> None:
    filled = {name: value.format(port=server.port) for name, value in headers.items()}
    answered, names = status(
        f"{server.url}{HEALTH}", headers=server.signed(HEALTH, host=filled.get("Host", "")) | filled
    )
    assert answered == expected
    assert not [name for name in names if name.startswith("access-control-")]


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_a_drive_by_post_creates_nothing(server: Server, headers: dict[str, str]) -> None:
    """What a page can send without asking: a form's POST with a body of its own, and an image's GET."""
    server.client("lambda")  # makes the role
    code = base64.b64encode(package("def handler(event, context): pass")).decode()

    def post(name: str, headers: dict[str, str]) -> int:
        function = {"FunctionName": name, "Runtime": "python3.13", "Handler": "index.handler", "Role": ROLE}
        body = json.dumps(function | {"Code": {"ZipFile": code}}).encode()
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        signed = server.signed("/2015-03-31/functions", method="POST", body=body)
        headers = {"Content-Type": "text/plain", **signed, **headers}
        connection.request("POST", "/2015-03-31/functions", body, headers)
        answered = connection.getresponse().status
        connection.close()
        return answered

    assert post("evil", headers) == 403
    assert status(f"{server.url}/?Action=CreateQueue&QueueName=evil", headers=headers)[0] == 403
    good = f"good-{len(headers)}-{next(iter(headers))}"
    assert post(good, {}) == 201
    names = {function["FunctionName"] for function in server.client("lambda").list_functions()["Functions"]}
    assert good in names
    assert "evil" not in names
    assert not server.client("sqs").list_queues().get("QueueUrls")


def test_a_preflight_is_refused(server: Server) -> None:
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "PUT"}
    assert status(f"{server.url}/bucket", method="OPTIONS", headers=headers)[0] == 403
    _, names = status(
        f"{server.url}/bucket", method="OPTIONS", headers=server.signed("/bucket", method="OPTIONS")
    )
    assert not [name for name in names if name.startswith("access-control-")]


def test_a_runtime_api_is_closed_to_pages_too(server: Server) -> None:
    server.create(
        "api", "import os\ndef handler(event, context): return os.environ['AWS_LAMBDA_RUNTIME_API']\n"
    )
    address = server.invoke("api").payload
    url = f"http://{address}/2018-06-01/runtime/invocation/next"
    assert status(url.replace("127.0.0.1", "localhost"))[0] == 403
    for headers in ({"Origin": "https://evil.example"}, PAGE, {"Host": "evil.example"}):
        assert status(url, headers=headers)[0] == 403
    assert server.invoke("api").payload == address


def test_two_hosts_are_none() -> None:
    guard = Guard(1)
    assert guard.refusal([(b"Host", b"127.0.0.1:1")]) == ""
    assert guard.refusal([(b"host", b"127.0.0.1:1"), (b"host", b"localhost:1")])
    assert guard.refusal([])


PATH = "/_workbench/clock"
BODY = json.dumps({"advance_s": 1}).encode()


def post(url: str, **headers: str) -> tuple[int, bytes]:
    request = urllib.request.Request(url, method="POST", data=BODY, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def link(secret: str, path: str) -> str:
    """A link with a Version 2 signature, which S3's other requests may have."""
    expires = str(int(time.time()) + 60)
    text = f"POST\n\ntext/plain\n{expires}\n{path}"
    signature = base64.b64encode(hmac.digest(secret.encode(), text.encode(), hashlib.sha1)).decode()
    fields = {"AWSAccessKeyId": "000000000000", "Expires": expires, "Signature": signature}
    return f"{path}?{urllib.parse.urlencode(fields)}"


@pytest.mark.parametrize("path", [PATH, "/_ministack/reset"])
def test_a_function_cannot_by_its_key_nor_by_a_link(server: Server, path: str) -> None:
    keys = RunKeys(server.run_secret)
    key = keys.of_function("000000000000", keys.token_of(Identity("r", "f")))
    signed = server.signed(path, method="POST", body=BODY, secret=key)
    assert post(f"{server.url}{path}", **signed)[0] == 403
    assert post(f"{server.url}{link(key, path)}", **{"Content-Type": "text/plain"})[0] == 403
    assert post(f"{server.url}{path}")[0] == 403


def test_an_open_api_is_no_way_to_it(server: Server) -> None:
    server.create("behind", "def handler(event, context): return 'from the function'\n")
    http = server.client("apigatewayv2")
    api = http.create_api(
        Name="open", ProtocolType="HTTP", Target="arn:aws:lambda:us-east-1:000000000000:function:behind"
    )["ApiId"]
    host = f"{api}.execute-api.localhost:{server.port}"
    status, body = post(f"{server.url}{PATH}", Host=host)
    assert (status, body) != (200, b"{}")


def test_the_program_can(server: Server) -> None:
    assert server.control("clock", advance_s=1) == 200


only_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells")
LOOKUPS = [look_up_by_netlink, look_up_in_proc]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


@only_linux
def test_the_own_user_passes(listener: socket.socket) -> None:
    with socket.create_connection(listener.getsockname()), listener.accept()[0] as accepted:
        for look_up in LOOKUPS:
            owner = look_up(accepted.getpeername(), accepted.getsockname())
            assert owner is not None
            assert owner.uid == os.geteuid()
            assert owner.inode
            assert is_own_peer(accepted, [look_up])


@only_linux
def test_the_kernel_is_believed(listener: socket.socket) -> None:
    with socket.create_connection(listener.getsockname()), listener.accept()[0] as accepted:
        ours = accepted.getsockname()

        def answers(theirs: Owner | None) -> bool:
            return is_own_peer(accepted, [lambda local, _remote: Owner(0, 1) if local == ours else theirs])

        assert answers(Owner(os.geteuid(), 1))
        assert answers(Owner(0, 1))
        assert not answers(Owner(os.geteuid() + 1, 1))
        assert not answers(Owner(0, 0))
        assert not answers(None)


@only_linux
def test_a_client_that_speaks_ipv6_to_an_ipv4_address_is_found(listener: socket.socket) -> None:
    with socket.socket(socket.AF_INET6) as client:
        client.connect(("::ffff:127.0.0.1", listener.getsockname()[1]))
        with listener.accept()[0] as accepted:
            for look_up in LOOKUPS:
                owner = look_up(accepted.getpeername(), accepted.getsockname())
                assert owner is not None
                assert owner.uid == os.geteuid()


@only_linux
def test_a_client_that_has_closed_does_not_pass(listener: socket.socket) -> None:
    socket.create_connection(listener.getsockname()).close()
    with listener.accept()[0] as accepted:
        for look_up in LOOKUPS:
            assert not is_own_peer(accepted, [look_up])


@only_linux
def test_where_the_system_does_not_tell_the_signature_decides(
    listener: socket.socket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "tcp"
    empty.write_text("  sl  local_address\n")
    with socket.create_connection(listener.getsockname()), listener.accept()[0] as accepted:
        for tables in ([empty], [tmp_path / "missing"], []):
            assert is_own_peer(accepted, [partial(look_up_in_proc, tables=tables)])
        assert is_own_peer(accepted, [])
        monkeypatch.setattr(peer, "_NETLINK_SOCK_DIAG", 31)  # no such protocol: it raises
        assert is_own_peer(accepted, [look_up_by_netlink])
        assert is_own_peer(accepted)


KEYS = Credentials("123456789012", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
HOST = "127.0.0.1:4566"


async def status_of(edge: Edge, service: str, body: bytes, *, ends: asyncio.Event | None = None) -> int:
    """The status of a POST; with `ends`, its last block comes only then."""
    headers = ((b"host", b"127.0.0.1:1"),)
    request = HttpRequest("POST", b"/", b"", headers)
    signed = sign(request, ACCOUNT, RunKeys("run").of_program(ACCOUNT), "us-east-1", service, payload=body)
    scope = {
        "type": "http", "method": "POST", "path": "/", "raw_path": b"/", "query_string": b"",
        "headers": [*headers, *signed],
    }  # fmt: skip
    blocks, sent = [body[:-1], body[-1:]], list[Message]()

    async def receive() -> Message:
        if len(blocks) == 1 and ends is not None:
            await ends.wait()
        return {"type": "http.request", "body": blocks.pop(0), "more_body": bool(blocks)}

    async def send(message: Message) -> None:
        sent.append(message)

    await edge(scope, receive, send)
    return int(sent[0]["status"])


def edge_with_budget(max_bytes: int) -> Edge:
    async def read(_scope: Scope, receive: Receive, send: Send) -> None:
        await send_json(send, 200, len(b"".join([block async for block in blocks_of(receive)])))

    return Edge(read, Guard(1), Gate(RunKeys("run")), PayloadBudget(max_bytes), lambda: None)


@pytest.mark.parametrize("service", ["lambda", "sns", "s3", "dynamodb"])
def test_payloads_share_a_budget_until_their_requests_end(service: str) -> None:
    async def run() -> None:
        edge, ends = edge_with_budget(6 * MB), asyncio.Event()
        first = asyncio.create_task(status_of(edge, service, b"x" * 5 * MB, ends=ends))
        await asyncio.sleep(0)  # it has sent all but its end
        assert await status_of(edge, service, b"x" * 5 * MB) == 503
        assert await status_of(edge, service, b"x" * MB) == 200
        assert await status_of(edge, service, b"x" * 3 * MB) == 200
        ends.set()
        assert await first == 200
        assert await status_of(edge, service, b"x" * 7 * MB) == 200
        assert await status_of(edge, service, b"x" * 7 * MB) == 200

    asyncio.run(run())


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
        b"", b"=", b",", b"/", b";", b" ", b"\0", b"\xff", b"%", b"%zz", b"+", b"\xc3\xbc", b"\xed\xa0\x80",
        b"A" * 70,
    )  # fmt: skip
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
