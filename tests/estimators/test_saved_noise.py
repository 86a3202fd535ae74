"""Model files with random damage load safely or are refused."""

import warnings
from contextlib import suppress

import numpy as np
import pytest

from hpsearch.errors import DataError
from hpsearch.estimators.tabular import TabularModel
from tests.combinations import more
from tests.estimators.forged import change_array, nodes_of, rewrite, rewrite_skops, saved
from tests.estimators.saved_models import PATHS, rows


@pytest.fixture
def path(tmp_path):
    return tmp_path / "mine.model"


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize("flips", [12, more(100)])
def test_flipped_bytes_are_refused_or_change_no_more_than_numbers(name, flips, path):
    saved(path, name)
    whole, rng = path.read_bytes(), np.random.default_rng(0)
    for place in rng.integers(len(whole), size=flips):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ int(rng.integers(1, 256))]) + whole[place + 1 :])
        with suppress(DataError), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on another version
            assert len(TabularModel.load(path).predictions(rows())) == 60


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize("changes", [6, more(60)])
def test_any_changed_number_is_refused_or_harmless(name, changes, path):
    """Each change writes valid archives with checksums, so that it reaches the estimator."""
    saved(path, name)
    whole, rng = path.read_bytes(), np.random.default_rng(1)
    wild = (-1, 0, 1, 7, 255, 2**31 - 1, -(2**31), 2**62)

    def change(array):
        flat = array.reshape(-1)
        field = rng.choice(array.dtype.names) if array.dtype.names else None
        if flat.size:
            with np.errstate(all="ignore"):
                value = np.array(rng.choice(wild)).astype(array.dtype[field] if field else array.dtype)
            (flat[field] if field else flat)[rng.integers(flat.size)] = value
        return array

    def of_skops(schema, members):
        arrays = [node for node in nodes_of(schema, "NdArrayNode") if "file" in node]
        numbers = nodes_of(schema, "JsonNode")
        if rng.random() < 0.5 and numbers:
            numbers[rng.integers(len(numbers))]["content"] = str(int(rng.choice(wild)))
        else:
            change_array(members, arrays[rng.integers(len(arrays))], change)

    def of_file(_, arrays):
        named = [key for key, array in arrays.items() if array.dtype != np.uint8]
        key = named[rng.integers(len(named))]
        arrays[key] = change(arrays[key].copy())

    for _ in range(changes):
        path.write_bytes(whole)
        with np.load(path) as archive:
            is_skops = "skops" in archive.files
        rewrite_skops(path, of_skops) if is_skops else rewrite(path, of_file)
        with suppress(DataError):
            assert len(TabularModel.load(path).predictions(rows())) == 60
