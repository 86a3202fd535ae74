"""From stored trials to data frames, by hand; and what `load_results` makes of a storage."""

from dataclasses import replace
from functools import partial

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages import InMemoryStorage
from optuna.trial import TrialState, create_trial

from hpsearch.errors import StorageError
from hpsearch.objectives.plain import as_objective
from hpsearch.results.frames import frames
from hpsearch.results.load import load_results
from hpsearch.run import Run, continue_run, open_run
from hpsearch.space import suggest
from hpsearch.storage import opened
from hpsearch.strategies import STRATEGIES
from hpsearch.strategies.base import CONFIRMS
from hpsearch.strategies.pruners import PRUNERS
from tests.example_results import case, make_study

pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")

X = FloatDistribution(0, 1)


def add(study, value=None, state=TrialState.COMPLETE, params=None, steps=None, **attributes):
    held = params or {}
    declared = {name: X if isinstance(held[name], float) else CategoricalDistribution([held[name]]) for name in held}
    study.add_trial(
        create_trial(
            state=state,
            value=value,
            params=held,
            distributions=declared,
            user_attrs=attributes,
            intermediate_values=steps or {},
        )
    )


@pytest.fixture
def study():
    made = make_study("s/a/00", task="t", strategy="a", repeat=0, values=[])
    add(made, 0.5, params={"x": 0.25}, steps={2: 0.5, 1: 0.4}, epochs=2, history={"train_loss": [1.0, None]})
    add(made, 0.9, params={"kind": "k"}, epochs=1, diverged=False)
    add(made, state=TrialState.FAIL)
    add(made, 0.1, state=TrialState.PRUNED, params={"x": 0.5}, steps={1: 0.1})
    made.enqueue_trial({"x": 0.5})
    for value in (0.6, 0.7, 0.8):
        add(made, value, **{CONFIRMS: 1})
    return made


def test_trials_by_hand(study):
    trials, curves, _ = frames([study], 20)
    assert trials["number"].tolist() == [0, 1, 2, 3, 5, 6, 7]  # what waits is no trial yet
    assert trials["state"].tolist() == ["COMPLETE", "COMPLETE", "FAIL", "PRUNED"] + ["COMPLETE"] * 3
    assert trials["value"].fillna(-1).tolist() == [0.5, 0.9, -1, -1, 0.6, 0.7, 0.8]
    assert trials["epochs"].fillna(-1).tolist() == [2, 1, -1, -1, -1, -1, -1]
    assert trials["confirms"].fillna(-1).tolist() == [-1, -1, -1, -1, 1, 1, 1]
    assert trials["params_x"].fillna(-1).tolist() == [0.25, -1, -1, 0.5, -1, -1, -1]
    assert trials["params_kind"].fillna("").tolist() == ["", "k", "", "", "", "", ""]
    shown = curves[["number", "epoch", "validation_score"]].to_numpy().tolist()
    assert shown == [[0, 1, 0.4], [0, 2, 0.5], [3, 1, 0.1]]
    assert curves["train_loss"].fillna(-1).tolist() == [1.0, -1, -1]
    assert curves["train_score"].isna().all()


def test_runs_by_hand(study):
    study.set_user_attr("test", {"incumbent": 1, "values": [0.65, None]})
    study.set_user_attr("reference", {"best": 0.95, "median": 0.3})
    [run] = frames([study], 20)[2].to_dict("records")
    assert (run["trials"], run["incumbent"], run["observed"]) == (7, 1, 0.9)
    assert run["confirmed"] == [0.6, 0.7, 0.8]
    assert run["value"] == pytest.approx(0.7)
    assert (run["test_values"], run["test_failed"]) == ([0.65], 1)
    assert (run["retrained_validation"], run["test_rows"]) == ([], {})
    assert (run["reference_best"], run["reference_median"]) == (0.95, 0.3)
    assert run["complete"] is False


@pytest.mark.parametrize(
    ("budget", "complete", "value"), [(1, True, 0.5), (4, True, 0.9), (6, True, 0.9), (8, False, 0.7)]
)
def test_a_run_is_cut_to_the_budget(study, budget, complete, value):
    trials, _, runs = frames([study], budget)
    assert len(trials) == min(budget, 7)
    assert runs["complete"].tolist() == [complete]
    assert runs["value"].tolist() == pytest.approx([value])


def test_a_run_is_cut_to_a_budget_in_epochs(study):
    study.set_user_attr("epochs", 2)
    trials, _, runs = frames([study], 2)
    assert trials["number"].tolist() == [0, 1, 2]  # 2 + 1 + 2 of 4 epochs
    assert runs["complete"].tolist() == [True]


