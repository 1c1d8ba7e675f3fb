"""The roles of a large organisation: searched and ticked without a stall."""

from tests.stall import StallWatch
from workbench.profiles.sso_api import Account, AccountRole
from workbench.ui.features.profiles.portal_roles import RoleModel

ACCOUNTS, ROLES = 4_000, ("Admin", "PowerUser", "ReadOnly")


def large() -> RoleModel:
    model = RoleModel({("000000000000", "Admin")})
    for number in range(ACCOUNTS):
        account = Account(f"{number:012d}", f"Team {number}", f"team-{number}@example.com")
        model.add([AccountRole(account, role) for role in ROLES])
    return model


def test_a_search_finds_every_word_anywhere() -> None:
    shown = large()
    for text, count in (
        ("team-3999@EXAMPLE admin", 1),
        ("readonly team 3999", 1),
        ("000000000042", 3),
        ("", ACCOUNTS * 3),
        ("nobody", 0),
        ("team", ACCOUNTS * 3),
    ):
        shown.search(text)
        assert shown.rowCount() == count, text


def test_twelve_thousand_roles_are_searched_and_ticked_at_once(qapp: object) -> None:
    model = large()
    with StallWatch():
        model.search("readonly")
    with StallWatch():
        model.tick(model.visible, on=True)
    assert len(model.chosen) == ACCOUNTS


def test_what_is_there_is_never_chosen() -> None:
    model = large()
    model.tick(model.all, on=True)
    assert len(model.chosen) == ACCOUNTS * 3 - 1
    model.tick(model.all[:10], on=False)
    assert len(model.chosen) == (ACCOUNTS * 3 - 1) - 9
