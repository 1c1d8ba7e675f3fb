"""What the program may do in an account of the Sandbox, and what a person can read in its window."""

import json
from collections.abc import Iterable, Sequence

from PySide6.QtCore import QAbstractItemModel, QAbstractListModel, QModelIndex, Qt
from PySide6.QtGui import QTextDocumentFragment
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

from tests.sandbox_keys import run_secret
from workbench.aws.client_config import Access
from workbench.aws.iam import PolicyFile, policy_files, statement_for
from workbench.sandbox.supervisor import send_control


def limit(
    access: Access, *, denied: Iterable[str] = (), policies: Sequence[PolicyFile] | None = None
) -> None:
    """Limits an account's calls to what one of these policies allows (None: no limit), less some actions."""
    assert access.keys is not None
    wanted = {
        "account_id": access.keys.access_key_id,
        "policies": None if policies is None else [json.loads(each.text) for each in policies],
        "denied": list(denied),
    }
    assert send_control(int(access.endpoint_url.rpartition(":")[2]), run_secret(), "permissions", wanted)


def policies_of(level: str) -> list[PolicyFile]:
    """All policies that a person of a level attaches."""
    return [each for each in policy_files() if each.level == level]


def named(action: str) -> str:
    """How the window names a missing action, and the line of a policy that gives it."""
    statement = statement_for(action)
    assert statement is not None, action
    return f"{action} (statement {statement.sid} of {statement.file}"


def read(widget: QWidget) -> str:
    """All that can be read in a widget, also by scrolling: labels, buttons, fields and tables."""
    found = [text for child in widget.findChildren(QWidget) if child.isVisible() for text in _texts(child)]
    return "\n".join(text for text in found if text.strip())


def _texts(widget: QWidget) -> Iterable[str]:
    if widget.toolTip():
        yield QTextDocumentFragment.fromHtml(widget.toolTip()).toPlainText()
    if isinstance(widget, QLabel | QAbstractButton | QLineEdit):
        yield widget.text()
    elif isinstance(widget, QPlainTextEdit | QTextEdit):
        yield widget.toPlainText()
        yield widget.placeholderText()
    elif isinstance(widget, QAbstractItemView) and widget.model() is not None:
        yield from _cells(widget.model(), QModelIndex())


def _cells(model: QAbstractItemModel, parent: QModelIndex) -> Iterable[str]:
    columns = 1 if isinstance(model, QAbstractListModel) else model.columnCount(parent)
    for row in range(model.rowCount(parent)):
        for column in range(columns):
            index = model.index(row, column, parent)
            yield str(index.data(Qt.ItemDataRole.DisplayRole) or "")
            if column == 0:
                yield from _cells(model, index)
