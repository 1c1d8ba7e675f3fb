"""Who hears what language servers say, on whatever thread, and waits for it."""

import threading
from collections.abc import Callable
from pathlib import Path

from workbench.code.language_server import Json, Message
from workbench.code.language_service import LanguageService
from workbench.code.syntax import Problem

PATIENCE_S = 30.0


class Listener:
    """Hears a service."""

    service: LanguageService

    def __init__(self) -> None:
        self.started: list[str] = []
        self.problems: dict[str, tuple[Problem, ...]] = {}
        self.given_up: list[tuple[str, str]] = []
        self._news = threading.Condition()

    def on_started(self, server: str) -> None:
        with self._news:
            self.started.append(server)
            self._news.notify_all()

    def on_problems(self, path: str, problems: tuple[Problem, ...]) -> None:
        with self._news:
            self.problems[path] = problems
            self._news.notify_all()

    def on_given_up(self, server: str, reason: str) -> None:
        with self._news:
            self.given_up.append((server, reason))
            self._news.notify_all()

    def until(self, condition: Callable[[], object]) -> None:
        """Waits for news that make something so."""
        with self._news:
            assert self._news.wait_for(lambda: bool(condition()), PATIENCE_S), "it was waited for in vain"

    def messages(self, path: str) -> list[str]:
        """What is wrong with a file."""
        return [problem.message for problem in self.problems.get(path, ())]

    def open(self, root: Path, path: str, text: str, only: str = "") -> None:
        """A document is open with this text, whatever is on disk."""
        document: Message = {
            "uri": (root / path).as_uri(),
            "languageId": "python",
            "version": 1,
            "text": text,
        }
        self.service.notify("textDocument/didOpen", {"textDocument": document}, only)

    def ask(self, method: str, params: Message) -> Json:
        """The answer. Raises AssertionError when it is refused."""
        done = threading.Event()
        answers: list[Json] = []
        reasons: list[str] = []

        def answered(result: Json) -> None:
            answers.append(result)
            done.set()

        def refused(reason: str) -> None:
            reasons.append(reason)
            done.set()

        self.service.request(
            method,
            params,
            answered,
            refused,
        )
        assert done.wait(PATIENCE_S), f"no answer to {method}"
        assert not reasons, reasons
        return answers[0]


def place(root: Path, path: str, line: int, character: int) -> Message:
    """A position in a document, from 0, as the protocol has it."""
    return {
        "textDocument": {"uri": (root / path).as_uri()},
        "position": {"line": line, "character": character},
    }
