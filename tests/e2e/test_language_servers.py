"""A language server that is killed while one works: it comes back, and in the end that is said."""

import os
import signal
from collections.abc import Callable
from functools import partial

from tests.e2e.desk import PROFILE, Desk, text_of, write_profile
from workbench.aws.client_config import Access
from workbench.code.language_server import MAX_RESTARTS
from workbench.ui.features.code.language import Language

GIVEN_UP = "Python completion and checks are unavailable."


def pid(desk: Desk) -> int:
    language = desk.program.window.findChild(Language)
    assert language is not None
    service = language.service
    return service.pids["ty"] if service is not None else 0


def is_another(desk: Desk, killed: int) -> bool:
    return pid(desk) not in (0, killed)


def test_a_killed_server_comes_back_three_times_then_a_button_brings_it_back(
    sit: Callable[[str], Desk], access: Access, function_name: str
) -> None:
    write_profile(access)
    desk = sit(PROFILE)
    desk.wait_for_list()
    desk.open_function(function_name)
    desk.until(lambda: pid(desk))
    for _ in range(MAX_RESTARTS):
        killed = pid(desk)
        os.kill(killed, signal.SIGKILL)
        desk.until(partial(is_another, desk, killed))
    assert not [each for each in desk.window.banners.banners if GIVEN_UP in text_of(each)]
    last = pid(desk)
    os.kill(last, signal.SIGKILL)
    banner = desk.wait_for_message(GIVEN_UP)
    desk.press_remedy(banner)
    desk.until(partial(is_another, desk, last))
    desk.type_over("x: int = ''")
    problems = desk.window.problems.list
    desk.until(
        lambda: [row for row in range(problems.topLevelItemCount()) if "assignable" in _text(desk, row)]
    )


def _text(desk: Desk, row: int) -> str:
    item = desk.window.problems.list.topLevelItem(row)
    return item.text(0) if item is not None else ""
