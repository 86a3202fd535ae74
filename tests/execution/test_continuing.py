"""Studies that go on from an earlier one: fair among variants, told on the page, and from Python."""

import tomllib
from io import StringIO
from pathlib import Path

import numpy as np
import optuna
import pandas as pd
import pytest
import tomli_w
from optuna.storages import InMemoryStorage
from rich.console import Console

import hpsearch
from hpsearch.analysis.expected_best import expected_best
from hpsearch.cli.printing import print_start
from hpsearch.errors import UsageError
from hpsearch.execution import execute, prepare
from hpsearch.execution.progress import Start
from hpsearch.objectives import FunctionObjective
from hpsearch.report.continued import continued_sentence
from hpsearch.results.load import load_results
from hpsearch.run import read_runs
from hpsearch.run.taken_over import TAKEN
from hpsearch.run.valid_trials import UNEQUAL
from hpsearch.strategies.earlier import BEYOND_TRIALS
from hpsearch.study import config
from hpsearch.study.plan import plan

RATE = {"low": 1e-3, "high": 1.0, "log": True}
WIDE = {"low": 1e-2, "high": 3.0, "log": True}
OPTIMIZERS = {"levels": {"SGD": {"model": {"optimizer": "sgd"}}, "Momentum": {"model": {"optimizer": "momentum"}}}}


def file(name, *, space=WIDE, search=None, **tables):
    base = {
        "name": name,
        "model": {"family": "function", "function": "bowl", "steps": 3, "optimizer": "sgd"},
        "space": {"learning_rate": space},
        "search": {"strategies": ["random", "tpe"], "trials": 4, "repeats": 2} | (search or {}),
    }
    return base | tables


def planned(folder, tables):
    path = folder / f"{tables['name']}.toml"
    path.write_text(tomli_w.dumps(tables))
    return plan(str(path))


@pytest.fixture
def begun(tmp_path):
    """Return a folder, and a storage with the study "before"."""
    storage = InMemoryStorage()
    execute(planned(tmp_path, file("before", space=RATE, search={"trials": 8})), storage)
    return tmp_path, storage


def taken_by(storage, name):
    return {
        run.study_name: run.user_attrs.get(TAKEN) for run in storage.get_all_studies() if f"{name}/" in run.study_name
    }


def sentence(storage, name):
    facts = {}
    text = continued_sentence(load_results(storage, name), facts)
    return text.format(**facts)


def test_all_strategies_of_a_repeat_learn_from_the_same_trials_of_that_repeat(begun):
    folder, storage = begun
    starts = []
    execute(planned(folder, file("after", search={"from": "before"})), storage, started=starts.append)
    taken = taken_by(storage, "after")
    assert len(taken) == 4
    for repeat in ("00", "01"):
        one, other = (taken[f"after/{strategy}/{repeat}"] for strategy in ("random", "tpe"))
        assert one == other
        assert one["study"] == "before"
        assert {run.rpartition("/")[2] for run, *_ in one["trials"]} == {repeat}
    counts = {len(each["trials"]) for each in taken.values()}
    assert min(counts) > 0
    assert set(starts[0].taken_over) == counts
    assert starts[0].earlier == "before"
    results = load_results(storage, "after")
    assert len(results.trials) == 16
    assert results.runs["complete"].all()
    assert results.trials["number"].max() == 3
    assert "no score or verdict counts them" in sentence(storage, "after")


def test_extending_and_resuming_need_the_earlier_study_only_for_new_repeats(begun):
    folder, storage = begun
    execute(planned(folder, file("after", search={"from": "before", "repeats": 1})), storage)
    kept = taken_by(storage, "after")
    for name in [each.study_name for each in storage.get_all_studies() if each.study_name.startswith("before/")]:
        optuna.delete_study(study_name=name, storage=storage)
    execute(planned(folder, file("after", search={"from": "before", "repeats": 1, "trials": 6})), storage)
    assert taken_by(storage, "after") == kept
    assert len(load_results(storage, "after").trials) == 12
    with pytest.raises(UsageError, match=r"holds no run of the study 'before'.*--from-storage"):
        execute(planned(folder, file("after", search={"from": "before", "repeats": 2})), storage)


def test_a_run_can_not_change_what_it_goes_on_from(begun):
    folder, storage = begun
    execute(planned(folder, file("after")), storage)
    with pytest.raises(UsageError, match=r"another search.from: None there, 'before' now"):
        execute(planned(folder, file("after", search={"from": "before"})), storage)


def test_a_study_can_not_go_on_from_itself(begun):
    folder, storage = begun
    with pytest.raises(UsageError, match="must name an earlier study"):
        execute(planned(folder, file("after", search={"from": "after"})), storage)


