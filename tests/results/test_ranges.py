import pytest

from hpsearch.analysis.closing_in import closing_in
from hpsearch.analysis.random_at_twice import random_at_twice
from hpsearch.report.data import SHARED
from hpsearch.report.figures import picture
from hpsearch.report.sections.best_so_far import best_so_far_section
from hpsearch.report.sections.closing_in import closing_in_section
from hpsearch.results.double_budget import doubled
from hpsearch.results.narrowed_ranges import ranges
from tests.example_results import make_results, make_study, of_studies
from tests.report.built import narrowing


@pytest.fixture(scope="module")
def narrowed():
    return narrowing(2, 30)


def test_the_ranges_are_those_that_trials_noted(narrowed):
    results, studies = narrowed
    trial = studies[1].trials[25]
    row = results.ranges.query("repeat == 1 and number == 25 and parameter == 'rate'")
    assert row[["low", "high"]].to_numpy().tolist() == [trial.user_attrs["range:rate"]]
    assert set(results.ranges["parameter"]) == {"rate", "units"}
    assert results.ranges["number"].max() == 29
    assert ranges(studies, 12)["number"].max() == 11


def test_widths_shrink_and_explorers_are_left_out(narrowed):
    results, _ = narrowed
    found = closing_in(results)
    assert found["width"].between(0, 1).all()
    assert (found.loc[found["number"] < 10, "width"] == 1.0).all()
    last = found[(found["number"] >= 20) & (found["parameter"] == "rate")]
    assert (last["width"] < 1.0).all()
    explored = results.ranges.query("parameter == 'rate' and number >= 10 and low < 1.1e-6 and high > 0.99")
    kept = found.merge(explored, on=["repeat", "number", "parameter"])
    assert len(explored) > len(kept)


def test_the_section_says_how_much_is_left(narrowed):
    section = closing_in_section(narrowed[0])
    found = closing_in(narrowed[0])
    last = found[found["parameter"] == "rate"].sort_values("number").groupby("repeat")["width"].last().median()
    assert section.facts["parameter_1"] == "rate"
    assert section.facts["share_1"] == max(round(100 * last), 1)
    assert picture(section.drawing.figure).svg


def test_no_ranges_is_said_in_a_line():
    section = closing_in_section(make_results())
    assert section.drawing is None
    assert len(section.prose) == 1


def test_random_at_twice_the_budget_is_shown_where_it_was_run():
    runs = {
        0: [1.0, 2.0, 5.0, 3.0],
        1: [1.0, 1.0, 2.0, 7.0],
        2: [1.0, 1.0, 9.0],  # has not spent it twice
    }
    studies = [
        make_study(f"{name}/{repeat}", task="digits", strategy=name, repeat=repeat, values=values)
        for name in ("random", "tpe")
        for repeat, values in runs.items()
    ]
    results = of_studies(studies, ["random", "tpe"], 2, doubled=doubled(studies, 2))
    assert results.doubled["value"].tolist() == [5.0, 7.0, 5.0, 7.0]
    assert random_at_twice(results, "digits") == 6.0
    section = best_so_far_section(results)
    assert section.facts["twice"] == 4
    assert "data/tasks.csv" in section.files
    assert SHARED["tasks"](results)["random_at_twice"].tolist() == [6.0]
    labelled = {text.get_text() for axes in section.drawing.figure.axes for text in axes.texts}
    assert "random × 2" in labelled


def test_a_label_says_what_kind_of_strategy_it_is():
    study = make_study("r/0", task="digits", strategy="baseline", repeat=0, values=[1.0, 2.0])
    named = {"strategies": {"baseline": {"strategy": "random"}}}
    results = of_studies([study], ["baseline"], 1, doubled=doubled([study], 1), settings=named)
    assert random_at_twice(results, "digits") == 2.0
    assert "twice" not in best_so_far_section(make_results()).facts
