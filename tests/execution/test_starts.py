"""A process that trains starts fast: it loads no library that it doesn't need."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from hpsearch.objectives import MLPObjective

HEAVY = ("sklearn", "pandas", "matplotlib", "scipy.stats", "scipy.optimize")
OF_OWNERS = ("sqlalchemy", "pydantic", "hpsearch.storage", "hpsearch.strategies")

TRAIN = """
import pickle, sys
import hpsearch.execution.{module}
objective = pickle.loads(sys.stdin.buffer.read())
objective.retrain({{"learning_rate": 0.1, "weight_decay": 1e-4}}, objective.seeds(3)).outcome()
print(len(sys.modules) > 100, *[name for name in sys.argv[1:] if name in sys.modules])
"""


@pytest.mark.parametrize(("module", "unneeded"), [("worker", HEAVY), ("child.serving", HEAVY + OF_OWNERS)])
def test_a_process_that_trains_loads_neither_scikit_learn_nor_what_reports_need(module, unneeded):
    objective = MLPObjective("digits", model={"epochs": 1}).for_repeat(1)
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2]), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", TRAIN.format(module=module), *unneeded]
    done = subprocess.run(command, input=pickle.dumps(objective), env=environment, capture_output=True, check=True)
    assert done.stdout.decode().split() == ["True"]
