"""Seeded split into train, validation and test rows, prepared and scaled by the training rows."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpsearch.checks import MOST_SEED, share, whole
from hpsearch.data.dataset import Dataset
from hpsearch.data.drawing import Drawing, Rows
from hpsearch.data.folds import Folds
from hpsearch.data.group_drawing import GroupDrawing
from hpsearch.data.preparation import Preparation
from hpsearch.data.preparation_settings import PreparationSettings
from hpsearch.data.scaling import SCALINGS, rescale
from hpsearch.data.time_drawing import TimeDrawing
from hpsearch.errors import DataError

Part = tuple[NDArray[np.float32], NDArray[Any]]

# Separate random streams of the draws, independent of each other and of the networks' training.
_TEST, _VALIDATION, _TRAIN = 1, 2, 3


@dataclass(frozen=True, eq=False, kw_only=True)
class Split:
    """Data set in three parts. Inputs are float32 and C-contiguous; labels are int64, targets float32.

    Regression targets are scaled like the inputs, which does not change R². ``y * y_scale + y_shift`` restores the
    original units. For classification, these are 1 and 0.
    """

    x_train: NDArray[np.float32] = field(repr=False)
    y_train: NDArray[Any] = field(repr=False)
    x_validation: NDArray[np.float32] = field(repr=False)
    y_validation: NDArray[Any] = field(repr=False)
    x_test: NDArray[np.float32] = field(repr=False)
    y_test: NDArray[Any] = field(repr=False)
    w_train: NDArray[np.float64] | None = field(default=None, repr=False)
    """Weights of the rows of each part, as in the data; None if all rows have the same weight."""
    w_validation: NDArray[np.float64] | None = field(default=None, repr=False)
    w_test: NDArray[np.float64] | None = field(default=None, repr=False)
    groups_test: NDArray[np.int64] | None = field(default=None, repr=False)
    """Group of each test row; None without groups."""
    task: str
    class_names: tuple[str, ...]
    alike: bool = True
    """Whether rows are exchangeable: without groups, order and weights."""
    y_shift: float = 0.0
    y_scale: float = 1.0
    fingerprints: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Hash of the row numbers of each part: ``train``, ``validation`` and ``test``."""
    folds: "tuple[Split, ...]" = field(default=(), repr=False)
    """Splits of a cross-validation; the first one's parts are those of this split. Empty without."""
    whole: "Split | None" = field(default=None, repr=False)
    """With folds: all rows that are not test rows as train part, and an empty validation part."""

    @property
    def nbytes(self) -> int:
        """Size of all arrays in bytes, with those of the folds."""
        own = sum(value.nbytes for value in vars(self).values() if isinstance(value, np.ndarray))
        return own + sum(each.nbytes for each in (*self.folds[1:], self.whole) if each is not None)

    @property
    def n_inputs(self) -> int:
        """Number of columns of the inputs."""
        return len(self.x_train[0])

    @property
    def n_outputs(self) -> int:
        """Number of classes, or 1 for regression."""
        return len(self.class_names) or 1


