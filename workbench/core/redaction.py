"""Keeps secrets out of logs and reports: finds them in texts, and removes them from log records."""

import logging
import logging.handlers
import re
import traceback
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType

from workbench.core.files import make_private_folder, private_opener

# Texts are of others and may be long: no pattern may scan a part of them again from each of its places.
_PATTERNS = (
    (re.compile(r"\b(AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}\b"), r"\1****"),
    (
        re.compile(
            r"(?i)(secret[_-]?(?:access[_-]?)?key|(?:session|signin)[_-]?token|password|authorization)"
            r"(\W{1,4})(?:(?:Basic|Bearer|Digest|Token)\s+)?[^\s,'\"}]+"
        ),
        r"\1\2****",
    ),
    # With a digit: "Bearer authentication is required" holds none.
    (re.compile(r"(?i)\b(Bearer)\s+(?=\S*\d)[\w.~+/=-]{8,}"), r"\1 ****"),
    (
        re.compile(
            r"(?i)((?:access|refresh|id|auth|api|bearer|security)[_-]?token|client[_-]?secret|api[_-]?key|passwd)"
            r"([\\\"']*\s*[:=]\s*[\\\"']*)[^\s,'\"}&\\]+"
        ),
        r"\1\2****",
    ),
    (re.compile(r"\b([a-zA-Z][a-zA-Z0-9+.-]{0,30}://)[^\s/@:'\"]*:[^\s/@'\"]+@"), r"\1****@"),
    (re.compile(r"\b(gh[pousr]_|npm_)[A-Za-z0-9]{20,}"), r"\1****"),
    (re.compile(r"\b(github_pat_|glpat-|xox[abpr]-|pypi-AgE)[\w-]{20,}"), r"\1****"),
    (re.compile(r"(?<![\w-])(?>[\w-]*\beyJ[\w-]{8,})\.[\w-]{8,}\.[\w-]*"), "****"),
    (re.compile(r"(?i)(X-Amz-(?:Signature|Security-Token|Credential)=)[^&\s]+"), r"\1****"),
    # Capitals and small letters: a SHA-1 and most paths are no secrets.
    (
        re.compile(
            r"\b(?=[a-z0-9/+]{0,39}[A-Z])(?=[A-Z0-9/+]{0,39}[a-z])[A-Za-z0-9/+]{40}\b"
            r"(?=['\"\s,}]|[.;:!?)](?:\s|$)|$)"
        ),
        "****",
    ),
)
_LEVELS = {
    # At DEBUG the SDK logs secrets.
    **dict.fromkeys(("botocore", "boto3", "urllib3", "s3transfer"), logging.WARNING),
    # Its warnings quote a credential helper's stderr. The error itself is shown to the user anyway.
    "botocore.credentials": logging.CRITICAL,
}


class _PrivateFiles(logging.handlers.RotatingFileHandler):
    """A log file for this user only."""

    def _open(self) -> TextIOWrapper:
        return TextIOWrapper(open(self.baseFilename, "ab", opener=private_opener), encoding="utf-8")


def redact(text: str) -> str:
    """The text with access keys, secrets, tokens and signatures replaced by ****."""
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


class Redacting(logging.Formatter):
    """Formats a record, then redacts it, including the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def crash_report(kind: type[BaseException], trace: TracebackType | None) -> str:
    """A traceback that is safe to send: type and frames, without the message, which may contain a secret."""
    frames = "".join(traceback.format_tb(trace))
    return f"{frames}{kind.__module__}.{kind.__qualname__}\n"


def start_logging(log_dir: Path) -> None:
    """Logs to a small rotating file, redacted, with the SDK's loggers limited.

    If the log folder cannot be written, logging goes to stderr only.
    """
    handler: logging.Handler
    try:
        make_private_folder(log_dir)
        handler = _PrivateFiles(log_dir / "workbench.log", maxBytes=1_000_000, backupCount=2)
    except OSError:
        handler = logging.StreamHandler()
    handler.setFormatter(Redacting("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    root.addHandler(handler)
    for name, level in _LEVELS.items():
        logging.getLogger(name).setLevel(level)
