"""An index of Python packages and a registry of npm's on 127.0.0.1, which remembers what it is asked for."""

import base64
import hashlib
import io
import json
import tarfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote


class Registry:
    """What it has, and what was asked of it.

    Attributes:
        url: Where it is, without a slash at its end.
        requests: Paths that were asked for, with the values of all headers: secrets would be in them.
    """

    def __init__(self, wheels: Path) -> None:
        self.url = ""
        self.requests: list[str] = []
        self._wheels = wheels
        self._files: dict[str, bytes] = {}
        self._packages: dict[str, dict[str, object]] = {}

    @property
    def simple(self) -> str:
        """The address of the index of Python packages."""
        return f"{self.url}/simple/"

    def publish(
        self, name: str, version: str = "1.0.0", files: Mapping[str, str] | None = None, **about: object
    ) -> dict[str, object]:
        """Publishes a package of npm's. Returns what a lock says of it."""
        described = {"name": name, "version": version, **about}
        data = tarball(
            {"package.json": json.dumps(described), "index.js": f"exports.a = '{name}'\n", **(files or {})}
        )
        path = f"/{name}/-/{name.rpartition('/')[2]}-{version}.tgz"
        self._files[path] = data
        integrity = "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()
        dist = {"tarball": self.url + path, "integrity": integrity}
        package = self._packages.setdefault(
            name, {"name": name, "dist-tags": {"latest": version}, "versions": {}}
        )
        versions = package["versions"]
        assert isinstance(versions, dict)
        package["dist-tags"] = {"latest": version}
        versions[version] = described | {"dist": dist}
        return {"version": version, "resolved": self.url + path, "integrity": integrity}

    def answer(self, path: str) -> bytes | None:
        """What is at a path; None when nothing is."""
        path = unquote(path.partition("?")[0])
        if path.startswith("/simple/"):
            return self._page(path.removeprefix("/simple/").strip("/"))
        if path.startswith("/wheels/"):
            file = self._wheels / path.removeprefix("/wheels/").removesuffix(".metadata")
            return file.read_bytes() if file.is_file() and not path.endswith(".metadata") else None
        if path in self._files:
            return self._files[path]
        package = self._packages.get(path.removeprefix("/"))
        return json.dumps(package).encode() if package else None

    def _page(self, name: str) -> bytes | None:
        """The files of a Python package."""
        found = [file for file in sorted(self._wheels.glob("*")) if _name(file) == name]
        links = "".join(f'<a href="/wheels/{file.name}">{file.name}</a>' for file in found)
        return f"<!DOCTYPE html><html><body>{links}</body></html>".encode() if found else None


def _name(file: Path) -> str:
    return file.name.partition("-")[0].replace("_", "-").lower()


def tarball(files: Mapping[str, str]) -> bytes:
    """An archive as npm's registry has it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for path, text in files.items():
            member = tarfile.TarInfo(f"package/{path}")
            member.size, member.mode = len(text.encode()), 0o644
            archive.addfile(member, io.BytesIO(text.encode()))
    return out.getvalue()


@contextmanager
def serving(wheels: Path) -> Iterator[Registry]:
    """Serves the wheels of a folder, and what is published, until the block ends."""
    registry = Registry(wheels)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            registry.requests.append(f"{self.path} {' '.join(self.headers.values())}")
            data = registry.answer(self.path)
            self.send_response(404 if data is None else 200)
            is_page = self.path.startswith("/simple/")
            self.send_header("Content-Type", "text/html" if is_page else "application/octet-stream")
            self.send_header("Content-Length", str(len(data or b"")))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data or b"")

        do_HEAD = do_POST = do_PUT = do_GET

        def log_message(self, *_args: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    registry.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield registry
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
