"""Nothing in the repository ties it to one machine or one package index, and no secret is in it."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Written so that this file does not contain what it looks for.
FORBIDDEN = {
    "a package index or mirror": r"pypi[.]org|python[h]osted[.]|registry[.]npmjs|npm[m]irror|"
    r"(?:deb|security)[.]debian|[a-z0-9.-]*(?:artifactory|jfrog|nexus)[a-z0-9.-]*[.](?:com|net|io|internal)",
    "a path of one machine": r"(?<![\w.])/(?:work/(?:main|shared)|root|home/(?!me/|you/|user/)\w+)(?![\w-])",
    "an access key": r"\b(?:AKIA|ASIA)(?!IOSFODNN7EXAMPLE|X)[A-Z2-7]{16}\b",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY",
}


def tracked_files() -> list[Path]:
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True
    ).stdout.decode()
    return [path for name in listing.split("\0") if name and (path := ROOT / name).is_file()]


def findings(text: str, pattern: str) -> list[str]:
    return [match.group() for match in re.finditer(pattern, text)]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what: str) -> None:
    found = {
        f"{path.relative_to(ROOT)}: {finding}"
        for path in tracked_files()
        for finding in findings(path.read_bytes().decode("utf-8", "replace"), FORBIDDEN[what])
    }
    assert not found


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("a package index or mirror", "https://pypi." + "org/simple"),
        ("a package index or mirror", "https://files.python" + "hosted.org/packages/x"),
        ("a package index or mirror", '"resolved": "https://registry.' + 'npmjs.org/monaco"'),
        ("a path of one machine", "cd /" + "work/main"),
        ("a path of one machine", 'open("/' + 'home/someone/x")'),
        ("an access key", "AKIA" + "QWERTYUIOPASDFGH"),
        ("a private key", "-----BEGIN RSA " + "PRIVATE KEY-----"),
    ],
)
def test_the_pattern_bites(what: str, text: str) -> None:
    assert findings(text, FORBIDDEN[what])
