"""app://editor/: the only place the editor's page comes from, and the only place it can reach.

Owns: which files of the page's folder are answered and under which content security policy; large texts on
their way into the page; that the page's profile has no network. Must not know: Monaco, documents.
"""

import secrets
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QFile, QIODevice, QObject
from PySide6.QtWebEngineCore import (
    QWebEngineUrlRequestInfo,
    QWebEngineUrlRequestInterceptor,
    QWebEngineUrlRequestJob,
    QWebEngineUrlScheme,
    QWebEngineUrlSchemeHandler,
)

SCHEME = b"app"
HOST = "editor"
PAGE_URL = f"app://{HOST}/index.html"

_QWEBCHANNEL = "/qwebchannel.js"
_TEXTS = "/texts/"
_CONTENT_TYPES = {
    ".html": b"text/html; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".css": b"text/css; charset=utf-8",
    ".ttf": b"font/ttf",
}
_POLICY = b"; ".join(
    (
        b"default-src 'none'",
        b"script-src 'self'",
        b"style-src 'self' 'unsafe-inline'",  # Monaco positions everything by style attributes
        b"font-src 'self'",
        b"worker-src 'self'",
        b"img-src 'self' data:",
        b"connect-src 'self'",  # large texts
        b"base-uri 'none'",
        b"form-action 'none'",
        b"frame-ancestors 'none'",
        b"require-trusted-types-for 'script'",
    )
)
# A list, whatever PySide's stubs say: a bare QByteArray is taken for its letters, and no policy remains.
_HEADERS = {QByteArray(b"Content-Security-Policy"): [QByteArray(_POLICY)]}


def register_scheme() -> None:
    """Makes app:// known. Must run before the program's first web profile; further calls do nothing."""
    if QWebEngineUrlScheme.schemeByName(QByteArray(SCHEME)).name() == SCHEME:
        return
    scheme = QWebEngineUrlScheme(QByteArray(SCHEME))
    scheme.setSyntax(QWebEngineUrlScheme.Syntax.Host)
    # Never LocalScheme: it would let the page read file:///.
    flags = QWebEngineUrlScheme.Flag
    scheme.setFlags(flags.SecureScheme | flags.CorsEnabled | flags.FetchApiAllowed)
    QWebEngineUrlScheme.registerScheme(scheme)


class EditorScheme(QWebEngineUrlSchemeHandler):
    """Answers app://editor/ from one folder."""

    def __init__(self, root: Path, parent: QObject) -> None:
        super().__init__(parent)
        self._root = root.resolve()
        self._texts: dict[str, bytes] = {}

    def offer(self, text: str) -> str:
        """Keeps a text for the page to fetch once; gives its path."""
        path = _TEXTS + secrets.token_urlsafe(16)
        self._texts[path] = text.encode()
        return path

    def forget(self) -> None:
        """Drops the texts that were not fetched (the page that was to fetch them is gone)."""
        self._texts.clear()

    def requestStarted(self, job: QWebEngineUrlRequestJob) -> None:
        # A request's body is never read: QtWebEngine's device for it has no end.
        url = job.requestUrl()
        if job.requestMethod() != b"GET" or url.host() != HOST:
            job.fail(QWebEngineUrlRequestJob.Error.RequestDenied)
            return
        found = self._answer(url.path(), job)
        if found is None:
            job.fail(QWebEngineUrlRequestJob.Error.UrlNotFound)
            return
        content_type, device = found
        job.setAdditionalResponseHeaders(_HEADERS)  # type: ignore[arg-type]
        job.reply(QByteArray(content_type), device)

    def _answer(self, path: str, job: QWebEngineUrlRequestJob) -> tuple[bytes, QIODevice] | None:
        # Devices are the job's children: it may end before it has read all.
        if text := self._texts.pop(path, None):
            buffer = QBuffer(job)
            buffer.setData(QByteArray(text))
            buffer.open(QIODevice.OpenModeFlag.ReadOnly)
            return b"text/plain; charset=utf-8", buffer
        content_type = _CONTENT_TYPES.get(Path(path).suffix)
        name = ":/qtwebchannel/qwebchannel.js" if path == _QWEBCHANNEL else self._file(path)
        if content_type is None or name is None:
            return None
        file = QFile(name, job)
        return (content_type, file) if file.open(QIODevice.OpenModeFlag.ReadOnly) else None

    def _file(self, path: str) -> str | None:
        try:
            real = (self._root / path.lstrip("/")).resolve(strict=True)
        except (OSError, ValueError):
            return None
        return str(real) if real.is_relative_to(self._root) and real.is_file() else None


class OnlyEditor(QWebEngineUrlRequestInterceptor):
    """Blocks every request that does not go to app://editor/."""

    def interceptRequest(self, info: QWebEngineUrlRequestInfo) -> None:
        url = info.requestUrl()
        if url.scheme() != SCHEME.decode() or url.host() != HOST:
            info.block(True)