def test_a_repeat_that_the_earlier_study_has_not_begins_from_nothing(begun):
    folder, storage = begun
    execute(planned(folder, file("after", search={"from": "before", "repeats": 3})), storage)
    assert taken_by(storage, "after")["after/tpe/02"]["trials"] == []
    assert "2 runs were given none" in sentence(storage, "after")


def test_no_variant_learns_from_more_trials_than_another(begun):
    """The earlier study had plain descent alone, so no trial of it is valid with momentum."""
    folder, storage = begun
    search = {"from": "before", "strategies": ["tpe"]}
    execute(planned(folder, file("after", search=search, factors={"optimizer": OPTIMIZERS})), storage)
    taken = taken_by(storage, "after")
    assert {len(each["trials"]) for each in taken.values()} == {0}
    assert any(each["left_out"].get(UNEQUAL) for each in taken.values())
    assert "no trial of it is valid here" in sentence(storage, "after")
    assert "in 4 of 4 runs; these also trained the nearest hyperparameters" in sentence(storage, "after")


def test_a_level_that_could_learn_from_less_is_not_added_later(begun):
    folder, storage = begun
    search = {"from": "before", "strategies": ["tpe"]}
    rates = {
        label: {"space": {"learning_rate": {**WIDE, "high": high}}} for label, high in (("two", 2.0), ("three", 3.0))
    }
    execute(planned(folder, file("after", search=search, factors={"level": {"levels": rates}})), storage)
    counts = [len(each["trials"]) for each in taken_by(storage, "after").values()]
    assert min(counts) > 0
    assert counts[::2] == counts[1::2]
    levels = {"levels": {**rates, "Momentum": OPTIMIZERS["levels"]["Momentum"]}}
    with pytest.raises(UsageError, match=r"'Momentum' could take over 0 trials .* would not be fair"):
        execute(planned(folder, file("after", search=search, factors={"level": levels})), storage)


def test_workers_of_a_prepared_study_do_not_need_the_earlier_one(begun, tmp_path):
    folder, storage = begun
    ready = planned(folder, file("after", search={"from": "before"}))
    prepare(ready, storage)
    taken = taken_by(storage, "after")
    assert all(each["trials"] for each in taken.values())
    for name in [each.study_name for each in storage.get_all_studies() if each.study_name.startswith("before/")]:
        optuna.delete_study(study_name=name, storage=storage)
    execute(ready, storage, joins=True)
    assert taken_by(storage, "after") == taken
    assert len(load_results(storage, "after").trials) == 16


def test_without_from_nothing_is_stored_of_it(tmp_path):
    path = tmp_path / "a.toml"
    path.write_text(tomli_w.dumps(file("a")))
    read = config.read(str(path))
    assert "from" not in read.tables()["search"]
    assert "from" not in read.all_tables()["search"]
    path.write_text(tomli_w.dumps(file("a", search={"from": "before"})))
    read = config.read(str(path))
    assert read.tables()["search"]["from"] == read.all_tables()["search"]["from"] == "before"
    assert config.StudyFile.model_validate(tomllib.loads(tomli_w.dumps(read.tables()))).search.start_from == "before"
    path.write_text(tomli_w.dumps(file("a", search={"form": "before"})))
    with pytest.raises(UsageError, match=r"unknown key 'form' .did you mean 'from'"):
        config.read(str(path))


def test_the_sentence_is_empty_for_studies_from_nothing(begun):
    _, storage = begun
    facts = {}
    assert continued_sentence(load_results(storage, "before"), facts) == ""
    assert not facts
    assert Start(0, 1, 0).taken_over == ()


def test_draws_of_random_search_leave_out_the_best_that_is_trained_again_and_those_near_likely_values(begun):
    folder, storage = begun
    search = {"from": "before", "repeats": 1, "strategies": ["random"], "trials": 8}
    execute(planned(folder, file("after", search=search, space=WIDE | {"high": 1e4})), storage)
    results = load_results(storage, "after")
    assert results.trials["chosen"].tolist() == [True] * (1 + BEYOND_TRIALS) + [False] * 2
    assert set(expected_best(results)["drawn_from"]) == {2}
    execute(planned(folder, file("likely", space=WIDE | {"likely": 0.1}, search={"strategies": ["random"]})), storage)
    results = load_results(storage, "likely")
    assert set(expected_best(results)["drawn_from"]) == {int((~results.trials["chosen"].astype(bool)).sum())}
    assert results.trials.groupby("repeat")["chosen"].first().all()
    assert "chosen" not in load_results(storage, "before").trials


def descent(space=WIDE):
    return FunctionObjective(model={"function": "bowl", "steps": 3}, space={"learning_rate": space})


