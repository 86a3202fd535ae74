"""Scores and memory of the estimators on all of MNIST. Needs the files; takes half a minute on one core."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hpsearch.data import DataSettings, load
from hpsearch.estimators import MLPClassifier

pytestmark = [
    pytest.mark.mnist,
    pytest.mark.long,
    pytest.mark.skipif(not os.environ.get("HPSEARCH_DATA"), reason="HPSEARCH_DATA names no folder with MNIST"),
]


@pytest.fixture(scope="module")
def mnist():
    return load(DataSettings(source="mnist"), Path(os.environ["HPSEARCH_DATA"]))


CASES = {
    "one layer": (0.980, {"hidden_layer_sizes": (256,), "epochs": 6}),
    "two layers": (0.983, {"hidden_layer_sizes": (256, 256), "epochs": 7, "batch_norm": True, "dropout": 0.2}),
}
SHARED = {"optimizer": "adam", "learning_rate": 0.003, "schedule": "cosine", "batch_size": 128, "random_state": 0}


@pytest.mark.parametrize("case", CASES)
def test_accuracy_on_the_test_images(mnist, case):
    reached, given = CASES[case]
    estimator = MLPClassifier(**SHARED, **given).fit(mnist.x, mnist.y)
    assert estimator.score(*mnist.test) >= reached


TRAIN = """
import resource
from hpsearch.data import DataSettings, load
from hpsearch.estimators import MLPClassifier
mnist = load(DataSettings(source="mnist"))
for early_stopping in (False, True):
    estimator = MLPClassifier((512, 512), batch_size=512, epochs=1, early_stopping=early_stopping)
    print(estimator.fit(mnist.x, mnist.y).score(*mnist.test))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_trains_within_one_gigabyte():
    """With and without early stopping, one after the other in one process."""
    done = subprocess.run([sys.executable, "-c", TRAIN], capture_output=True, text=True, check=True, timeout=300)
    *scores, kilobytes = done.stdout.split()
    assert len(scores) == 2
    assert min(map(float, scores)) > 0.9
    assert int(kilobytes) * 1024 < 1e9
    assert done.stderr == ""
