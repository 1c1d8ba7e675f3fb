"""Downloads code from AWS's link (Code.Location of a function), and layers, which are cached.

Requests use the proxies of the environment and the certificates of the profile, as botocore does. The content
is compared with the SHA-256 that AWS announced: anything else is refused.

For local runs layers are cached whole; for the type checker only Python's sources and stubs below `python/`.
A layer version never changes, so a cached one is not read again, except from servers other than AWS: those
may be reset and reuse a version's number.
"""

import base64
import contextlib
import hashlib
import http.client
import os
import re
import shutil
import socket
import ssl
import stat
import tempfile
import threading
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from workbench.aws.connection import Connection
from workbench.aws.quotas import UNZIPPED_LIMIT_BYTES
from workbench.code.unpack import unpack
from workbench.code.workspace_store import CodeSource
from workbench.core.errors import WorkbenchError
from workbench.core.files import (
    explain_os_error,
    explaining,
    make_private_folder,
    path_below,
    private_opener,
    write_atomic,
)
from workbench.core.jobs import JobContext
from workbench.core.messages import _

# How long the server may be silent. Cancel does not wait for it.
_SILENCE_S = 20
_CHUNK_BYTES = 1 << 17
_WATCH_S = 0.1
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_CA_VARIABLES = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE")
_WHAT = _("The code could not be downloaded.")
_AGAIN = _("Open the function again.")
_SHA256_BYTES = 32
# No package or layer is larger: its files are not, unzipped, and names, times and checksums take less.
_MAX_BYTES = UNZIPPED_LIMIT_BYTES + (64 << 20)


def download(url: str, target: Path, ctx: JobContext, *, code_sha256: str, ca_bundle: str = "") -> None:
    """Downloads a link into a file, and refuses content that AWS did not announce.

    Raises WorkbenchError if the link has expired, the server was not reached or disconnected, the disk is
    full, or the content is larger than Lambda allows or differs from what was announced. After Cancel: at
    once, even while the server is silent.

    Args:
        url: Code.Location, valid for 10 minutes.
            Source: https://docs.aws.amazon.com/lambda/latest/api/API_FunctionCodeLocation.html
        target: Must not exist; its folder must. Removed if the download fails.
        ctx: Progress is in bytes.
        code_sha256: CodeSha256 as announced by AWS, base64.
        ca_bundle: A file of trusted certificates from the profile (`Connection.ca_bundle`); otherwise
            AWS_CA_BUNDLE, then REQUESTS_CA_BUNDLE, then the system's.
    """
    _refuse_no_hash(code_sha256)
    complete = False
    try:
        with open(target, "xb", opener=private_opener) as file, _request(url, ctx, ca_bundle) as answer:
            digest, size = hashlib.sha256(), 0
            total = int(answer.headers.get("Content-Length") or 0)
            _refuse_too_large(total)
            while chunk := answer.read(_CHUNK_BYTES):
                size += len(chunk)
                _refuse_too_large(size)
                ctx.progress(size, total, _("Downloading the code"))
                digest.update(chunk)
                with explaining(_WHAT, target):
                    file.write(chunk)
            ctx.check()
            if size < total:
                raise WorkbenchError(
                    _WHAT,
                    _("The connection was closed after {size:,} of {total:,} bytes.").format(
                        size=size, total=total
                    ),
                    _("Try again."),
                )
            file.flush()
            os.fsync(file.fileno())
        arrived = base64.b64encode(digest.digest()).decode()
        if arrived != code_sha256:
            raise _hash_mismatch_error(arrived, code_sha256)
        complete = True
    except urllib.error.HTTPError as error:
        raise _http_error(error) from None
    except (OSError, http.client.HTTPException) as error:
        ctx.check()  # Cancel closes the connection, which then fails in some way
        raise _connection_error(error, url) from error
    finally:
        if not complete:
            target.unlink(missing_ok=True)


def download_for(connection: Connection, url: str, code_sha256: str, target: Path, ctx: JobContext) -> None:
    """Does what `download` does with the certificates of a connection's profile, for a link from AWS."""
    download(url, target, ctx, code_sha256=code_sha256, ca_bundle=connection.ca_bundle)


