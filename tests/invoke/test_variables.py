"""Variables of a test event: replaced at sending, refused when unknown, literal braces possible."""

import itertools
import json
from datetime import UTC, datetime

import pytest

from workbench.core.errors import WorkbenchError
from workbench.invoke.payload import (
    apply_outside_variables,
    as_json,
    has_variables,
    lay_out,
    resolve_variables,
)

NOW = datetime(2026, 7, 1, 12, 0, 0, 250_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ('{"a": "{{uuid}}", "b": "{{ uuid }}"}', '{"a": "id-1", "b": "id-2"}'),
        ('{"at": {{now}}}', '{"at": 1782907200}'),
        ('{"at": "{{now_iso}}"}', '{"at": "2026-07-01T12:00:00.250Z"}'),
        ('{"at": {{epoch_ms}}}', '{"at": 1782907200250}'),
        ('{"a": "{{{{name}}"}', '{"a": "{{name}}"}'),
        ('{"a": {"b": {}}}', '{"a": {"b": {}}}'),
        ('{"a": "{{"}', '{"a": "{{"}'),
        ('{"a": "{{not one}}"}', '{"a": "{{not one}}"}'),
        ("", ""),
    ],
)
def test_variables_become_values(text: str, sent: str) -> None:
    numbers = itertools.count(1)
    assert resolve_variables(text, NOW, lambda: f"id-{next(numbers)}") == sent


@pytest.mark.parametrize("name", ["user", "UUID", "a.b", "x" * 500])
def test_an_unknown_variable_is_refused_by_name_and_line(name: str) -> None:
    with pytest.raises(WorkbenchError) as caught:
        resolve_variables(f'{{\n"a": "{{{{{name}}}}}"}}', NOW)
    assert f"{{{{{name[:60]}}}}}, in line 2" in caught.value.why
    assert "{{uuid}}" in caught.value.remedy
    assert "{{{{" in caught.value.remedy


def test_the_form_is_checked_with_numbers_in_place_of_variables() -> None:
    text = '{"at": {{now}}, "in": "{{now}}"}'
    assert json.loads(as_json(text)) == {"at": 1111111, "in": "{{now}}"}
    assert len(as_json(text)) == len(text)  # so that places stay right
    assert has_variables(text)
    assert not has_variables('{"a": {"b": {}}}')


def test_variables_stay_when_the_event_is_laid_out() -> None:
    text = '{"at":{{now}},"id":"{{uuid}}","n":[{{epoch_ms}},12]}'
    assert apply_outside_variables(lay_out, text) == (
        '{\n  "at": {{now}},\n  "id": "{{uuid}}",\n  "n": [\n    {{epoch_ms}},\n    12\n  ]\n}'
    )