def test_searches_in_python_go_on_from_one_another():
    first = hpsearch.search(descent(RATE), trials=12)
    second = hpsearch.search(descent(), trials=3, start_from=first)
    inside = [trial for trial in first.study.trials if trial.params["learning_rate"] >= WIDE["low"]]
    best = min(inside, key=lambda trial: trial.value)
    assert len(second.study.trials) == 3
    assert second.study.trials[0].params == best.params
    assert len(second.study.user_attrs[TAKEN]["trials"]) == len(inside)
    assert second.best_value <= best.value


def test_a_search_by_name_is_in_the_same_storage():
    storage = InMemoryStorage()
    hpsearch.search(descent(RATE), trials=5, storage=storage, name="one")
    two = hpsearch.search(descent(), trials=2, storage=storage, name="two", start_from="one")
    assert two.study.user_attrs[TAKEN]["study"] == "one"
    compared = hpsearch.compare(
        descent(), strategies=["random", "tpe"], trials=2, repeats=1, storage=storage, name="three", start_from="one"
    )
    assert {len(each.trials) for each in compared.results.taken_over.values()} == {
        len(two.study.user_attrs[TAKEN]["trials"])
    }


def test_a_function_without_a_space_can_not_go_on():
    first = hpsearch.search(descent(RATE), trials=2)
    with pytest.raises(UsageError, match="give the ranges of a function as space"):
        hpsearch.search(lambda trial: trial.suggest_float("x", 0, 1), trials=2, start_from=first)


def test_a_study_of_which_nothing_is_valid_says_why(begun, caplog):
    folder, storage = begun
    other = {"family": "function", "function": "bowl", "steps": 4}
    execute(planned(folder, file("after", model=other, search={"from": "before"})), storage)
    assert "nothing is taken over from the study 'before': it has" in caplog.text
    assert "trials with another value of optimizer" in caplog.text


def test_strategies_that_do_not_learn_from_them_are_named(begun):
    folder, storage = begun
    starts = []
    search = {"from": "before", "strategies": ["tpe", "grid", "qmc"], "repeats": 1}
    execute(planned(folder, file("after", search=search)), storage, started=starts.append)
    assert starts[0].not_learning == ("grid", "qmc")
    assert "grid and qmc learned nothing from them" in sentence(storage, "after")
    printed = StringIO()
    print_start(Console(file=printed), starts[0])
    assert "grid and qmc do not learn from them; only the best of them is trained first" in printed.getvalue()


def test_all_or_no_variants_begin_near_the_best_of_the_earlier_study(begun):
    """A variant that is added to a stored study without such a beginning has none, too."""
    folder, storage = begun
    search = {"from": "before", "strategies": ["tpe"], "repeats": 1}
    levels = {
        label: {"space": {"learning_rate": {**WIDE, "low": low}}} for label, low in (("a", 0.1), ("b", 0.2), ("c", 0.3))
    }
    for labels in ("ab", "abc"):
        factor = {"level": {"levels": {label: levels[label] for label in labels}}}
        execute(planned(folder, file("after", search=search, factors=factor)), storage)
        if labels == "ab":
            for run in (each for each in storage.get_all_studies() if each.study_name.startswith("after/")):
                taken = run.user_attrs[TAKEN]
                assert taken["nearest"] is not None
                first_rule = {key: value for key, value in taken.items() if key not in ("nearest", "rule")}
                optuna.load_study(study_name=run.study_name, storage=storage).set_user_attr(TAKEN, first_rule)
    assert [each.get("nearest") for each in taken_by(storage, "after").values()] == [None, None, None]


def test_a_file_is_the_same_task_by_whatever_path(tmp_path, monkeypatch):
    """The next study names the file by its whole path, and goes on from a study that named it beside itself."""
    monkeypatch.chdir(tmp_path)
    numbers = np.random.default_rng(0).normal(size=(40, 2))
    pd.DataFrame({"a": numbers[:, 0], "y": numbers.sum(axis=1)}).to_csv("own.csv", index=False)
    storage = InMemoryStorage()
    tables = {"model": {"family": "estimator", "estimator": "ridge"}, "space": {"alpha": {"low": 0.1, "high": 1.0}}}
    for name, path, search in (
        ("before", "own.csv", {}),
        ("after", str(tmp_path / "own.csv"), {"from": "before"}),
    ):
        Path(f"{name}.toml").write_text(
            tomli_w.dumps(
                {
                    **tables,
                    "name": name,
                    "data": {"source": "csv", "path": path, "target": "y"},
                    "search": {"strategies": ["random"], "trials": 2, "repeats": 1, "retrain": 0, **search},
                }
            )
        )
        execute(plan(f"{name}.toml"), storage)
    (run,) = read_runs(storage, lambda run: run.startswith("after/"))
    assert len(run.user_attrs["taken_over"]["trials"]) == 2
