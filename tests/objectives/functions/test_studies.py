"""The studies of paths that ship: they run by their names and show what chapter and lecture describe."""

import pytest
from optuna.storages import InMemoryStorage

from hpsearch.analysis.claims import decided
from hpsearch.execution import execute
from hpsearch.report.sections.figure import figure_section
from hpsearch.results.load import load_results
from hpsearch.study.plan import plan


@pytest.fixture(scope="module", params=["optimizer-paths", "momentum-escapes"])
def results(request):
    ready, storage = plan(request.param), InMemoryStorage()
    execute(ready, storage)
    return load_results(storage, request.param)


EXPECTED = {
    "optimizer-paths": {"crossings.y": {"SGD": 30, "Momentum": 4, "AdaGrad": 0, "Adam": 2}},
    "momentum-escapes": {"x": {"SGD": -2, "Momentum": 4}, "distance": {"SGD": 6, "Momentum": 0}},
}


def test_paths_are_as_chapter_and_lecture_have_them(results):
    ends = results.measures.drop_duplicates(["variant", "measure"], keep="last")
    for name, values in EXPECTED[results.name].items():
        of_measure = ends[ends["measure"] == name].set_index("variant")["value"]
        assert of_measure.to_dict() == pytest.approx(values, abs=0.05)


def test_claims_are_decided_exactly_by_one_repeat(results):
    decisions = decided(results)
    assert len(decisions) == {"optimizer-paths": 4, "momentum-escapes": 2}[results.name]
    for decision in decisions:
        assert (decision.exact, decision.repeats, decision.word) == (True, 1, "holds"), decision.text


def test_they_have_the_figure_of_their_paths(results):
    section = figure_section(results)
    assert len([axes for axes in section.drawing.figure.axes if axes.get_visible()]) == len(results.variants) + 1