def test_nothing_gives_frames_with_all_columns():
    empty, made = frames([], 3), frames([make_study("s", task="t", strategy="a", repeat=0, values=[0.1])], 3)
    assert [list(frame) for frame in empty] == [list(frame) for frame in made]
    assert [len(frame) for frame in empty] == [0, 0, 0]


def test_a_confirmed_value_is_the_mean_of_fresh_trainings():
    runs = case("confirmed").runs
    assert runs["confirmed"].map(len).tolist() == [3] * 9
    assert runs["value"].tolist() == pytest.approx([sum(values) / 3 for values in runs["confirmed"]])
    assert (runs["observed"] - runs["value"]).mean() > 0  # the winner's curse


# --- a storage --------------------------------------------------------------------------------------------------------


def run_of(task, strategy, repeat, **changes):
    known = {
        "study": "s",
        "seed": 0,
        "direction": "minimize",
        "metric": "error",
        "trials": 6,
        "retrain": 0,
        "named_by_task": True,
        "make_sampler": STRATEGIES["random"],
        "make_pruner": PRUNERS["none"],
        "content": {
            "title": "T",
            "search": {"strategies": ["b", "a"]},
            "data": {"source": "table", "table": task, "fingerprint": f"#{task}"},
            "strategy": {"confirm": 1},
        },
    }
    return Run(task=task, strategy=strategy, repeat=repeat, **(known | changes))


SPACES = {
    "u": {"x": FloatDistribution(0, 1, step=0.25), "y": IntDistribution(1, 64, log=True)},
    "v": {"x": FloatDistribution(5, 5), "z": CategoricalDistribution([None, "a", 2.5, True])},
}


def draw_x(space, trial):
    for name, distribution in space.items():
        suggest(trial, name, distribution)
    return trial.params["x"]


@pytest.mark.parametrize("scheme", ["memory", "sqlite", "journal"])
def test_a_study_of_several_tasks_is_loaded_as_it_was_declared(scheme, tmp_path):
    storage = InMemoryStorage() if scheme == "memory" else f"{scheme}:///{tmp_path / 'trials'}"
    with opened(storage) as here:
        for task in ("v", "u"):
            for strategy in ("a", "b"):
                known = {"space": SPACES[task], "reference": {"best": 0.1, "median": 0.9} if task == "u" else None}
                run = run_of(task, strategy, 0, confirm=int(strategy == "b"), **known)
                run = replace(run, content={**run.content, "space": {name: {} for name in reversed(SPACES[task])}})
                continue_run(run, open_run(run, here), as_objective(partial(draw_x, SPACES[task])))
        open_run(run_of("u", "a", 0, study="stranger"), here)
        results = load_results(here, "s")
        with pytest.raises(StorageError, match="it holds s, stranger"):
            load_results(here, "t")
    assert results.runs["name"].tolist() == ["s/u/a/00", "s/u/b/00", "s/v/a/00", "s/v/b/00"]
    assert results.runs["complete"].all()
    assert results.runs["confirmed"].map(len).tolist() == [0, 3, 0, 3]
    assert results.runs["reference_median"].fillna(-1).tolist() == [0.9, 0.9, -1, -1]
    assert results.variants == ("b", "a")
    assert results.spaces == {(task, strategy): SPACES[task] for task in "uv" for strategy in "ab"}
    assert results.space_of("v") == SPACES["v"]
    assert results.space == SPACES["v"] | SPACES["u"]
    assert list(results.space) == ["y", "x", "z"]
    assert results.epochs_budget is None
    assert results.settings["data"] == {"source": "table", "tables": ["u", "v"], "fingerprint": ["#u", "#v"]}
    assert "strategy" not in results.settings


def test_where_nothing_is_declared_the_space_is_what_the_trials_met():
    storage = InMemoryStorage()
    run = run_of("u", "a", 0, epochs=5)
    continue_run(run, open_run(run, storage), as_objective(lambda trial: trial.suggest_float("x", 0, 1)))
    results = load_results(storage, "s")
    assert results.space == results.space_of("u") == {"x": X}
    assert results.epochs_budget == 30
    assert results.settings["data"]["table"] == "u"


def test_many_runs_are_read_with_few_statements(tmp_path):
    """Counted, since time is not to be relied on: a report of a thousand runs must not ask a thousand times."""
    from sqlalchemy import event

    with opened(f"sqlite:///{tmp_path / 'trials.db'}") as storage:
        for repeat in range(12):
            study = open_run(run_of("u", "a", repeat), storage)
            study.add_trial(create_trial(value=0.5, params={"x": 0.5}, distributions={"x": X}))
        statements = []
        event.listen(storage.engine, "before_cursor_execute", lambda *held: statements.append(held[2]))
        assert len(load_results(storage, "s").trials) == 12
        assert len(statements) <= 12
        assert optuna.get_all_study_names(storage)
