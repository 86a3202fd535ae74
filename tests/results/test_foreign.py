"""Studies that Optuna made without hpsearch, as results and as reports."""

import math
from collections import Counter

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages import InMemoryStorage
from optuna.trial import TrialState, create_trial

from hpsearch.errors import StorageError, UsageError
from hpsearch.report.sections import SECTIONS
from hpsearch.report.write import report_files
from hpsearch.results.foreign import load_plain, widest
from tests.combinations import more
from tests.example_results import NASTY

X, C = FloatDistribution(0.0, 1.0), CategoricalDistribution(["a", None, True])


def add(study, value, state=TrialState.COMPLETE, x=0.5, space=None, **more):
    space = {"x": X, "c": C} if space is None else space
    given = {name: x if isinstance(held, FloatDistribution) else "a" for name, held in space.items()}
    value = value if state == TrialState.COMPLETE else None
    study.add_trial(create_trial(state=state, value=value, params=given, distributions=space, **more))


@pytest.fixture
def storage():
    return InMemoryStorage()


@pytest.fixture
def new(storage):
    def make(name, values=(), direction="minimize", **more):
        study = optuna.create_study(study_name=name, storage=storage, direction=direction)
        for value in values:
            add(study, value, x=min(max(value, 0.0), 1.0), **more)
        return study

    return make


def test_two_studies_are_two_strategies_over_the_trials_that_both_have(storage, new):
    new("one", [0.5, 0.2, 0.9, 0.1])
    new("two", [0.4, 0.3, 0.8])
    results = load_plain(storage, ["two", "one"])
    assert results.variants == ("two", "one")
    assert (results.budget, results.repeats, results.direction, results.metric) == (3, 1, "minimize", "value")
    assert results.runs.set_index("variant")["value"].to_dict() == {"one": 0.2, "two": 0.3}
    assert results.runs["name"].tolist() == ["two", "one"]
    assert results.runs["complete"].all()
    assert len(results.trials) == 6
    assert results.space == {"x": X, "c": C}


def test_every_state_and_whatever_others_noted_on_trials(storage, new):
    study = new("s", [0.5])
    add(study, 0, TrialState.FAIL)
    add(study, 0, TrialState.PRUNED, intermediate_values={0: 0.3, 1: math.nan})
    add(study, math.inf, user_attrs={"epochs": "many", "history": "long", "diverged": [], "confirms": "x"})
    study.ask()
    add(study, 0.4, intermediate_values={0: 0.9, 5: 0.4})
    study.enqueue_trial({"x": 0.1})
    results = load_plain(storage, ["s"])
    states = results.trials.set_index("number")["state"].to_dict()
    assert [states[number] for number in range(4)] == ["COMPLETE", "FAIL", "PRUNED", "COMPLETE"]
    assert states[5] == "COMPLETE"
    assert results.budget == 6
    assert results.runs["complete"].tolist() == [True]
    assert results.runs["incumbent"].tolist() == [5]
    assert results.trials["epochs"].isna().all()
    assert results.trials["confirms"].isna().all()
    assert results.curves[results.curves["number"] == 5]["epoch"].tolist() == [1, 6]  # steps began at 0
    assert all(build(results) for build in SECTIONS.values())


def test_names_with_a_star_are_repeats_unless_a_study_is_called_so(storage, new):
    for name in ("tpe-b", "tpe-a", "random-a", "x*"):
        new(name, [0.5, 0.6])
    results = load_plain(storage, ["tpe-*", "x*"])
    assert results.variants == ("tpe-*", "x*")
    assert results.repeats == 2
    assert results.runs["name"].tolist() == ["tpe-a", "x*", "tpe-b"]


def test_what_is_not_there_is_named_with_what_is(storage, new):
    with pytest.raises(StorageError, match="the storage is empty"):
        load_plain(storage, ["s"])
    for index in range(30):
        new(f"study-{index}")
    with pytest.raises(StorageError, match=r"unknown study 'study-33'.*did you mean.* and 10 more"):
        load_plain(storage, ["study-33"])
    with pytest.raises(StorageError, match="unknown study"):
        load_plain(storage, ["z*"])


def test_what_cannot_be_compared_is_refused_in_one_line(storage, new):
    new("less"), new("more", direction="maximize")
    optuna.create_study(study_name="both", storage=storage, directions=["minimize", "maximize"])
    with pytest.raises(UsageError, match=r"same direction.*minimize in 'less', maximize in 'more'"):
        load_plain(storage, ["less", "more"])
    with pytest.raises(UsageError, match="'both' has 2 objectives"):
        load_plain(storage, ["both"])


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_the_metric_is_what_a_study_calls_it_and_must_agree(storage, new):
    new("named", [0.5]).set_metric_names(["loss"])
    new("other", [0.5]).set_metric_names(["error"])
    new("silent", [0.5])
    assert load_plain(storage, ["silent", "named"]).metric == "loss"
    with pytest.raises(UsageError, match=r"same metric.*loss in 'named', error in 'other'"):
        load_plain(storage, ["named", "other"])


def test_the_widest_range_counts():
    def held(*distributions):
        return widest(Counter(distributions))

    assert held(X, FloatDistribution(-1.0, 0.5)) == FloatDistribution(-1.0, 1.0)
    log = FloatDistribution(1e-3, 1.0, log=True)
    assert held(log, FloatDistribution(1e-5, 1e-2, log=True)) == FloatDistribution(1e-5, 1.0, log=True)
    assert held(log, X, X) == X
    assert held(IntDistribution(1, 5), IntDistribution(3, 9)) == IntDistribution(1, 9)
    assert held(CategoricalDistribution([1, True]), CategoricalDistribution(["a"])).choices == (1, True, "a")
    assert held(X, X, C) == X  # the kind that most trials have


def test_a_parameter_of_two_kinds_keeps_the_one_that_most_trials_have(storage, new):
    study = new("s", [0.5, 0.2])
    add(study, 0.1, space={"c": C, "d": X}, x=0.5)
    study.add_trial(
        create_trial(value=0.3, params={"x": "wide"}, distributions={"x": CategoricalDistribution(["wide"])})
    )
    results = load_plain(storage, ["s"])
    assert results.space["x"] == X
    assert results.trials["params_x"].isna().tolist() == [False, False, True, True]


@pytest.mark.parametrize("names", [["empty"], more(["empty", "full"]), more([NASTY, "b" * 300])])
def test_reports_of_studies_with_nothing_and_with_names_of_anything(storage, new, names):
    new("empty"), new("full", [0.5, 0.3]), new(NASTY, [0.1, 0.2]), new("b" * 300, [0.3])
    results = load_plain(storage, names)
    files = report_files(results)
    assert b"<script" not in files["report.html"]
    assert "next.toml" not in files
    assert all(build(results).title for build in SECTIONS.values())
