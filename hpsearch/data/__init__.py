"""Data sets: loading, splitting into train, validation and test, and scaling."""

from hpsearch.data.dataset import Dataset
from hpsearch.data.scaling import SCALINGS
from hpsearch.data.settings import DataSettings, load
from hpsearch.data.sources import SOURCES
from hpsearch.data.sources.files import located
from hpsearch.data.split import Split, cross_split, rows_without_test, split

__all__ = [
    "SCALINGS",
    "SOURCES",
    "DataSettings",
    "Dataset",
    "Split",
    "cross_split",
    "load",
    "located",
    "rows_without_test",
    "split",
]