def split(
    dataset: Dataset,
    *,
    validation: float | int = 0.2,
    test: float | int = 0.2,
    train: int | None = None,
    scaling: str = PreparationSettings.scaling,
    imputation: str = PreparationSettings.imputation,
    max_categories: int = PreparationSettings.max_categories,
    seed: int,
    repeat: int = 0,
) -> Split:
    """Split `dataset` into train, validation and test, and prepare and scale it by the training rows.

    The test rows depend only on `seed` and their number, so no repeat searches on the test rows of another repeat.
    Train and validation rows are drawn from the rest by (`seed`, `repeat`).

    Of a data set with groups, each group is in one part only; parts have about the size asked for, and are stratified
    as far as groups allow. With an order, the test rows are the latest, the validation rows the latest of the rest, for
    all seeds and repeats; rows of one time are in one part, and `train` takes the latest training rows. Scaling uses no
    weights.

    Parameters
    ----------
    validation, test
        Fraction of the rows of `dataset.x` (float, 0 < f < 1) or number of rows (int). An official test set replaces
        the drawn one: a fraction means all its rows, a count draws that many of them. No test row is then taken from
        `dataset.x`.
    train
        Maximum number of training rows; None means all remaining rows. It does not affect validation and test rows.
        The draw is stratified, so if fewer than one row per class would be left out, the number is lowered accordingly.
    scaling
        Key of `SCALINGS`, fitted on the training rows after `train` is applied.
    imputation, max_categories
        See `PreparationSettings` and `Preparation`, fitted on the same rows, before scaling.
    seed, repeat
        Whole numbers >= 0.

    Raises
    ------
    UsageError
        If an argument is invalid.
    DataError
        If there are too few rows, or too few rows of a class.
    """
    validation, test = share("validation", validation), share("test", test)
    if train is not None:
        whole("train", train, least=1)
    settings = PreparationSettings(scaling=scaling, imputation=imputation, max_categories=max_categories)
    whole("seed", seed, least=0, most=MOST_SEED)
    whole("repeat", repeat, least=0)
    rest, test_rows, test_part = _draw_test(dataset, test, seed)
    stream = (seed, _VALIDATION, repeat)
    rest, validation_rows = drawing(dataset).part(rest, dataset.y, "validation", validation, stream)
    train_rows = _limit_train(dataset, rest, train, (seed, _TRAIN, repeat))
    parts = [_copy_rows(dataset.x, dataset.y, rows) for rows in (train_rows, validation_rows)]
    drawn = {"train": train_rows, "validation": validation_rows, "test": test_rows}
    made = _prepared(dataset, settings, [*parts, test_part])
    return replace(made, fingerprints=_fingerprints(drawn), **_weights(dataset, drawn))


def cross_split(
    dataset: Dataset,
    *,
    folds: Folds,
    test: float | int = 0.2,
    train: int | None = None,
    scaling: str = PreparationSettings.scaling,
    imputation: str = PreparationSettings.imputation,
    max_categories: int = PreparationSettings.max_categories,
    seed: int,
    repeat: int = 0,
) -> Split:
    """Split `dataset` into test rows and the folds of the rest, each prepared and scaled by its own training rows.

    The test rows are those of `split`. The folds are drawn by (`seed`, `repeat`), stratified by class; groups are in
    one fold only. With an order, each fold is trained on all times before its validation rows. The parts of the result
    are those of the first fold. The other arguments, and the errors, are those of `split`.
    """
    test = share("test", test)
    settings = PreparationSettings(scaling=scaling, imputation=imputation, max_categories=max_categories)
    rest, test_rows, test_part = _draw_test(dataset, test, seed)

    def scaled(train_rows: Rows, validation_rows: Rows) -> Split:
        parts = [_copy_rows(dataset.x, dataset.y, rows) for rows in (train_rows, validation_rows)]
        made = _prepared(dataset, settings, [*parts, (test_part[0].copy(), test_part[1].copy())])
        drawn = {"train": train_rows, "validation": validation_rows, "test": test_rows}
        return replace(made, **_weights(dataset, drawn))

    trained, validated, splits = [], [], []
    for train_rows, validation_rows in drawing(dataset).folds(rest, folds, (seed, _VALIDATION, repeat)):
        trained.append(_limit_train(dataset, train_rows, train, (seed, _TRAIN, repeat)))
        validated.append(validation_rows)
        splits.append(scaled(trained[-1], validated[-1]))
    drawn = {"train": np.concatenate(trained), "validation": np.concatenate(validated), "test": test_rows}
    return replace(
        splits[0],
        fingerprints=_fingerprints(drawn),
        folds=tuple(splits),
        whole=scaled(_limit_train(dataset, rest, train, (seed, _TRAIN, repeat)), rest[:0]),
    )


def drawing(dataset: Dataset) -> Drawing:
    """Return how rows are drawn: whole groups, by time, or independent of each other."""
    if dataset.groups is not None:
        return GroupDrawing(dataset)
    return Drawing(dataset) if dataset.order is None else TimeDrawing(dataset)


def _weights(dataset: Dataset, drawn: Mapping[str, Rows]) -> dict[str, Any]:
    """Return the fields of a `Split` that say how its rows belong together, and their weights."""
    belonging: dict[str, Any] = {} if dataset.groups is None and dataset.order is None else {"alike": False}
    if dataset.groups is not None and dataset.test is None:
        belonging["groups_test"] = dataset.groups[drawn["test"]]
    if dataset.weights is None:
        return belonging
    weights = {part: dataset.weights[rows] for part, rows in drawn.items()}
    for part, each in weights.items():
        if len(each) and not each.any():
            raise DataError(f"{dataset.name}: the weights of all {len(each)} {part} rows are 0, and some must not be")
    return belonging | {"alike": False} | {f"w_{part}": each for part, each in weights.items()}


