import json
import math
import os
import sys
import warnings

import numpy as np
import optuna
import pandas as pd
import pytest
from joblib.externals.loky import get_reusable_executor, process_executor

import hpsearch
from hpsearch.analysis.comparison.variant_table import variant_table
from hpsearch.errors import RunError, UsageError
from hpsearch.objectives.plain import PlainObjective
from tests.combinations import more


def bowl(trial):
    x = trial.suggest_float("x", -5, 5)
    return (x - 1) ** 2


def test_a_search_finds_and_returns_everything():
    found = hpsearch.search(bowl, strategy="narrowing", trials=30, seed=0)
    assert found.best_value == bowl(optuna.trial.FixedTrial(found.best_params)) < 0.1
    assert isinstance(found.study, optuna.Study)
    assert found.study.best_value == found.best_value
    assert isinstance(found.trials, pd.DataFrame)
    assert len(found.trials) == 30
    assert found.trials["value"].min() == found.best_value
    assert list(found.trials["params_x"]) == [trial.params["x"] for trial in found.study.trials]


def test_a_search_maximizes_when_asked_or_when_the_objective_says_so():
    assert hpsearch.search(lambda trial: -bowl(trial), trials=30, direction="maximize").best_value > -0.1
    objective = hpsearch.MLPObjective("iris", model={"epochs": 2})
    found = hpsearch.search(objective, trials=3)
    assert found.study.direction == optuna.study.StudyDirection.MAXIMIZE


def test_the_same_seed_finds_the_same():
    first, again, other = (hpsearch.search(bowl, trials=12, seed=seed).best_params for seed in (1, 1, 2))
    assert first == again != other


def test_a_search_on_a_storage_goes_on_where_it_stopped(tmp_path):
    url = f"sqlite:///{tmp_path / 'a.db'}"
    hpsearch.search(bowl, trials=13, storage=url)
    assert len(hpsearch.search(bowl, trials=25, storage=url).trials) == 25
    pd.testing.assert_frame_equal(
        hpsearch.search(bowl, trials=25, storage=url).trials.drop(columns="seconds"),
        hpsearch.search(bowl, trials=25).trials.drop(columns="seconds"),
    )


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"direction": "maximize"}, "another direction: 'minimize' there, 'maximize' now"),
        ({"seed": 1}, "another search.seed: 0 there, 1 now"),
    ],
)
def test_a_search_that_would_mix_what_cannot_be_compared_is_refused(tmp_path, changed, words):
    url = f"sqlite:///{tmp_path / 'a.db'}"
    hpsearch.search(bowl, trials=2, storage=url)
    with pytest.raises(UsageError, match=words):
        hpsearch.search(bowl, trials=4, storage=url, **changed)


def test_another_model_in_the_same_storage_is_refused(tmp_path):
    url = f"sqlite:///{tmp_path / 'a.db'}"
    hpsearch.search(hpsearch.MLPObjective("iris", model={"epochs": 1}), trials=1, storage=url)
    with pytest.raises(UsageError, match=r"another model.epochs: 1 there, 2 now"):
        hpsearch.search(hpsearch.MLPObjective("iris", model={"epochs": 2}), trials=1, storage=url)


def test_a_sampler_of_ones_own_is_a_strategy():
    made = []

    def mine(seed):
        made.append(seed)
        return optuna.samplers.RandomSampler(seed)

    assert len(hpsearch.search(bowl, strategy=mine, trials=4).trials) == 4
    assert made
    table = hpsearch.compare(bowl, strategies={"mine": mine, "random": optuna.samplers.RandomSampler}, trials=3).table
    assert list(table["variant"]) == ["mine", "random"]


def noisy(trial):
    return bowl(trial) + (trial.number * 37 % 11) / 10


def test_a_confirmed_search_offers_the_best_mean_of_three():
    found = hpsearch.search(noisy, trials=21, confirm=2)
    assert len(found.trials) == 21
    repetitions = found.trials.dropna(subset=["confirms"])
    assert list(repetitions["number"]) == list(range(15, 21))
    means = repetitions.groupby("confirms")["value"].mean()
    assert len(means) == 2
    assert found.best_value == pytest.approx(means.min())
    assert found.best_params == found.study.trials[int(means.idxmin())].params
    assert sorted(found.confirmed) == sorted(repetitions.loc[repetitions["confirms"] == means.idxmin(), "value"])
    assert hpsearch.search(noisy, trials=15).confirmed == ()


def test_options_make_another_search():
    plain, early = (
        hpsearch.search(bowl, strategy="tpe", options=options, trials=12).trials["params_x"]
        for options in (None, {"n_startup_trials": 3})
    )
    assert list(plain[:3]) == list(early[:3])
    assert list(plain) != list(early)


