import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from hpsearch.data import SOURCES, DataSettings, load
from hpsearch.errors import UsageError

WRONG = {
    "source": ({"source": "digit"}, "unknown source 'digit' .did you mean 'digits'.*choose from .*fizzbuzz"),
    "source type": ({"source": ["digits"]}, "unknown source"),
    "csv without path": ({"source": "csv", "target": "y"}, "source 'csv' needs path.*received None"),
    "npz without path": ({"source": "npz", "path": ""}, "source 'npz' needs path.*received ''"),
    "path for digits": ({"path": "a.csv"}, "path is for source 'csv' or 'npz' only; received 'a.csv' with 'digits'"),
    "target for mnist": ({"source": "mnist", "target": "y"}, "target is for source .* with 'mnist'"),
    "task for iris": ({"source": "iris", "task": "regression"}, "task is for source .* with 'iris'"),
    "task": ({"source": "npz", "path": "a", "task": "classify"}, "unknown task 'classify'.*choose from"),
    "target type": ({"source": "csv", "path": "a", "target": 3}, "target must be text; received 3"),
    "separator for npz": (
        {"source": "npz", "path": "a", "separator": ";"},
        "separator is for source 'csv' only; received ';' with 'npz'",
    ),
    "separator": ({"source": "csv", "path": "a", "separator": ""}, "separator must be one sign.*got ''"),
    "decimal": ({"source": "csv", "path": "a", "decimal": "comma"}, "decimal must be .*got 'comma'"),
    "encoding": ({"source": "csv", "path": "a", "encoding": 8}, "encoding must name an encoding.*got 8"),
    "rows for digits": ({"rows": 50}, "rows is for source 'normal' only; received 50 with 'digits'"),
    "rows": ({"source": "normal", "rows": 0}, "rows must be a whole number >= 1, got 0"),
    "inputs": ({"source": "normal", "inputs": 10**9}, "inputs must be at most 10,000, got 1000000000"),
    "inputs type": ({"source": "normal", "inputs": "100"}, "inputs must be a whole number >= 1, got '100'"),
    "validation": ({"validation": 2.5}, "validation must be a fraction > 0 and < 1.*got 2.5"),
    "test": ({"test": 0}, "test must be .*got 0"),
    "train": ({"train": -5}, "train must be a whole number >= 1, got -5"),
    "scaling": ({"scaling": "max"}, "unknown scaling 'max'.*choose from minmax, none, standard"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_broken_rule_names_key_and_value(case):
    arguments, message = WRONG[case]
    with pytest.raises(UsageError, match=message) as raised:
        DataSettings(**arguments)
    assert "\n" not in str(raised.value)


def test_counts_and_fractions_survive_pydantic():
    read = TypeAdapter(DataSettings).validate_python
    settings = read({"source": "mnist", "validation": 100, "test": 0.25, "train": 400})
    assert (settings.validation, settings.test, settings.train) == (100, 0.25, 400)
    assert isinstance(settings.validation, int)
    with pytest.raises(ValidationError, match=r"got 1\.5"):
        read({"validation": 1.5})


@pytest.mark.parametrize("source", SOURCES)
def test_every_source_loads_the_same_twice(source, every_source):
    settings, folder = every_source(source)
    first, second = load(settings, folder), load(settings, str(folder))
    assert first.fingerprint == second.fingerprint
    assert first.x.dtype == np.float32
    assert len(first.x) == len(first.y) > 0
    assert len(first.feature_names) == len(set(first.feature_names)) == first.x.shape[1]
    assert len(first.class_names) == len(set(first.class_names))
