"""What the language servers are told while a person types."""

import json

from tests.ui.features.code.coder import CodeServer
from tests.ui.features.code.language.desk import LanguageDesk


def test_several_keys_are_told_at_once_and_in_order(desk: LanguageDesk, server: CodeServer) -> None:
    desk.open(server.function("hello", {"app.py": "x = 1\n"}))
    told: list[str] = []

    def hear(_server: str, method: str, params: str) -> None:
        if method == "textDocument/didChange":
            told.append(params)

    desk.files.editor.language.notified.connect(hear)
    desk.at(1, 1)
    desk.type("# words")

    def typed() -> str:
        return "".join(change["text"] for each in told for change in json.loads(each)["contentChanges"])

    desk.until(lambda: typed() == "# words")
    assert len(told) < len("# words")
    versions = [json.loads(each)["textDocument"]["version"] for each in told]
    assert versions == sorted(set(versions))
