import io
import json
import math
from dataclasses import replace

import pytest

from hpsearch.analysis.best import best
from hpsearch.report.data import by_run
from hpsearch.report.figures import picture
from hpsearch.report.section import LEVELS
from hpsearch.report.sections import SECTIONS
from hpsearch.report.text import NOTHING
from hpsearch.report.write import report_files
from tests.combinations import more
from tests.example_results import make_results
from tests.factor_runs import INITIALIZERS, OPTIMIZERS, loaded
from tests.report.built import EXAMPLES, sections_of, tiled


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_section_answers_or_says_why_not(name):
    for key, section in sections_of(name).items():
        assert section.key == key
        assert section.title
        paragraphs = section.paragraphs(str)
        assert all(paragraph.strip() for paragraph in paragraphs), key
        if not section.tables and not section.cards and section.drawing is None:
            assert paragraphs, key
        if section.drawing is not None:
            assert section.alt(str).endswith("."), key
        for table in section.tables:
            rows = table.rows()
            assert len(rows) == len(table.frame) > 0, key
            assert {len(row) for row in rows} == {len(table.columns)}, key
            assert all(cell and "nan" not in cell.split() for row in rows for cell in row), key
        for card in section.cards:
            assert card.level in LEVELS, key
            assert card.words(str).strip(), key
        for frame in section.data.values():
            assert list(frame), key
        json.dumps([section.facts, *(card.facts for card in section.cards)])


@pytest.mark.parametrize("name", ["all diverged, infinite", more("one trial"), "mixed kinds"])
@pytest.mark.parametrize("key", SECTIONS)
def test_figures_can_be_drawn(key, name):
    section = sections_of(name).get(key)
    if section and section.drawing is not None:
        assert picture(section.drawing.figure).svg


def unvalued(results, count, task="digits"):
    """Return results in which all trials of a task fail except the first `count` of each run."""
    trials = results.trials
    failed = (trials["task"] == task) & (trials["number"] >= count)
    changed = trials.assign(value=trials["value"].mask(failed), state=trials["state"].mask(failed, "FAIL"))
    return replace(results, trials=changed)


def test_a_line_without_a_finite_mean_is_the_median():
    """A run of three has no value at all, so that the mean over runs is infinite for any number of trials."""
    results = make_results(strategies=("random", "tpe"), repeats=3)
    trials = results.trials
    lost = trials["repeat"] == 1
    failed = trials.assign(value=trials["value"].mask(lost), state=trials["state"].mask(lost, "FAIL"))
    section = SECTIONS["expected_best"](replace(results, trials=failed))
    curves = section.data["expected_best"]
    assert not (curves["mean"].abs() < math.inf).any()
    assert section.facts["by_median"] == "random"
    assert "For random the line is the median" in " ".join(section.paragraphs(str))
    assert "∞" not in section.alt(str)
    (line,) = section.drawing.figure.axes[0].lines
    finite = curves["median"][curves["median"].abs() < math.inf]
    assert line.get_ydata().tolist() == finite.tolist()
    assert picture(section.drawing.figure).svg


def test_a_task_without_a_feasible_trial_leaves_the_panels_of_the_others():
    results = make_results(tasks=("digits", "iris"), repeats=2, trials=6, direction="minimize", diverge_above=1.0)
    infinite = results.trials["value"].mask(results.trials["task"] == "iris", math.inf)
    section = SECTIONS["isolation"](replace(results, trials=results.trials.assign(value=infinite)))
    assert picture(section.drawing.figure).svg


def test_a_study_of_which_no_trial_has_a_value_nor_a_curve_has_a_report():
    files = report_files(unvalued(make_results(repeats=2, trials=3, curves=False), 0))
    assert "None yet: no complete" in files["report.md"].decode()


def verdict(**changes):
    return SECTIONS["variants"](make_results(**changes)).paragraphs(str)[0]


def test_the_verdict_claims_no_more_than_there_is():
    assert "too few for an interval" in verdict(repeats=1)
    assert "decide nothing" in verdict(tested=False)
    assert "no run has spent its budget" in verdict(finished=3)
    assert "best" not in verdict(strategies=("tpe",))
    assert "not a finite number" in verdict(diverge_above=0.0, direction="minimize")


def test_less_is_better_where_the_study_minimizes():
    section = SECTIONS["variants"](make_results(direction="minimize"))
    table = section.tables[0].frame
    assert section.facts["best"] == table["test"].min()


