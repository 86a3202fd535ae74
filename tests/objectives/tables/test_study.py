"""Shipped comparisons: all tables of two benchmarks, and the tables that no default was chosen on."""

import tomllib

import pytest
from optuna.storages import InMemoryStorage

from hpsearch.analysis.next_study import next_study, toml_text
from hpsearch.execution import execute
from hpsearch.execution.expected_time import expected_seconds
from hpsearch.objectives.tables import TABLES, TableObjective
from hpsearch.results.load import load_results
from hpsearch.study.plan import plan
from hpsearch.study.shipped import shipped
from tests.benchmarks.benchmark_narrowing import EIGHT


def test_the_shipped_study_is_planned_over_all_tables():
    planned = plan("tables")
    assert set(planned.objectives) == set(TABLES)
    assert {type(objective) for objective in planned.objectives.values()} == {TableObjective}
    assert len(planned.runs()) == len(planned.objectives) * len(planned.strategies) * planned.repeats


def test_the_tables_that_no_default_was_chosen_on_are_judged_apart_in_the_same_way():
    every, unseen = plan("tables"), plan("tables-unseen")
    assert set(unseen.objectives) == {name for name in set(every.objectives) - set(EIGHT) if name.startswith("hpolib/")}
    assert unseen.trials == every.trials
    assert list(unseen.strategies) == list(every.strategies)
    assert [each.content for each in unseen.strategies.values()] == [each.content for each in every.strategies.values()]


def test_the_duration_of_a_study_of_tables_is_expected_although_tables_have_no_defaults():
    assert expected_seconds(plan("tables-unseen"), jobs=1) > 0


@pytest.mark.parametrize("name", ["tables", "tables-unseen"])
def test_what_is_confirmed_differs_in_nothing_else(name):
    study = tomllib.loads(shipped()[name].read_text(encoding="utf-8"))
    for label, options in study["strategies"].items():
        assert label == f"{options['strategy']}-confirmed"
        assert options["strategy"] in study["search"]["strategies"]
        assert options["confirm"] == 5
        assert set(options) == {"strategy", "confirm"}


def test_what_follows_a_search_of_tables_runs(tmp_path):
    """Diagnostics may recommend wider ranges, but a table's space is fixed."""
    path, storage = tmp_path / "few.toml", InMemoryStorage()
    path.write_text(
        'name = "few"\n[data]\nsource = "table"\ntables = ["hpobench/car", "hpolib/protein_structure"]\n'
        '[model]\nfamily = "table"\n'
        '[search]\nstrategies = ["random", "confirmed"]\ntrials = 30\nrepeats = 2\n'
        '[strategies.confirmed]\nstrategy = "random"\nconfirm = 4\n'
        "[report]\nnoise_share = 0.0\n",  # so that noise between seeds is a reason to confirm
        encoding="utf-8",
    )
    planned = plan(str(path))
    execute(planned, storage)
    results = load_results(storage, "few")
    final = results.true_values.groupby(["task", "variant", "repeat"])["value"].last()
    judged = results.runs.set_index(["task", "variant", "repeat"])["test_values"].map(lambda values: values[0])
    assert final.to_dict() == judged.to_dict()
    following = next_study(results)
    assert following.changes
    written = tmp_path / "next.toml"
    written.write_text(toml_text(following), encoding="utf-8")
    after = plan(str(written))
    assert after.name == "few-next"
    assert set(after.objectives) == set(planned.objectives)
