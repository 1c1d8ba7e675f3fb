"""What a Node.js function failed with, as Lambda's runtime reports it."""

import io
import shutil
import zipfile

import pytest

from tests.sandbox.launcher.server import Server

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")


def package(source: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("index.js", source)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("source", "kind", "message"),
    [
        ("exports.handler = async () => { throw new Error('no') };", "Error", "no"),
        ("exports.handler = async () => { undefined.x };", "TypeError", ""),
        (
            "class Odd extends Error { name = 'Odd' }; exports.handler = () => { throw new Odd('odd') };",
            "Odd",
            "odd",
        ),
        ("exports.handler = (event, context, callback) => callback('text');", "string", "text"),
        ("exports.handler = () => { throw new RangeError('at once') };", "RangeError", "at once"),
    ],
    ids=["Error", "TypeError", "own class", "string", "synchronous"],
)
def test_an_error_has_its_type_and_its_trace(server: Server, source: str, kind: str, message: str) -> None:
    name = f"fails-{kind}"
    server.create(name, "", Runtime="nodejs22.x", Code={"ZipFile": package(source)})
    answer = server.invoke(name)
    assert answer.error == "Unhandled"
    assert set(answer.payload) == {"errorType", "errorMessage", "trace"}
    assert answer.payload["errorType"] == kind
    assert message in answer.payload["errorMessage"]
    if kind == "string":
        assert answer.payload["trace"] == []
    else:
        assert answer.payload["trace"][0].startswith(f"{kind}: ")
        assert "/var/task/index.js:" in answer.payload["trace"][1]