def download_code(source: CodeSource, target: Path, ctx: JobContext) -> None:
    """Does what `download` does for the code of a function."""
    link, sha256 = source.code_location, source.code_sha256
    download(link, target, ctx, code_sha256=sha256, ca_bundle=source.ca_bundle)


def _refuse_no_hash(code_sha256: str) -> None:
    try:
        is_hash = len(base64.b64decode(code_sha256, validate=True)) == _SHA256_BYTES
    except ValueError:
        is_hash = False
    if not is_hash:
        raise WorkbenchError(
            _WHAT,
            _("The response has no SHA-256, so the package cannot be verified."),
            _("Check the endpoint of the profile: AWS always returns CodeSha256."),
        )


def _refuse_too_large(size: int) -> None:
    if size > _MAX_BYTES:
        raise WorkbenchError(
            _WHAT,
            _("The server sends more than {limit:,} bytes, which no package in Lambda has.").format(
                limit=_MAX_BYTES
            ),
            _("Check the endpoint of the profile. The download was deleted."),
        )


def _hash_mismatch_error(arrived: str, announced: str) -> WorkbenchError:
    return WorkbenchError(
        _WHAT,
        _(
            "Its SHA-256 is {arrived}; AWS reported {announced}. Either other code was deployed "
            "or signed a moment ago, or the package was modified in transit. The download was deleted."
        ).format(arrived=arrived, announced=announced),
        _(
            "Refresh the function and open it again. If the problem persists, do not use this "
            "network or endpoint, and inform your administrator."
        ),
        action="function.refresh",
    )


