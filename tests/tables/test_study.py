"""The comparison that ships: all tables of both benchmarks, strategies with and without confirmation on one budget."""

import tomllib

from hpsearch.config import shipped
from hpsearch.study import plan
from hpsearch.tables import TABLES, TableObjective


def test_the_shipped_study_is_planned_over_all_tables():
    planned = plan("tables")
    assert set(planned.objectives) == {name for name in TABLES if name.startswith(("hpobench/", "hpolib/"))}
    assert {type(objective) for objective in planned.objectives.values()} == {TableObjective}
    assert len(planned.runs()) == len(planned.objectives) * len(planned.strategies) * planned.repeats


def test_what_is_confirmed_differs_in_nothing_else():
    study = tomllib.loads(shipped()["tables"].read_text(encoding="utf-8"))
    for label, options in study["strategies"].items():
        assert label == f"{options['strategy']}-confirmed"
        assert options["strategy"] in study["search"]["strategies"]
        assert options["confirm"] == 5
        assert set(options) == {"strategy", "confirm"}
