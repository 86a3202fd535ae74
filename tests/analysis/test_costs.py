import math

from hpsearch.analysis.costs import costs
from hpsearch.report.sections.costs import costs_section
from tests.example_results import make_results


def test_sums_and_medians_over_finished_trials():
    results = make_results(strategies=("tpe", "random"), repeats=2, trials=3, diverge_above=2.0)
    results.trials["seconds"] = [1.0, 2.0, 6.0, 1.0, 1.0, 1.0] + [math.nan] * 6
    results.trials.loc[2, "state"] = "RUNNING"
    found = costs(results).set_index("variant")
    assert list(found.index) == ["tpe", "random"]
    assert found["trials"].tolist() == [5, 6]
    assert found["seconds"].tolist()[0] == 6.0
    assert found["seconds_a_trial"].tolist()[0] == 1.0
    assert math.isnan(found.loc["random", "seconds"])
    assert found["epochs"].tolist() == [20.0, 24.0]


def test_what_no_trial_tells_is_not_drawn():
    results = make_results(trials=2)
    results.trials[["epochs", "seconds"]] = math.nan
    section = costs_section(results)
    assert section.drawing is None
    assert len(section.prose) == 1