def _fingerprints(drawn: Mapping[str, Rows]) -> dict[str, str]:
    return {part: hashlib.sha256(np.int64(rows).tobytes()).hexdigest()[:16] for part, rows in drawn.items()}


def rows_without_test(dataset: Dataset, *, test: float | int, seed: int) -> Rows:
    """Return the rows of `dataset.x` that `split` draws train and validation rows from, in every repeat."""
    return _draw_test(dataset, share("test", test), whole("seed", seed, least=0, most=MOST_SEED))[0]


def _draw_test(dataset: Dataset, share: float | int, seed: int) -> tuple[Rows, Rows, Part]:
    """Return the rows of `dataset.x` for the search, the numbers of the test rows, and the test part."""
    rows = np.arange(len(dataset.x))
    if dataset.test is None:
        rest, test_rows = drawing(dataset).part(rows, dataset.y, "test", share, (seed, _TEST))
        return rest, test_rows, _copy_rows(dataset.x, dataset.y, test_rows)
    x, y = dataset.test
    test_rows = np.arange(len(x))
    if isinstance(share, int) and share != len(x):
        _, test_rows = drawing(dataset).part(test_rows, y, "test", share, (seed, _TEST))
    return rows, test_rows, _copy_rows(x, y, test_rows)


def _copy_rows(x: NDArray[np.float32], y: NDArray[Any], rows: Rows) -> Part:
    """Return a copy of the rows, which may be scaled in place."""
    return np.ascontiguousarray(x[rows]), y[rows]


def _limit_train(dataset: Dataset, rows: Rows, train: int | None, entropy: tuple[int, ...]) -> Rows:
    selected = rows
    if train is not None and train < len(rows):
        selected = drawing(dataset).limited(rows, train, entropy)
    if len(np.unique(dataset.y[selected])) < 2:
        noun = "class" if dataset.class_names else "value of the target"
        raise DataError(
            f"{dataset.name}: the {len(selected)} training row(s) hold one {noun} only: give train more rows"
        )
    return selected


def _prepared(dataset: Dataset, settings: PreparationSettings, parts: list[Part]) -> Split:
    """Prepare and scale the parts (train first), in place where possible, and combine them into a `Split`."""
    scaling = settings.scaling
    preparation = Preparation.fit(
        dataset.columns,
        parts[0][0],
        settings.imputation,
        dataset.incomplete,
        keeps_all=dataset.is_plain,
        max_categories=settings.max_categories,
    )
    parts = [(preparation.apply(x), y) for x, y in parts]
    shift, factor = SCALINGS[scaling](parts[0][0])
    for x, _ in parts:
        rescale(x, shift, factor)
        _check_finite(dataset, scaling, x, [f"column {name!r}" for name in preparation.feature_names])
    units: dict[str, Any] = {} if dataset.class_names else _scale_targets(dataset, scaling, [y for _, y in parts])
    (x_train, y_train), (x_validation, y_validation), (x_test, y_test) = parts
    return Split(
        x_train=x_train,
        y_train=y_train,
        x_validation=x_validation,
        y_validation=y_validation,
        x_test=x_test,
        y_test=y_test,
        task=dataset.task,
        class_names=dataset.class_names,
        **units,
    )


def _scale_targets(dataset: Dataset, scaling: str, targets: list[NDArray[Any]]) -> dict[str, float]:
    shift, factor = SCALINGS[scaling](targets[0][:, np.newaxis])
    for y in targets:
        rescale(y[:, np.newaxis], shift, factor)
        _check_finite(dataset, scaling, y[:, np.newaxis], ["the target"])
    return {"y_shift": float(shift[0]), "y_scale": float(1 / factor[0])}


def _check_finite(dataset: Dataset, scaling: str, columns: NDArray[np.float32], names: Sequence[str]) -> None:
    bad = ~np.isfinite(columns).all(axis=0)
    if bad.any():
        raise DataError(
            f"{dataset.name}: scaling {scaling!r} makes {names[int(bad.argmax())]} too large for float32: it hardly"
            " varies in the training rows, and does in others; leave it out, or those rows"
        )
