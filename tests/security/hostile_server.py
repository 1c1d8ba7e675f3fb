"""A language server that was taken over by the code that it parsed: tries what it should not, and tells.

`hostile_server.py PLACES`: what it came to is one finding in app.py, whose message is JSON.
"""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

AT = json.loads(sys.argv[1])


def read_message() -> dict[str, object]:
    length = 0
    while (line := sys.stdin.buffer.readline()) != b"\r\n":
        name, _, value = line.partition(b":")
        length = int(value) if name == b"Content-Length" else length
    found: dict[str, object] = json.loads(sys.stdin.buffer.read(length))
    return found


def send(message: dict[str, object]) -> None:
    body = json.dumps({"jsonrpc": "2.0"} | message).encode()
    sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
    sys.stdout.buffer.flush()


def connect(address: object, family: int = socket.AF_INET, kind: int = socket.SOCK_STREAM) -> None:
    with socket.socket(family, kind) as client:
        client.connect(address)  # type: ignore[arg-type]


def connect_again() -> None:
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with one, other:
        one.connect(AT["socket"])


def listen() -> None:
    socket.create_server(("127.0.0.1", 0)).close()


def run() -> None:
    done = subprocess.run(["cat", AT["secret"]], capture_output=True, check=False)
    if done.returncode:
        raise PermissionError(done.stderr)


TRIES: dict[str, Callable[[], object]] = {
    "read a file": lambda: Path(AT["secret"]).read_text(),
    "read a file in a program": run,
    "list the home": lambda: os.listdir(AT["home"]),
    "write to the home": lambda: Path(AT["home"], "new").write_text("mine"),
    "write to the code": lambda: Path("app.py").write_text("mine"),
    "write to its own program": lambda: Path(__file__).write_text("mine"),
    "remove": lambda: os.remove(AT["secret"]),
    "connect to a port": lambda: connect(("127.0.0.1", AT["port"])),
    "connect by IPv6": lambda: connect(("::1", AT["port"]), socket.AF_INET6),
    "send a datagram": lambda: connect(("192.0.2.1", 53), kind=socket.SOCK_DGRAM),
    "connect to a UNIX socket": lambda: connect(AT["socket"], socket.AF_UNIX),
    "connect a pair again": connect_again,
    "listen": listen,
    "read the variables of Workbench": lambda: Path(f"/proc/{os.getppid()}/environ").read_bytes(),
    "read the connections of all programs": lambda: Path("/proc/net/tcp").read_bytes(),
    "list the programs": lambda: os.listdir("/proc"),
    "trace Workbench": lambda: Path(f"/proc/{os.getppid()}/mem").open("rb").close(),
}
if AT["signals"]:
    TRIES["signal Workbench"] = lambda: os.kill(os.getppid(), signal.SIGCONT)
ORDINARY: dict[str, Callable[[], object]] = {
    "read the code": lambda: Path("app.py").read_text(),
    "write to its temporary folder": lambda: Path(os.environ["TMPDIR"], "own").write_text("mine"),
    "write to its cache": lambda: Path(os.environ["XDG_CACHE_HOME"], "own").write_text("mine"),
}


def attempt(call: Callable[[], object]) -> str:
    try:
        call()
    except OSError as error:
        return type(error).__name__
    return "done"


found = {name: attempt(call) for name, call in (TRIES | ORDINARY).items()}
while True:
    message = read_message()
    if message.get("method") == "initialize":
        send({"id": message["id"], "result": {"capabilities": {}}})
        place = {"line": 0, "character": 0}
        finding = {"range": {"start": place, "end": place}, "message": json.dumps(found)}
        uri = Path("app.py").resolve().as_uri()
        send({"method": "textDocument/publishDiagnostics", "params": {"uri": uri, "diagnostics": [finding]}})
