"""Secrets that stand in the code: what looks like one, and where. Never what it is."""

import re
from collections.abc import Iterable, Iterator

_LONGEST_LINE = 4_000
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("an AWS access key", re.compile(r"\b(?:AKIA|ASIA)(?![0-9A-Z]*EXAMPLE\b)[0-9A-Z]{16}\b")),
    (
        "an AWS secret key",
        re.compile(
            r"(?i)secret_?(?:access_?)?key[\"']?\s*(?:[:=]|=>)\s*[\"']?"
            r"(?![A-Za-z0-9/+]*EXAMPLEKEY)[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])"
        ),
    ),
    ("a private key", re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----")),
    ("a token of GitHub", re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{60,})\b")),
    ("a token of GitLab", re.compile(r"\bglpat-[\w-]{20,}\b")),
    ("a token of Slack", re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{20,}")),
    ("a key of Stripe", re.compile(r"\b[rs]k_live_[0-9a-zA-Z]{20,}\b")),
    ("a key of Google", re.compile(r"\bAIza[\w-]{35}\b")),
    ("a token of npm", re.compile(r"\bnpm_[A-Za-z0-9]{36}\b")),
    ("a token of PyPI", re.compile(r"\bpypi-AgEI[\w-]{50,}")),
    ("a key of OpenAI or Anthropic", re.compile(r"\bsk-(?:ant-|proj-)[\w-]{20,}\b")),
    (
        "a password in an address",
        re.compile(r"\b[a-z][a-z0-9+]*://[^/\s:@\"'{}$<>]+:(?!\*+@)[^/\s:@\"'{}$<>]{4,}@"),
    ),
)


def find_secrets(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Line numbers, from 1, and what stands there, of what looks like secrets."""
    for number, line in enumerate(lines, 1):
        for kind, pattern in _PATTERNS:
            if pattern.search(line[:_LONGEST_LINE]):
                yield number, kind