def test_a_comparison_takes_what_a_study_file_holds_of_a_strategy():
    table = {"strategy": "tpe", "n_startup_trials": 3, "confirm": 1}
    found = hpsearch.compare(
        bowl,
        strategies={"tpe": {}, "mine": table, "own": optuna.samplers.RandomSampler},
        trials=8,
        repeats=2,
        confirm=2,
    )
    assert list(found.table["variant"]) == ["tpe", "mine", "own"]
    confirming = found.trials["confirms"].notna().groupby(found.trials["variant"]).sum()
    assert confirming.to_dict() == {"tpe": 12, "mine": 6, "own": 12}


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_comparison_takes_a_lambda_in_one_process_and_in_several(jobs):
    found = hpsearch.compare(
        lambda trial: trial.suggest_float("x", 1e-3, 1, log=True) + os.getpid() * 0,
        strategies=["random", "narrowing", "tpe"],
        trials=12,
        repeats=3,
        jobs=jobs,
    )
    assert list(found.table["variant"]) == ["random", "narrowing", "tpe"]
    assert list(found.table["runs_complete"]) == [3, 3, 3]
    assert len(found.trials) == 3 * 3 * 12
    pd.testing.assert_frame_equal(found.table, variant_table(found.results))
    assert found.report is None
    assert str(found) == found.table.to_string(index=False)


def test_processes_change_nothing():
    tables = [hpsearch.compare(bowl, trials=12, repeats=2, jobs=jobs).trials.drop(columns="seconds") for jobs in (1, 2)]
    pd.testing.assert_frame_equal(*tables)


def test_a_comparison_uses_several_processes(tmp_path):
    def who(trial):
        (tmp_path / str(os.getppid())).touch()  # of the process that trains
        return bowl(trial)

    hpsearch.compare(who, trials=10, repeats=4, jobs=2)
    pids = {path.name for path in tmp_path.iterdir()}
    assert len(pids) == 2
    assert str(os.getpid()) not in pids


@pytest.fixture
def fresh_processes():
    """joblib's processes are started for the test, and are gone after it."""
    get_reusable_executor().shutdown(kill_workers=True)
    yield
    get_reusable_executor().shutdown(kill_workers=True)


@pytest.mark.long
def test_a_process_that_grows_is_replaced_in_silence(tmp_path, fresh_processes):
    pytest.importorskip("psutil", reason="joblib watches the memory of processes with psutil")

    def grows(trial):
        (tmp_path / str(os.getpid())).touch()
        # joblib's own numbers are 300 MB, and a second between two looks.
        process_executor._MAX_MEMORY_LEAK_SIZE, process_executor._MEMORY_LEAK_CHECK_DELAY = 10e6, 0.0
        sys.__dict__.setdefault("kept_by_a_test", []).append(np.ones(4_000_000))
        return trial.suggest_float("x", -5, 5)

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        hpsearch.compare(grows, strategies=["random"], trials=1, repeats=5, jobs=2, direction="minimize")
    assert len(list(tmp_path.iterdir())) > 2
    assert [str(warning.message) for warning in said] == []


def test_a_comparison_writes_its_report_on_request(tmp_path):
    found = hpsearch.compare(bowl, strategies=["random"], trials=2, repeats=1, report=tmp_path / "mine", name="bowl")
    assert found.report == tmp_path / "mine" / "report.html"
    assert found.report.is_file()
    summary = json.loads((tmp_path / "mine" / "summary.json").read_text())
    assert "bowl" in json.dumps(summary)


def test_the_objective_given_is_tested_after_the_search():
    table = hpsearch.compare(
        hpsearch.MLPObjective("iris", model={"epochs": 5}), strategies=["random"], trials=5, repeats=2, retrain=2
    ).table
    assert 0 < table["test"][0] <= 1
    assert list(table["tested"]) == [2]


def test_an_exception_of_the_objective_ends_the_search_unless_it_is_caught():
    def fails_at_two(trial):
        x = bowl(trial)
        if trial.number == 2:
            raise KeyError("mine")
        return x

    with pytest.raises(KeyError, match="mine"):
        hpsearch.search(fails_at_two, trials=5)
    found = hpsearch.search(fails_at_two, trials=5, catch=(KeyError,))
    assert list(found.trials["state"]) == ["COMPLETE", "COMPLETE", "FAIL", "COMPLETE", "COMPLETE"]
    assert found.study.trials[2].user_attrs["error"] == "KeyError: 'mine'"


