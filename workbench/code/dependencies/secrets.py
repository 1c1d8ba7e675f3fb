"""Secrets that stand in the code: what looks like one, and where. Never what it is."""

import re
from collections.abc import Iterator

_LONGEST_LINE = 4_000
# What it is, words of which one must stand there (in lower case; looking for them is a hundred times as fast,
# and a package has millions of lines), and how the whole looks.
_PATTERNS: tuple[tuple[str, tuple[str, ...], re.Pattern[str]], ...] = (
    (
        "an AWS access key",
        ("akia", "asia"),
        re.compile(r"\b(?:AKIA|ASIA)(?![0-9A-Z]*EXAMPLE\b)[0-9A-Z]{16}\b"),
    ),
    (
        "an AWS secret key",
        ("secret",),
        re.compile(
            r"(?i)secret_?(?:access_?)?key[\"']?\s*(?:[:=]|=>)\s*[\"']?"
            r"(?![A-Za-z0-9/+]*EXAMPLEKEY)[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])"
        ),
    ),
    ("a private key", ("private key",), re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----")),
    (
        "a GitHub token",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
        re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{60,})\b"),
    ),
    ("a GitLab token", ("glpat-",), re.compile(r"\bglpat-[\w-]{20,}\b")),
    ("a Slack token", ("xox",), re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{20,}")),
    ("a Stripe key", ("k_live_",), re.compile(r"\b[rs]k_live_[0-9a-zA-Z]{20,}\b")),
    ("a Google key", ("aiza",), re.compile(r"\bAIza[\w-]{35}\b")),
    ("an npm token", ("npm_",), re.compile(r"\bnpm_[A-Za-z0-9]{36}\b")),
    ("a PyPI token", ("pypi-",), re.compile(r"\bpypi-AgEI[\w-]{50,}")),
    ("an OpenAI or Anthropic key", ("sk-",), re.compile(r"\bsk-(?:ant-|proj-)[\w-]{20,}\b")),
    (
        "a password in a URL",
        ("://",),
        re.compile(r"\b[a-z][a-z0-9+]*://[^/\s:@\"'{}$<>]+:(?!\*+@)[^/\s:@\"'{}$<>]{4,}@"),
    ),
)


def find_secrets(text: str) -> Iterator[tuple[int, str]]:
    """Line numbers, from 1, and what stands there, of what looks like secrets."""
    low = text.lower()
    likely = [each for each in _PATTERNS if any(word in low for word in each[1])]
    if not likely:
        return
    for number, line in enumerate(text.split("\n"), 1):
        line, low = line[:_LONGEST_LINE], line[:_LONGEST_LINE].lower()
        for kind, words, pattern in likely:
            if any(word in low for word in words) and pattern.search(line):
                yield number, kind
