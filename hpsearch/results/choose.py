"""Selection of the study for a report, and the name of its folder."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from optuna.storages import BaseStorage

from hpsearch.errors import StorageError, UsageError, and_more
from hpsearch.results.foreign import load_plain
from hpsearch.results.load import load_results
from hpsearch.results.results import Results
from hpsearch.results.stored_studies import study_of
from hpsearch.run import is_run
from hpsearch.storage import all_studies

_FEW = 10  # maximum number of names in a message
_LONGEST = 80  # maximum length of a folder name


def load_chosen(storage: BaseStorage, study: str | None, names: Sequence[str]) -> Results:
    """Load the hpsearch study `study`, the Optuna studies `names`, or the only hpsearch study.

    Raises
    ------
    UsageError
        If both are set, or neither is set and there are several hpsearch studies or only others.
    StorageError
        If the study is missing or was not made by hpsearch, or if the storage is empty.
    """
    if study is not None and names:
        raise UsageError(f"a report is about a study of hpsearch or about --study-name, got {study!r} and {names[0]!r}")
    if names:
        return load_plain(storage, names)
    stored = all_studies(storage)
    ours = list(dict.fromkeys(study_of(each) for each in stored if is_run(each.user_attrs)))
    if study is None:
        return load_results(storage, _only(ours, [each.study_name for each in stored]))
    if study not in ours and study in {each.study_name for each in stored}:
        raise StorageError(f"hpsearch did not make the study {study!r}: name it with --study-name")
    if study not in ours and ours:
        raise StorageError(f"the storage holds no run of the study {study!r} (it holds {_some(ours)}): run it first")
    return load_results(storage, study)


def _only(ours: Sequence[str], stored: Sequence[str]) -> str:
    if len(ours) == 1:
        return ours[0]
    if ours:
        raise UsageError(f"the storage holds several studies: name one of {_some(ours)}")
    if stored:
        raise UsageError(
            f"the storage holds no study of hpsearch, but Optuna studies: name them with --study-name, one or more of "
            f"{_some(stored)}"
        )
    raise StorageError("the storage is empty: run a study first")


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_FEW]) + and_more(len(names) - _FEW)


def folder(name: str) -> str:
    """Return the folder name for a report: the study's name if it is portable, else its plain characters and a digest.

    >>> folder("digits"), folder("../a b")
    ('digits', 'a-b-2c2c791a')
    """
    if len(name) <= _LONGEST and re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name) and not name.endswith("."):
        return name
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", name)[:_LONGEST].strip("-_")
    digest = hashlib.sha256(name.encode("utf-8", errors="backslashreplace")).hexdigest()[:8]
    return f"{stem}-{digest}" if stem else f"report-{digest}"
