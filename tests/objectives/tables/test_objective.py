import pickle

import numpy as np
import optuna
import pytest

from hpsearch.errors import UsageError
from hpsearch.objectives.mlp import MLPObjective
from hpsearch.objectives.tables import TableObjective
from hpsearch.objectives.tables.published import read
from tests.objectives.tables.exact import observed_at

NAME = "hpobench/credit_g"
PARAMS = {"alpha": 5e-7, "batch_size": 30.0, "depth": 2, "learning_rate_init": 0.003, "width": 1000.0}
CONFIGURATION = {
    "alpha": 5.994842e-7,
    "batch_size": 25,
    "depth": 2,
    "learning_rate_init": 1.6681006e-3,
    "width": 1024,
}


@pytest.fixture(scope="module")
def objective():
    return TableObjective(NAME)


def observe(objective):
    """Return the observations of the first trials at `PARAMS`."""
    return observed_at(objective, PARAMS, 20)


def test_it_is_a_plain_optuna_objective(objective):
    study = optuna.create_study(direction=objective.direction)
    study.optimize(objective, n_trials=5)
    assert [trial.distributions for trial in study.trials] == [objective.space] * 5


def test_it_says_of_itself_what_the_network_says(objective):
    shared = {"direction", "metric", "task", "content", "space", "for_repeat", "test", "seed", "repeat"}
    assert all(hasattr(kind, name) for kind in (objective, MLPObjective("iris")) for name in shared)
    assert set(objective.content) == set(MLPObjective("iris").content)


def test_a_trial_observes_one_training_of_the_configuration_that_it_stands_for(objective):
    assert objective.configuration(PARAMS) == CONFIGURATION
    place = tuple(values.index(CONFIGURATION[name]) for name, values in read(NAME).grid.items())
    assert set(observe(objective)) < set(read(NAME).losses[place])


def test_what_a_trial_observes_depends_on_seed_repeat_and_number_alone(objective):
    assert observe(objective) == observe(TableObjective(NAME))
    assert observe(objective) != observe(objective.for_repeat(1)) != observe(TableObjective(NAME, seed=1))
    assert observe(objective.for_repeat(1)) == observe(TableObjective(NAME, repeat=1))


def test_the_reference_is_the_best_and_the_median_configuration_by_all_seeds_in_every_repeat(objective):
    means = read(NAME).losses.mean(axis=-1)
    for repeat in range(3):
        reference = objective.for_repeat(repeat).reference
        assert reference["best"] == pytest.approx(means.min(), rel=1e-12)
        assert (means < reference["median"]).mean() == pytest.approx(0.5, abs=0.001)


def test_it_travels_to_another_process_without_its_table(objective):
    sent = pickle.dumps(objective)
    assert len(sent) < 2_000
    assert observe(pickle.loads(sent)) == observe(objective)


def test_content_tells_tables_apart(objective):
    data = [TableObjective(name).content["data"] for name in (NAME, "hpobench/kc1")]
    assert data[0]["fingerprint"] != data[1]["fingerprint"]
    assert data[0] == TableObjective({"source": "table", "table": NAME}, seed=3).content["data"]


@pytest.mark.parametrize("name", ["hpolib/protein_structure", "nasbench201/cifar10"])
def test_every_family_can_be_searched(name):
    objective = TableObjective(name)
    study = optuna.create_study(direction=objective.direction, sampler=optuna.samplers.TPESampler(seed=0))
    study.optimize(objective, n_trials=15)
    losses = read(name).losses
    [judged] = objective.test(study.best_params, study.best_trial.number, 1)
    assert np.nanmin(losses) <= judged <= np.nanmax(losses)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"data": "hpobench/credit"}, "[data] unknown table 'hpobench/credit' (did you mean 'hpobench/credit_g'?)"),
        (
            {"data": {"source": "table"}},
            "[data] source 'table' needs the name of a table: choose from hpobench/australian",
        ),
        ({"data": {"table": ["hpobench/kc1"]}}, "[data] unknown table ['hpobench/kc1']"),
        ({"data": {"table": NAME, "test": 0.2}}, "[data] test: unknown key 'test'"),
        ({"data": NAME, "model": {"epochs": 3}}, "[model] must be empty where"),
        ({"data": NAME, "space": {"alpha": {"low": 0, "high": 1}}}, "[space] must be empty where"),
    ],
)
def test_what_cannot_be_is_refused_when_it_is_made(arguments, words):
    with pytest.raises(UsageError) as error:
        TableObjective(**arguments)
    assert words in str(error.value)
    assert "\n" not in str(error.value)
