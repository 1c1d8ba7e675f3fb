"""Bytes of a worker become messages, however the pipe cuts them."""

import time

from hypothesis import given
from hypothesis import strategies as st

from workbench.sandbox.launcher.log_lines import OutputDecoder


def frame(text: str, *, time_us: int | None = None) -> bytes:
    data = text.encode()
    stamp = int(time.time() * 1_000_000) if time_us is None else time_us
    return b"\xa5\x5a\x00\x03" + len(data).to_bytes(4, "big") + stamp.to_bytes(8, "big") + data


def decode(blocks: list[bytes]) -> list[str]:
    decoder = OutputDecoder()
    messages = [message for block in blocks for message in decoder.feed(block)]
    return [message.text for message in [*messages, *decoder.flush()]]


LINES = st.lists(
    st.one_of(
        st.text(st.characters(codec="utf-8", exclude_characters="\n")).map(
            lambda text: ("line", f"{text}\n")
        ),
        st.text(st.characters(codec="utf-8")).map(lambda text: ("frame", text)),
    )
)


@given(LINES, st.integers(1, 40))
def test_every_message_arrives_whole_and_in_order(parts: list[tuple[str, str]], block_bytes: int) -> None:
    data = b"".join(text.encode() if kind == "line" else frame(text) for kind, text in parts)
    blocks = [data[start : start + block_bytes] for start in range(0, len(data), block_bytes)]
    assert decode(blocks) == [text for _, text in parts]


@given(st.lists(st.binary(max_size=60)))
def test_no_bytes_break_it_or_get_lost(blocks: list[bytes]) -> None:
    assert "".join(decode(blocks)).count("\n") >= 0
    plain = [block for block in blocks if b"\xa5" not in block]
    assert "".join(decode(plain)) == b"".join(plain).decode("utf-8", "replace") or b"\n" in b"".join(plain)


def test_a_frame_after_a_print_without_a_newline() -> None:
    assert decode([b"no newline" + frame("[ERROR] boom\nTraceback")]) == [
        "no newline",
        "[ERROR] boom\nTraceback",
    ]


def test_what_only_looks_like_a_frame_is_text() -> None:
    long_ago = frame("early", time_us=0)
    huge = b"\xa5\x5a\x00\x03\xff\xff\xff\xff" + bytes(8) + b"\n"
    assert [text.rstrip("\n")[-5:] for text in decode([long_ago + b"\n"])] == ["early"]
    assert len(decode([huge])) >= 1
    assert decode([b"\xa5\n"]) == ["\ufffd\n"]


def test_a_cut_frame_is_given_at_the_end() -> None:
    assert decode([frame("complete")[:-3]])[0].endswith("compl")


def test_an_endless_line_is_given_in_parts() -> None:
    texts = decode([b"x" * 1000] * 600)
    assert len(texts) > 1
    assert sum(len(text) for text in texts) == 600_000
