"""What a few typed letters find, and in which order."""

import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.ui.kit.fuzzy import positions, rank


def found(query: str, *texts: str) -> list[str]:
    return [texts[number] for number in rank(query, texts)]


def test_letters_match_in_order_only() -> None:
    assert found("gc", "get-config", "config-get", "xyz") == ["get-config"]
    assert found("zz", "z") == []


def test_an_empty_query_keeps_everything_in_order() -> None:
    assert found("", "b", "a") == ["b", "a"]
    assert found("  ", "b", "a") == ["b", "a"]


def test_better_matches_come_first() -> None:
    best_first = [
        "api",  # the whole text
        "api-gateway",  # its start
        "my-api",  # a word's start
        "a-pi",  # letters that start words or follow each other
        "xapixx",  # in one piece inside a word
        "bab-xpxxi",  # letters anywhere
    ]
    assert found("api", *reversed(best_first)) == best_first


@pytest.mark.parametrize(
    ("query", "better", "worse"),
    [
        ("gc", "get-config", "magic"),
        ("gc", "GetConfig", "magic"),
        ("hh", "hello-http", "highlight"),
        ("order", "my-orders", "reorder-x"),
        ("api", "api", "api-with-a-long-name"),
        ("ks", "Keyboard Shortcuts", "Desks"),
        ("command p", "Command Palette", "Commands Up"),
    ],
)
def test_word_starts_win(query: str, better: str, worse: str) -> None:
    assert found(query, worse, better)[0] == better


def test_case_and_spaces_do_not_matter() -> None:
    assert found("KEY SHORT", "Keyboard Shortcuts") == ["Keyboard Shortcuts"]
    assert found("keyshort", "Keyboard Shortcuts") == ["Keyboard Shortcuts"]


def test_signs_are_letters_like_any_other() -> None:
    texts = ("a.b", "a^b", "a]b", "a\\b", "a*b")
    for text in texts:
        assert found(text, *texts) == [text]
        assert found(text[1], *texts) == [text]


def test_positions_show_the_match_that_was_ranked() -> None:
    assert positions("http", "hello-http") == (6, 7, 8, 9)
    assert positions("hh", "hello-http") == (0, 6)
    assert positions("gco", "magic-get-config") == (6, 10, 11)
    assert positions("nope", "hello") == ()
    assert positions("", "hello") == ()


@given(st.text("abAB-_. ]^é", max_size=12), st.text("abAB-_. ]^é", min_size=1, max_size=5))
def test_a_text_matches_exactly_if_it_has_the_letters_in_order(text: str, query: str) -> None:
    rest = iter(text.lower())
    letters = "".join(query.lower().split())
    expected = all(letter in rest for letter in letters)
    assert bool(rank(query, [text])) == expected
    if letters and expected:
        places = positions(query, text)
        assert list(places) == sorted(set(places))
        assert "".join(text[place] for place in places).lower() in (letters, query.strip().lower())


@pytest.mark.parametrize("query", ["o", "oa", "oai0", "orders-api", "eeer", "zzzz", "a" * 30])
def test_ten_times_the_rows_take_about_ten_times_as_long(query: str) -> None:
    texts = [f"orders-api-EventHandler-{number:05d}-prod" for number in range(10_000)]

    def used_s(rows: Sequence[str]) -> float:
        start = time.thread_time()
        rank(query, rows)
        return time.thread_time() - start

    assert min(used_s(texts) for _ in range(5)) < 30 * min(used_s(texts[:1_000]) for _ in range(5))


def test_of_very_many_matches_those_at_the_start_of_words_come_first_and_none_is_lost() -> None:
    texts = [
        f"pile-of-ink-{number}" if number % 3 else f"pay-the-importer-{number}" for number in range(9_000)
    ]
    found = rank("pti", texts)
    assert [texts[number] for number in found[:3]] == [f"pay-the-importer-{number}" for number in (0, 3, 6)]
    assert found == list(range(0, 9_000, 3))
    found = rank("pi", texts)
    assert sorted(found) == list(range(9_000))
    assert rank("zz", texts) == []
