"""What the terminal says at the end of a study that adds repeats until all is resolved."""

from dataclasses import replace

import pytest
from rich.console import Console

from hpsearch.analysis.comparison.verdicts import verdicts
from hpsearch.cli.printing import print_resolution
from tests.example_results import make_results


@pytest.fixture(scope="module")
def verdict():
    (one,) = verdicts(make_results(strategies=("random", "tpe"), repeats=8))
    return replace(one, verdict="not resolved", needed=None, planned_may_resolve=False)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"verdict": "better"}, "tpe against random: better"),
        ({"needed": 34}, "tpe against random: not resolved; about 34 repeats would probably resolve it"),
        (
            {"needed": 34, "planned_may_resolve": True, "repeats_planned": 20},
            "tpe against random: not resolved; the planned 20 repeats would probably resolve it",
        ),
        ({}, "tpe against random: not resolved; it would take more than 100 repeats, or there is no difference"),
        ({"repeats": 7}, "tpe against random: not resolved"),
        ({"at_planned_budget": False, "needed": 34}, "tpe against random: not resolved"),
    ],
)
def test_each_comparison_has_its_verdict_and_the_repeats_that_it_would_take(verdict, changes, line):
    console = Console(record=True, width=200)
    print_resolution(console, [replace(verdict, **changes)])
    assert console.export_text() == f"{line}\n"
