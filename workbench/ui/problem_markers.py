"""Problems as the editor marks them."""

from workbench.code.syntax import Problem
from workbench.ui.editor import Marker, Severity


def marker_of(problem: Problem) -> Marker:
    """The mark of a problem that has a line."""
    return Marker(
        problem.line,
        max(1, problem.column),
        problem.end_line or problem.line,
        problem.end_column or max(2, problem.column + 1),
        problem.message,
        Severity(problem.severity),
        problem.source,
        problem.rule,
        problem.tag,
    )
