"""The sections of a report, one file each, in reading order."""

from collections.abc import Callable, Mapping

from hpsearch.report.section import Section
from hpsearch.report.sections.best import best_section
from hpsearch.report.sections.best_so_far import best_so_far_section
from hpsearch.report.sections.closing_in import closing_in_section
from hpsearch.report.sections.costs import costs_section
from hpsearch.report.sections.diagnostics import diagnostics_section
from hpsearch.report.sections.ecdf import ecdf_section
from hpsearch.report.sections.expected_best import expected_best_section
from hpsearch.report.sections.importances import importances_section
from hpsearch.report.sections.isolation import isolation_section
from hpsearch.report.sections.learning_curves import learning_curves_section
from hpsearch.report.sections.next import next_section
from hpsearch.report.sections.paired import paired_section
from hpsearch.report.sections.plane import plane_section
from hpsearch.report.sections.profiles import profiles_section
from hpsearch.report.sections.question import question_section
from hpsearch.report.sections.ranks import ranks_section
from hpsearch.report.sections.strategies import strategies_section
from hpsearch.report.sections.verdict import verdict_section
from hpsearch.results.results import Results

SECTIONS: Mapping[str, Callable[[Results], Section]] = {
    # the first page: the answer and its consequences
    "verdict": verdict_section,
    "strategies": strategies_section,
    "best_so_far": best_so_far_section,
    "diagnostics": diagnostics_section,
    "next": next_section,
    # the best trials and the study's settings
    "best": best_section,
    "question": question_section,
    # the search space
    "importances": importances_section,
    "isolation": isolation_section,
    "plane": plane_section,
    "closing_in": closing_in_section,
    "learning_curves": learning_curves_section,
    # the comparison of strategies
    "paired": paired_section,
    "expected_best": expected_best_section,
    "ecdf": ecdf_section,
    "ranks": ranks_section,
    "profiles": profiles_section,
    "costs": costs_section,
}
