"""A project's folder as people have it: its code, what tools leave beside it, the secrets of its stages."""

import io
import urllib.request
import zipfile
from pathlib import Path

from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.detail import get_function

HANDLER = "def handler(event, context):\n    return 'mine'\n"
WORD = "correct-horse-battery"
"""Stands in every secret, so that a look into the bytes that left finds them under any name."""

KEY = f"-----BEGIN {'RSA '}PRIVATE KEY-----\n{WORD}\n-----END {'RSA '}PRIVATE KEY-----\n"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
PUBLIC_KEY = "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n"

CODE = {
    "app.py": HANDLER,
    "config/settings.json": '{"table": "orders"}',
    "config/keys.json": '{"first": "id"}',
    "config/credentials.py": "def load():\n    return None\n",
    "config/.env.example": "PASSWORD=\n",
    "certs/ca.pem": CERTIFICATE,
    "certs/signing.key": PUBLIC_KEY,
    "certifi/cacert.pem": CERTIFICATE * 100,
    "env/__init__.py": "",
    "node_modules/left/test/fixtures/server.key": KEY.replace(WORD, "test"),
}
"""What the function needs."""

SECRETS = {
    ".env": f"PASSWORD={WORD}\n",
    "config/.env.dev": f"PASSWORD={WORD}\n",
    "config/.env.pro": f"PASSWORD={WORD}\n",
    "config/.ENV": f"PASSWORD={WORD}\n",
    "deep/er/prod.env": f"PASSWORD={WORD}\n",
    ".aws/credentials": f"[default]\naws_secret_access_key = {WORD}\n",
    ".ssh/config": f"# {WORD}\n",
    "deploy/id_rsa": KEY,
    "deploy/id_ed25519": KEY,
    "deploy/ID_ECDSA": KEY,
    "deploy/server.pem": CERTIFICATE + KEY,
    "deploy/server.key": KEY,
    "deploy/store.p12": WORD,
    "deploy/store.PFX": WORD,
    "deploy/store.jks": WORD,
    "deploy/passwords.kdbx": WORD,
    "deploy/credentials": f"[default]\naws_secret_access_key = {WORD}\n",
    "deploy/firebase.json": f'{{"type": "service_account", "private_key": "{WORD}"}}',
    ".npmrc": f"//registry.example.org/:_authToken={WORD}\n",
    ".pypirc": f"[pypi]\npassword = {WORD}\n",
    ".netrc": f"machine example.org login me password {WORD}\n",
    ".git-credentials": f"https://me:{WORD}@example.org\n",
    ".docker/config.json": f'{{"auths": {{"example.org": {{"auth": "{WORD}"}}}}}}',
    "infra/terraform.tfstate": WORD,
    "infra/terraform.tfstate.backup": WORD,
}

DROPPINGS = {
    ".git/config": WORD,
    ".hg/hgrc": WORD,
    ".svn/entries": WORD,
    "venv/pyvenv.cfg": WORD,
    "venv/lib/x.py": WORD,
    ".venv/x.py": WORD,
    "my env/pyvenv.cfg": WORD,
    "my env/x.py": WORD,
    ".aws-sam/build/x.py": WORD,
    ".serverless/orders.zip": WORD,
    ".vscode/launch.json": WORD,
    ".idea/workspace.xml": WORD,
    "cdk.out/x.json": WORD,
    ".terraform/x": WORD,
    "node_modules/.cache/x": WORD,
    "__pycache__/app.pyc": WORD,
    ".pytest_cache/x": WORD,
    ".mypy_cache/x": WORD,
    ".ruff_cache/x": WORD,
    ".tox/x": WORD,
    ".nox/x": WORD,
    ".coverage": WORD,
    ".DS_Store": WORD,
    "Thumbs.db": WORD,
    ".app.py.swp": WORD,
}

LINKS = {"settings": "config/.env.dev", "linked": "deploy", "cloud": ".aws"}
"""Innocent names that lead to them."""


def make_project(folder: Path) -> Path:
    """Writes all of it."""
    for path, text in (CODE | SECRETS | DROPPINGS).items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    for name, target in LINKS.items():
        (folder / name).symlink_to(target)
    return folder


def sent_to(connection: Connection, function_name: str) -> dict[str, bytes]:
    """What a function's package holds, downloaded anew."""
    detail = get_function(connection, function_name, "", JobContext())
    return files_at(detail.code_location)


def files_at(address: str) -> dict[str, bytes]:
    """What a zip holds that is behind a link of AWS."""
    with urllib.request.urlopen(address) as answer, zipfile.ZipFile(io.BytesIO(answer.read())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def check(files: dict[str, bytes], own: dict[str, str] = CODE) -> None:
    """The function's code is all there, and nothing that is a secret, under any name."""
    assert [path for path, data in files.items() if WORD.encode() in data] == []
    assert {path: files.get(path) for path in own} == {path: text.encode() for path, text in own.items()}
    assert not (SECRETS | DROPPINGS).keys() & files.keys()
