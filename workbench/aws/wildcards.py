"""Wildcards of event patterns: which ones AWS finds too complex to match."""

import itertools
import re
from collections import Counter

_MAX_REPETITIONS = 5
"""Of one character behind asterisks: AWS refuses "*:*:*:*:*:event-bus/*", and documents no limit.
Source: its recorded answers (localstack/localstack, content_wildcard_complex_EXC)."""


def is_too_complex(text: str) -> bool:
    """Whether AWS is known to refuse a wildcard for its repeated characters behind asterisks."""
    parts = re.findall(r"\\[*\\]|.", text, re.DOTALL)
    starred = Counter(part for before, part in itertools.pairwise(parts) if before == "*")
    return any(count >= _MAX_REPETITIONS for count in starred.values())