@contextmanager
def _request(url: str, ctx: JobContext, ca_bundle: str) -> Iterator[http.client.HTTPResponse]:
    """The open response. Its socket is shut down on Cancel, which ends a read that hangs."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        raise WorkbenchError(
            _WHAT,
            _("AWS returned a link with an unknown scheme: {scheme}.").format(scheme=parts.scheme),
            _AGAIN,
        )
    sockets: list[socket.socket] = []
    handlers: list[urllib.request.BaseHandler] = [_Http(sockets), _Https(sockets, ca_bundle)]
    if parts.hostname in _LOOPBACK:
        handlers.append(urllib.request.ProxyHandler({}))
    opener = urllib.request.build_opener(*handlers)
    finished = threading.Event()
    watcher = threading.Thread(target=_cut_on_cancel, args=(ctx, sockets, finished), daemon=True)
    watcher.start()
    try:
        with opener.open(url, timeout=_SILENCE_S) as answer:
            yield answer
    finally:
        finished.set()
        watcher.join()


def _cut_on_cancel(ctx: JobContext, sockets: list[socket.socket], finished: threading.Event) -> None:
    while not finished.wait(_WATCH_S):
        if ctx.cancelled:
            for each in sockets:
                with contextlib.suppress(OSError):  # closed in the meantime
                    each.shutdown(socket.SHUT_RDWR)


class _Http(urllib.request.HTTPHandler):
    """http, remembering the socket."""

    def __init__(self, sockets: list[socket.socket]) -> None:
        super().__init__()
        self._sockets = sockets

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        sockets = self._sockets

        class Connection(http.client.HTTPConnection):
            def connect(self) -> None:
                super().connect()
                sockets.append(self.sock)

        return self.do_open(Connection, req)


class _Https(urllib.request.HTTPSHandler):
    """https, remembering the socket. Certificates take a moment to load, so only https loads them."""

    def __init__(self, sockets: list[socket.socket], ca_bundle: str) -> None:
        super().__init__(context=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))  # otherwise it loads them now
        self._sockets = sockets
        self._ca_bundle = ca_bundle

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        sockets = self._sockets

        class Connection(http.client.HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                sockets.append(self.sock)

        return self.do_open(Connection, req, context=_context(self._ca_bundle))


def _context(ca_bundle: str) -> ssl.SSLContext:
    chosen = ca_bundle or next((os.environ[name] for name in _CA_VARIABLES if os.environ.get(name)), "")
    try:
        if Path(chosen).is_dir() and chosen:
            return ssl.create_default_context(capath=chosen)
        return ssl.create_default_context(cafile=chosen or None)
    except (OSError, ssl.SSLError) as error:
        raise WorkbenchError(
            _WHAT,
            _("The certificates in {chosen} could not be read: {error}.").format(chosen=chosen, error=error),
            _("Correct AWS_CA_BUNDLE."),
        ) from error


def _http_error(error: urllib.error.HTTPError) -> WorkbenchError:
    body = error.read(4096).decode("utf-8", "replace")
    found = re.search(r"<Code>(\w+)</Code>", body)
    code = found[1] if found else f"HTTP {error.code}"
    if error.code not in (http.HTTPStatus.FORBIDDEN, http.HTTPStatus.NOT_FOUND):
        why = _("The server returned {code} {reason}.").format(code=error.code, reason=error.reason)
        return WorkbenchError(_WHAT, why, _("Try again."), aws_code=code)
    why = _("The code no longer exists.")
    if error.code == http.HTTPStatus.FORBIDDEN:
        why = _("The link has expired (links are valid for 10 minutes), or this network cannot reach S3.")
    return WorkbenchError(_WHAT, why, _AGAIN, aws_code=code, action="function.refresh")


def _connection_error(error: Exception, url: str) -> WorkbenchError:
    host = urlsplit(url).hostname
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    remedy = _("Check the network, then try again.")
    if isinstance(reason, ssl.SSLCertVerificationError):
        why = _("The certificate of {host} is not trusted: {verify_message}.").format(
            host=host, verify_message=reason.verify_message
        )
        remedy = _("If a proxy inspects traffic, set AWS_CA_BUNDLE to your organization's certificates.")
    elif isinstance(reason, TimeoutError):
        why = _("{host} did not respond for {silence_s} s.").format(host=host, silence_s=_SILENCE_S)
    else:
        why = _("{host} could not be reached: {reason}.").format(host=host, reason=reason)
    return WorkbenchError(_WHAT, why, remedy)


def fetch_whole_layer(
    connection: Connection, location: str, code_sha256: str, cache_dir: Path, ctx: JobContext
) -> Path:
    """The folder of a whole unpacked layer, which is downloaded only once.

    It is stored below the account that reads it, under the SHA-256 of its bytes, so that what one account or
    endpoint announces never leads to the content of another. Raises WorkbenchError as for `download` and
    `unpack`.

    Args:
        code_sha256: Hash of the zip as announced by AWS, base64.
    """
    own = path_below(cache_dir, connection.account_id)
    _refuse_no_hash(code_sha256)
    folder = own / base64.b64decode(code_sha256).hex()
    if folder.is_dir():
        return folder
    archive = own / f"{os.urandom(8).hex()}.zip"
    try:
        with explaining(_("The layer could not be downloaded."), cache_dir):
            make_private_folder(own)
            download_for(connection, location, code_sha256, archive, ctx)
            unpack(archive, folder, ctx)
    finally:
        archive.unlink(missing_ok=True)
    return folder


def lay_over(layers: Sequence[Path], target: Path, ctx: JobContext) -> None:
    """Copies layers over each other, in order. Raises WorkbenchError if a file cannot be written."""
    try:
        for layer in layers:
            ctx.check()
            shutil.copytree(layer, target, symlinks=True, dirs_exist_ok=True)
    except (OSError, shutil.Error) as error:
        cause = error if not isinstance(error, shutil.Error) else OSError(str(error))
        raise explain_os_error(cause, _("The layers could not be extracted."), target) from error


_TYPE_CHECKER_SUFFIXES = (".py", ".pyi")
_MARK = "layer.sha256"  # beside the unpacked layer, written last: CodeSha256, base64
_FILES = "files"
_UNIX = 3
_MAX_LAYERS = 40


@dataclass(frozen=True, slots=True)
class FetchedLayers:
    """Whether the cache has new content, and why layers could not be fetched, by ARN."""

    changed: bool
    failures: dict[str, WorkbenchError]


def layer_imports(cache_dir: Path, arns: Sequence[str], version: str) -> tuple[Path, ...]:
    """The folders that cached layers add to Python's path, in order of the search.

    All layers are unpacked over each other, so a later one overrides an earlier one.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html

    Args:
        version: Python's version, "3.13".
    """
    found = [_folder(cache_dir, arn) / _FILES / "python" for arn in reversed(arns) if _sha256(cache_dir, arn)]
    sites = [python / "lib" / f"python{version}" / "site-packages" for python in found]
    return tuple(folder for folder in (*sites, *found) if folder.is_dir())


def is_complete(cache_dir: Path, arns: Sequence[str]) -> bool:
    """Whether all of these layers are cached."""
    return all(_sha256(cache_dir, arn) for arn in arns)


def fetch_layer_imports(
    connection: Connection, arns: Sequence[str], cache_dir: Path, ctx: JobContext
) -> FetchedLayers:
    """Fetches layers that are not cached yet, also of other accounts. One failure does not affect the others.

    Must not run twice at once for the same cache.
    """
    changed, failures = False, {}
    for arn in arns:
        ctx.check()
        try:
            if not _sha256(cache_dir, arn) or connection.is_custom_endpoint:
                changed |= _fetch(connection, arn, cache_dir, ctx)
        except WorkbenchError as error:
            failures[arn] = error
    _forget_oldest(cache_dir, keep={_folder(cache_dir, arn) for arn in arns})
    return FetchedLayers(changed, failures)


def _fetch(connection: Connection, arn: str, cache_dir: Path, ctx: JobContext) -> bool:
    """Fetches a layer. False if it is already cached."""
    answer = connection.call(
        "lambda",
        "get_layer_version_by_arn",
        failure=_("Could not read the layer {arn}.").format(arn=_title(arn)),
        Arn=arn,
    )
    content = answer.get("Content") or {}
    sha256, location = str(content.get("CodeSha256") or ""), str(content.get("Location") or "")
    if sha256 and sha256 == _sha256(cache_dir, arn):
        return False
    with explaining(_("The layer {arn} could not be saved.").format(arn=_title(arn)), cache_dir):
        make_private_folder(cache_dir)
        with tempfile.TemporaryDirectory(dir=cache_dir, prefix=".unfinished-") as unfinished:
            archive, new = Path(unfinished) / "layer.zip", Path(unfinished) / "new"
            new.mkdir(mode=0o700)
            download_for(connection, location, sha256, archive, ctx)
            unpack(archive, new / _FILES, ctx, wanted=_is_for_type_checker)
            write_atomic(new / _MARK, sha256.encode(), lasting=False)
            folder = _folder(cache_dir, arn)
            shutil.rmtree(folder, ignore_errors=True)
            new.replace(folder)
    return True


def _is_for_type_checker(info: zipfile.ZipInfo) -> bool:
    """Whether a type checker reads an entry. Links are skipped instead of making the layer invalid."""
    kind = stat.S_IFMT(info.external_attr >> 16) if info.create_system == _UNIX else 0
    name = info.orig_filename
    return (
        kind in (0, stat.S_IFREG)
        and name.startswith("python/")
        and (name.endswith(_TYPE_CHECKER_SUFFIXES) or name.endswith("/py.typed"))
    )


def _forget_oldest(cache_dir: Path, keep: set[Path]) -> None:
    """Keeps the layers in use and the newest others."""
    for folder in keep:
        with contextlib.suppress(OSError):
            os.utime(folder)
    with contextlib.suppress(OSError):
        others = [folder for folder in cache_dir.iterdir() if folder not in keep]
        others.sort(key=lambda folder: folder.stat().st_mtime, reverse=True)
        for folder in others[max(0, _MAX_LAYERS - len(keep)) :]:
            shutil.rmtree(folder, ignore_errors=True)


def _sha256(cache_dir: Path, arn: str) -> str:
    """CodeSha256 of a cached layer; "" if it is not cached."""
    try:
        return (_folder(cache_dir, arn) / _MARK).read_text("utf-8")
    except (OSError, ValueError):
        return ""


def _folder(cache_dir: Path, arn: str) -> Path:
    readable = re.sub(r"[^A-Za-z0-9-]", "-", _title(arn))[:80]
    return cache_dir / f"{readable}-{hashlib.sha256(arn.encode()).hexdigest()[:16]}"


def _title(arn: str) -> str:
    return ":".join(arn.split(":")[-2:])
