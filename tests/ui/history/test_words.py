"""What a person reads of the history's values."""

import pytest

from workbench.code.tree import Change
from workbench.deploy.about import Files
from workbench.ui.history.words import files_text, who_text


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        ("", ""),
        ("arn:aws:iam::123456789012:root", "root"),
        ("arn:aws:iam::123456789012:user/ann", "ann"),
        ("arn:aws:iam::123456789012:user/team/web/ann", "ann"),
        ("arn:aws:sts::123456789012:assumed-role/Deployer/ann@example.com", "ann@example.com (Deployer)"),
        ("arn:aws:sts::123456789012:federated-user/bob", "bob"),
        ("nonsense", "nonsense"),
    ],
)
def test_who_is_said_by_a_short_name(arn: str, name: str) -> None:
    assert who_text(arn) == name


@pytest.mark.parametrize(
    ("files", "text"),
    [
        (Files(), ""),
        (Files(0, 1, 0, (("app.py", Change.CHANGED),)), "app.py"),
        (Files(1, 0, 1, (("a", Change.ADDED), ("b", Change.DELETED))), "1 new, 1 deleted"),
        (Files(12_000, 3, 0, (("a", Change.ADDED),)), "3 changed, 12,000 new"),
    ],
)
def test_files_are_counted_and_a_single_one_is_named(files: Files, text: str) -> None:
    assert files_text(files) == text
