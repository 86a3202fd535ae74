"""The sections of a report, one file each, in reading order."""

from collections.abc import Mapping

from hpsearch.analysis.views import by_objective, searching
from hpsearch.report.part import (
    CLAIMS,
    CURVES,
    DEFAULTS,
    ENOUGH,
    INDEPENDENT_DRAWS,
    RANDOM,
    RANGES,
    SEARCH,
    SEVERAL_SEARCHES,
    SEVERAL_TASKS,
    SEVERAL_VARIANTS,
    SPACE,
    TRUE_VALUES,
    Need,
    Part,
)
from hpsearch.report.sections.answer import answer_section
from hpsearch.report.sections.best import best_section
from hpsearch.report.sections.best_so_far import best_so_far_section
from hpsearch.report.sections.claims import claims_section
from hpsearch.report.sections.closing_in import closing_in_section
from hpsearch.report.sections.costs import costs_section
from hpsearch.report.sections.diagnostics import diagnostics_section
from hpsearch.report.sections.ecdf import ecdf_section
from hpsearch.report.sections.expected_best import expected_best_section
from hpsearch.report.sections.figure import figure_section, has_figure
from hpsearch.report.sections.importances import importances_section
from hpsearch.report.sections.isolation import isolation_section
from hpsearch.report.sections.learning_curves import learning_curves_section
from hpsearch.report.sections.next import next_section
from hpsearch.report.sections.paired import paired_section
from hpsearch.report.sections.plane import plane_section
from hpsearch.report.sections.profiles import profiles_section
from hpsearch.report.sections.question import question_section
from hpsearch.report.sections.ranks import ranks_section
from hpsearch.report.sections.task_summary import task_summary_section
from hpsearch.report.sections.true_value import true_value_section
from hpsearch.report.sections.tuning import tuning_section
from hpsearch.report.sections.variants import variants_section
from hpsearch.report.sections.verdict import verdict_section

ANSWER, RESULTS, THE_SEARCH, HYPERPARAMETERS, STUDY = (
    "The answer", "The results", "The search", "The hyperparameters", "The study"
)  # fmt: skip

FIGURE = Need(has_figure, "the study file asks for none", silent=True)

SECTIONS: Mapping[str, Part] = {
    "answer": Part("the answer", answer_section, ANSWER),
    "claims": Part("claims", claims_section, RESULTS, needs=(CLAIMS,)),
    "figure": Part("the study's figure", figure_section, RESULTS, needs=(FIGURE,)),
    "verdict": Part("verdicts", verdict_section, RESULTS, needs=(SEVERAL_VARIANTS, RANDOM)),
    "paired": Part("paired differences", paired_section, RESULTS, needs=(SEVERAL_VARIANTS, RANDOM)),
    "variants": Part("scores and costs", variants_section, RESULTS),
    "task_summary": Part("the tasks together", task_summary_section, RESULTS, needs=(SEVERAL_VARIANTS, SEVERAL_TASKS)),
    "tuning": Part("tuning against the defaults", tuning_section, RESULTS, needs=(DEFAULTS,)),
    "ecdf": Part("runs at the target", ecdf_section, RESULTS, searching, (SEVERAL_VARIANTS, SEVERAL_SEARCHES)),
    "ranks": Part("ranks", ranks_section, RESULTS, searching, (SEVERAL_VARIANTS, SEVERAL_SEARCHES)),
    "profiles": Part(
        "performance profiles", profiles_section, RESULTS, searching, (SEVERAL_VARIANTS, SEVERAL_SEARCHES, ENOUGH)
    ),
    "diagnostics": Part("diagnostics", diagnostics_section, THE_SEARCH, by_objective, (SEARCH,)),
    "next": Part("the next study", next_section, THE_SEARCH, needs=(SEARCH,)),
    "best_so_far": Part("the best value so far", best_so_far_section, THE_SEARCH, searching, (SEARCH,)),
    "true_value": Part(
        "true values of the best trials", true_value_section, THE_SEARCH, searching, (SEARCH, TRUE_VALUES)
    ),
    "expected_best": Part(
        "the expected best of more trials", expected_best_section, THE_SEARCH, by_objective, (SEARCH, INDEPENDENT_DRAWS)
    ),
    "learning_curves": Part("learning curves", learning_curves_section, THE_SEARCH, needs=(CURVES,)),
    "best": Part("the best hyperparameters", best_section, HYPERPARAMETERS),
    "importances": Part(
        "importances of hyperparameters", importances_section, HYPERPARAMETERS, by_objective, (SEARCH, SPACE)
    ),
    "isolation": Part("good values in each range", isolation_section, HYPERPARAMETERS, by_objective, (SEARCH, SPACE)),
    "plane": Part("trials over two hyperparameters", plane_section, HYPERPARAMETERS, by_objective, (SEARCH, SPACE)),
    "closing_in": Part("narrowed ranges", closing_in_section, HYPERPARAMETERS, by_objective, (SEARCH, SPACE, RANGES)),
    "question": Part("the question", question_section, STUDY),
    "costs": Part("costs", costs_section, STUDY),
}
"""Parts of a report by key, in reading order."""