def test_a_budget_that_was_not_enough_is_shown_as_more_than_it():
    results = make_results()
    section = SECTIONS["variants"](results)
    frame = section.tables[0].frame.assign(trials_to_random=[math.inf, math.nan, 3.5])
    column = next(each for each in section.tables[0].columns if each.heading == "Trials to match random")
    assert [column.write(row) for row in frame.to_dict("records")] == ["> 12", NOTHING, "3.5"]


def test_the_code_holds_the_best_hyperparameters_exactly():
    section = SECTIONS["best"](make_results())
    names: dict = {"study": type("Study", (), {"enqueue_trial": lambda self, params: None})()}
    exec(section.code, names)
    frame = section.tables[0].frame
    assert names["params"] == dict(zip(frame["parameter"], frame["value"], strict=True))


def test_best_so_far_orders_its_medians_best_first():
    for direction, order in (("maximize", -1), ("minimize", 1)):
        facts = SECTIONS["best_so_far"](make_results(direction=direction)).facts
        medians = [facts[f"median_{place}"] for place in (1, 2, 3)]
        assert medians == sorted(medians, key=lambda median: order * median)


def test_plane_counts_what_diverged():
    results = make_results(diverge_above=0.05)
    section = SECTIONS["plane"](results)
    assert section.facts["failed"] == results.trials["diverged"].sum() > 0
    assert section.facts["trials"] == len(results.trials)


def test_plane_stays_light_with_many_trials():
    results = tiled(make_results(strategies=("tpe",), trials=40, repeats=4, curves=False), 10)
    section = SECTIONS["plane"](results)
    svg = picture(section.drawing.figure).svg
    assert "<image" in svg
    assert len(svg) < 500_000


def test_learning_curves_are_those_of_the_best():
    results = make_results(repeats=4)
    data = SECTIONS["learning_curves"](results).data["learning_curves"]
    trials = by_run(results, results.trials)
    shown = data.merge(trials, on=["run", "number"], validate="many_to_one").groupby("rank")["value"].first()
    assert shown.tolist() == sorted(results.trials["value"], reverse=True)[:5]
    assert (data.groupby("rank").size() == 4).all()


def test_trials_still_at_their_best_are_counted():
    results = make_results(strategies=("tpe",), repeats=1, trials=2, epochs=3, diverge_above=2.0)
    results.curves["validation_score"] = [0.1, 0.2, 0.3, 0.1, 0.3, 0.2]
    facts = SECTIONS["learning_curves"](results).facts
    assert (facts["trials"], facts["still"]) == (2, 1)


@pytest.mark.parametrize(("direction", "best"), [("maximize", max), ("minimize", min)])
def test_plane_names_what_half_of_the_trials_reach_best_first(direction, best):
    results = make_results(direction=direction, diverge_above=2.0)
    facts = SECTIONS["plane"](results).facts
    medians = results.trials.groupby("variant")["value"].median().to_dict()
    written = {facts[f"strategy_{place}"]: facts[f"median_{place}"] for place in (1, 2, 3)}
    assert written == pytest.approx(medians)
    assert facts["median_1"] == best(medians.values())


def test_of_equal_trials_the_places_told_are_those_of_one():
    results = make_results()
    tied = replace(results, trials=results.trials.assign(value=results.trials["value"].round(1)))
    facts = SECTIONS["isolation"](tied).facts
    (incumbent,) = best(tied)
    assert (tied.trials["value"] == incumbent.value).sum() > 5
    for place, (name, value) in enumerate(incumbent.params.items(), 1):
        low, high = map(float, facts[f"where_{place}"].split(" to "))
        assert facts[f"parameter_{place}"] == name
        assert 0.95 * low <= value <= 1.05 * high  # the text has two digits


def test_panels_of_one_bar_have_room_for_the_title_below_and_the_labels_beside():
    """A title lay on the tick labels of the panel above it, and a label beyond the figure's edge."""
    figure = SECTIONS["importances"](
        loaded(factors={"optimizer": OPTIMIZERS, "initializer": INITIALIZERS})
    ).drawing.figure
    figure.savefig(io.BytesIO(), format="png")
    panels = [axes for axes in figure.axes if axes.get_visible()]
    boxes = [axes.get_tightbbox() for axes in panels]
    for box, below in zip(boxes, boxes[2:], strict=False):
        assert below.y1 <= box.y0
    assert max(box.x1 for box in boxes) <= figure.bbox.x1
