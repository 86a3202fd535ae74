"""The sections of a report, one file each, in the order in which they are read."""

from collections.abc import Callable, Mapping

from hpsearch.analysis.results import Results
from hpsearch.report.section import Section
from hpsearch.report.sections.best import best_section
from hpsearch.report.sections.best_so_far import best_so_far_section
from hpsearch.report.sections.learning_curves import learning_curves_section
from hpsearch.report.sections.plane import plane_section
from hpsearch.report.sections.question import question_section
from hpsearch.report.sections.strategies import strategies_section

SECTIONS: Mapping[str, Callable[[Results], Section]] = {
    "question": question_section,
    "strategies": strategies_section,
    "best": best_section,
    "best_so_far": best_so_far_section,
    "plane": plane_section,
    "learning_curves": learning_curves_section,
}
