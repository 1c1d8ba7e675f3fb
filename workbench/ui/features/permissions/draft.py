"""The own policy of a role while it is edited: its statements, new ones and accepted proposals."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from workbench.functions.permissions import (
    Proposal,
    RolePermissions,
    Statement,
    statements_of,
    with_statements,
)


@dataclass(frozen=True, slots=True)
class DraftStatement:
    """A statement in the draft.

    Attributes:
        number: Identifies it in the draft.
        before: The statement as it is in AWS; None for a new one.
        is_removed: Whether it goes.
    """

    number: int
    statement: Statement
    before: Statement | None = None
    is_removed: bool = False

    @property
    def is_changed(self) -> bool:
        return self.is_removed or self.statement != self.before


class Draft:
    """The statements of the own policy, edited; nothing is written here.

    Attributes:
        role: As it was read; None before.
        rows: The statements that are there, and the new ones.
        proposals: What is proposed; the accepted ones are part of the document.
    """

    def __init__(self) -> None:
        self.role: RolePermissions | None = None
        self.rows: list[DraftStatement] = []
        self.proposals: tuple[Proposal, ...] = ()
        self._accepted: set[Statement] = set()
        self._number = 0

    def show_role(self, role: RolePermissions) -> None:
        """Takes a role that was read; what was added before stays."""
        self.role = role
        new = [row for row in self.rows if row.before is None]
        there = [DraftStatement(self._next(), each, each) for each in statements_of(role.own_document)]
        self.rows = [*there, *new]

    def propose(self, proposals: Sequence[Proposal]) -> None:
        """Takes proposals; what was accepted of the earlier ones stays accepted."""
        self.proposals = tuple(proposals)

    def add(self, statement: Statement) -> None:
        """Adds a statement, unless the draft has it."""
        if not any(row.statement == statement and not row.is_removed for row in self.rows):
            self.rows.append(DraftStatement(self._next(), statement))

    def change(self, number: int, statement: Statement) -> None:
        """Replaces a statement."""
        self.rows = [replace(row, statement=statement) if row.number == number else row for row in self.rows]

    def remove(self, number: int) -> None:
        """Removes a statement, or keeps it after all; a new one is gone."""
        self.rows = [
            replace(row, is_removed=not row.is_removed) if row.number == number else row
            for row in self.rows
            if row.number != number or row.before is not None
        ]

    def is_accepted(self, proposal: Proposal) -> bool:
        return proposal.statement in self._accepted

    def accept(self, proposal: Proposal, *, accepted: bool) -> None:
        """Adds a proposal to the document, or takes it out."""
        (self._accepted.add if accepted else self._accepted.discard)(proposal.statement)

    @property
    def before(self) -> str:
        """The document in AWS; empty for none."""
        return self.role.own_document if self.role else ""

    @property
    def is_changed(self) -> bool:
        return any(row.is_changed for row in self.rows) or any(map(self.is_accepted, self.proposals))

    def document(self) -> str:
        """The document as it is to be; the one in AWS, to the letter, without a change."""
        if not self.is_changed:
            return self.before
        statements = [row.statement for row in self.rows if not row.is_removed]
        statements += [
            each.statement
            for each in self.proposals
            if self.is_accepted(each) and each.statement not in statements
        ]
        return with_statements(self.before, statements)

    def _next(self) -> int:
        self._number += 1
        return self._number
