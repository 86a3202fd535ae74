"""Partition of a table's seeds into observable and held-out ones, equal for all strategies of a repeat."""

from collections import Counter

import numpy as np
import pytest
from optuna.storages import InMemoryStorage

from hpsearch.analysis.next_study import next_study, toml_text
from hpsearch.execution import execute
from hpsearch.objectives.tables import TABLES, TableObjective
from hpsearch.objectives.tables.objective import SEARCHED
from hpsearch.objectives.tables.published import read
from hpsearch.results.load import load_results
from hpsearch.run.confirmation import REPETITIONS, confirms
from hpsearch.storage import read_studies
from hpsearch.study.plan import plan
from tests.combinations import some
from tests.objectives.tables.exact import configuration, observed_at, place_with, seeds_of_search

# Table, number of seeds of a configuration, and number of held-out seeds among them.
CASES = [
    ("hpobench/credit_g", 5, 2),
    ("hpolib/protein_structure", 4, 1),
    ("nasbench201/cifar10", 3, 1),
    ("nasbench201/cifar10", 2, 1),
]
STUDY = """
name = "few"
[data]
source = "table"
tables = ["hpobench/credit_g", "hpolib/protein_structure"]
[model]
family = "table"
[search]
strategies = ["random", "narrowing", "confirmed"]
trials = 30
repeats = 2
retrain = 1
[strategies.confirmed]
strategy = "random"
confirm = 4
[report]
noise_share = 0.0
"""


@pytest.mark.parametrize(("name", "seeds", "judging"), CASES)
def test_a_configuration_is_judged_by_the_mean_of_the_seeds_that_no_trial_of_the_repeat_observes(name, seeds, judging):
    rng = np.random.default_rng(seeds)
    for repeat in range(6):
        place, here = place_with(name, seeds, rng), TableObjective(name).for_repeat(repeat)
        losses = set(read(name).losses[place][:seeds])
        held_out = losses - set(observed_at(here, configuration(name, place)))
        assert len(held_out) == judging
        for times in (1, 5):
            judged = here.test(configuration(name, place), repeat, times)
            assert judged == [pytest.approx(np.mean(list(held_out)), rel=1e-12)]


@pytest.mark.parametrize("name", ["hpobench/credit_g", "hpolib/protein_structure", "nasbench201/cifar10"])
def test_all_configurations_with_all_seeds_are_searched_and_judged_by_the_same_ones(name):
    rng = np.random.default_rng(1)
    for repeat in range(3):
        here = TableObjective(name, seed=4).for_repeat(repeat)
        assert len({tuple(seeds_of_search(here, rng)) for _ in range(4)}) == 1


def test_seed_repeat_and_table_decide_which_seeds_are_held_out():
    name = "hpobench/credit_g"
    by_repeat = [tuple(seeds_of_search(TableObjective(name).for_repeat(repeat))) for repeat in range(12)]
    assert by_repeat == [tuple(seeds_of_search(TableObjective(name, repeat=repeat))) for repeat in range(12)]
    others = {
        "seed": [tuple(seeds_of_search(TableObjective(name, seed=1, repeat=repeat))) for repeat in range(12)],
        "table": [tuple(seeds_of_search(TableObjective("hpobench/kc1", repeat=repeat))) for repeat in range(12)],
    }
    assert all(other != by_repeat for other in others.values())
    assert len(set(by_repeat)) > 4


def test_every_seed_is_held_out_about_as_often():
    name, repeats = "hpobench/credit_g", 60
    searched = Counter(
        seed for repeat in range(repeats) for seed in seeds_of_search(TableObjective(name, repeat=repeat))
    )
    expected, deviation = repeats * 3 / 5, (repeats * 3 / 5 * 2 / 5) ** 0.5
    assert sorted(searched) == [0, 1, 2, 3, 4]
    assert all(abs(count - expected) < 3 * deviation for count in searched.values())


@pytest.mark.parametrize("name", some(TABLES, *(name for name, _, _ in CASES)))
def test_every_configuration_has_a_seed_to_be_searched_and_one_to_be_judged_by(name):
    losses = read(name).losses
    counts = np.isfinite(losses).sum(axis=-1)
    assert counts.min() >= 2
    fewest = np.argwhere(counts == counts.min())[0]
    params = configuration(name, fewest)
    here = TableObjective(name)
    assert np.isfinite([*observed_at(here, params, 3), *here.test(params, 0, 1)]).all()


def test_three_seeds_are_searched_since_three_repetitions_confirm():
    assert SEARCHED == REPETITIONS


def test_the_content_says_how_many_seeds_are_held_out():
    held_out = {name: TableObjective(name).content["data"]["held_out"] for name, seeds, _ in CASES if seeds > 2}
    assert held_out == {name: judging for name, seeds, judging in CASES if seeds > 2}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Run a study with a confirming strategy; return an objective and stored study per run, and the results."""
    folder = tmp_path_factory.mktemp("held_out")
    (folder / "few.toml").write_text(STUDY, encoding="utf-8")
    planned = plan(str(folder / "few.toml"))
    storage = InMemoryStorage()
    execute(planned, storage)
    stored = {study.study_name: study for study in read_studies(storage, lambda _: True)}
    return [(planned.objective_of(run), stored[run.name]) for run in planned.runs()], load_results(storage, "few")


def place_of(objective, params):
    named = objective.configuration(params)
    return tuple(values.index(named[name]) for name, values in read(objective.task).grid.items())


def test_all_strategies_of_a_repeat_search_the_same_seeds_and_are_judged_by_the_others(finished):
    runs, _ = finished
    assert len(runs) == 12
    for objective, study in runs:
        losses = read(objective.task).losses
        searched = seeds_of_search(TableObjective(objective.task, repeat=study.user_attrs["repeat"]))
        for trial in study.trials:
            assert trial.value in losses[place_of(objective, trial.params)][searched]
        test = study.user_attrs["test"]
        of_incumbent = losses[place_of(objective, study.trials[test["incumbent"]].params)]
        assert test["values"] == [pytest.approx(np.delete(of_incumbent, searched).mean(), rel=1e-12)]


def test_a_trial_and_its_repetitions_observe_different_seeds_as_long_as_there_are(finished):
    confirmed = 0
    for objective, study in finished[0]:
        searched = seeds_of_search(TableObjective(objective.task, repeat=study.user_attrs["repeat"]))
        for number in {confirms(trial) for trial in study.trials} - {None}:
            repetitions = [trial.value for trial in study.trials if confirms(trial) == number]
            losses = read(objective.task).losses[place_of(objective, study.trials[number].params)]
            assert sorted(repetitions) == sorted(losses[searched])
            assert repetitions[-1] == study.trials[number].value
            confirmed += 1
    assert confirmed == 16


def test_the_next_study_of_tables_says_nothing_of_what_is_held_out(finished):
    following = next_study(finished[1])
    assert following.content
    assert "held_out" not in toml_text(following)