@pytest.mark.parametrize(("jobs", "code"), [(1, "enough"), more(2, 0)])
def test_an_objective_that_exits_has_failed_and_the_program_goes_on(tmp_path, jobs, code):
    def exits(trial):
        value = bowl(trial)
        if trial.number == 2:
            sys.exit(code)
        return value

    url = f"sqlite:///{tmp_path / 'a.db'}"
    arguments = {"strategies": ["random"], "repeats": 1, "trials": 4, "storage": url}
    with pytest.raises(RunError, match=rf"called sys.exit\({code!r}\) in the run 'comparison/random/00': finished"):
        hpsearch.compare(exits, jobs=jobs, catch=(Exception,), **arguments)
    trials = hpsearch.compare(exits, jobs=jobs, **arguments).results.trials
    assert list(trials["state"]) == ["COMPLETE", "COMPLETE", "FAIL", "COMPLETE"]
    study = optuna.load_study(study_name="comparison/random/00", storage=url)
    assert study.trials[2].user_attrs["error"] == f"SystemExit: {code}"


def test_an_objective_that_exits_in_its_test_ends_the_run_with_its_trials_kept():
    class Exits(PlainObjective):
        tests = True

        def outcomes(self, params, trial_number, times):
            sys.exit()

    objective = Exits(bowl)
    storage = optuna.storages.InMemoryStorage()
    with pytest.raises(RunError, match=r"called sys.exit\(None\)"):
        hpsearch.compare(objective, strategies=["random"], repeats=1, trials=3, storage=storage)
    assert [trial.state.name for trial in optuna.load_study(study_name=None, storage=storage).trials] == [
        "COMPLETE"
    ] * 3


def test_an_interrupt_is_no_failure_of_the_trial():
    def interrupted(trial):
        if trial.number == 1 and not told:
            told.append(True)
            raise KeyboardInterrupt
        return bowl(trial)

    told = []
    storage = optuna.storages.InMemoryStorage()
    with pytest.raises(KeyboardInterrupt):
        hpsearch.search(interrupted, trials=3, storage=storage, catch=(Exception,))
    assert list(hpsearch.search(interrupted, trials=3, storage=storage).trials["state"]) == ["COMPLETE"] * 3


def test_nan_is_a_failed_trial_and_infinity_a_value():
    values = [1.0, math.nan, math.inf, 0.5]
    found = hpsearch.search(lambda trial: values[trial.number], trials=4)
    assert list(found.trials["state"]) == ["COMPLETE", "FAIL", "COMPLETE", "COMPLETE"]
    assert found.best_value == 0.5


def test_what_is_no_number_is_named():
    with pytest.raises(UsageError, match="an objective must return a number, got 'high'"):
        hpsearch.search(lambda trial: "high", trials=1)


def test_a_confirmation_that_leaves_few_trials_for_the_search_is_warned_of_once(caplog):
    hpsearch.search(bowl, trials=6, confirm=1)
    assert caplog.messages == []
    hpsearch.compare(bowl, strategies={"random": {"strategy": "random", "confirm": 1}, "tpe": {}}, trials=5, repeats=1)
    assert caplog.messages == [
        "confirm = 1 takes 3 of the 5 trials of a run, and the search has only 2: take trials >= 6, or no confirm"
    ]


def test_verdicts_and_until_resolved_refuse_other_types_in_one_line():
    with pytest.raises(UsageError, match=r"^comparison must be what compare returns, or its results, got \[1\]$"):
        hpsearch.verdicts([1])
    with pytest.raises(UsageError, match=r"^until_resolved must be true or false, got 'yes'$"):
        hpsearch.compare(bowl, until_resolved="yes", trials=1, repeats=1)


def test_no_complete_trial_is_said():
    with pytest.raises(UsageError, match="none of the 2 trials completed"):
        hpsearch.search(lambda trial: math.nan, trials=2)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"strategy": "tep"}, "unknown strategy 'tep' (did you mean 'tpe'?)"),
        ({"trials": 0}, "trials must be a whole number >= 1, got 0"),
        ({"trials": 2.5}, "trials must be a whole number >= 1, got 2.5"),
        ({"seed": -1}, "seed must be a whole number >= 0, got -1"),
        ({"direction": "up"}, "unknown direction 'up'"),
        ({"pruner": "medain"}, "unknown pruner 'medain' (did you mean 'median'?)"),
        ({"storage": "nonsense"}, "nonsense"),
        ({"trial_timeout": 0}, "trial_timeout must be a finite number of seconds > 0 and <= 864,000,000, got 0"),
        ({"confirm": -1}, "confirm must be a whole number >= 0, got -1"),
        ({"confirm": 1.0}, "confirm must be a whole number >= 0, got 1.0"),
        ({"confirm": 1}, "confirm = 1 takes 3 × 1 = 3 trials, which must be fewer than the 2 trials of a run"),
        ({"strategy": "tpe", "options": {"n_startup": 3}}, "n_startup"),
        ({"strategy": optuna.samplers.RandomSampler, "options": {"a": 1}}, "options are for strategies given by name"),
    ],
)
def test_arguments_that_cannot_be_are_refused(arguments, words):
    with pytest.raises(UsageError) as error:
        hpsearch.search(bowl, **({"trials": 2} | arguments))
    assert words in str(error.value)
