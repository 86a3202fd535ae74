"""The studies of paths that ship: they run by their names and show what chapter and lecture describe."""

import pytest
from optuna.storages import InMemoryStorage

from hpsearch.execution import execute
from hpsearch.results.load import load_results
from hpsearch.study.plan import plan


def numbers(study):
    """Return the measures at the end of the paths, by variant and name."""
    ready, storage = plan(study), InMemoryStorage()
    execute(ready, storage)
    measures = load_results(storage, study).measures
    assert set(measures["repeat"]) == {0}
    return measures.drop_duplicates(["variant", "measure"], keep="last").pivot_table("value", "variant", "measure")


def test_optimizer_paths():
    ends = numbers("optimizer-paths")
    assert ends["crossings.y"].to_dict() == {"SGD": 30, "Momentum": 4, "AdaGrad": 0, "Adam": 2}
    assert ends["straightness"].idxmax() == "AdaGrad"
    assert ends["straightness"].idxmin() == "SGD"


def test_momentum_escapes():
    ends = numbers("momentum-escapes")
    assert ends.loc["SGD", "x"] < 0
    assert ends.loc["Momentum", "distance"] == pytest.approx(0, abs=0.1)
