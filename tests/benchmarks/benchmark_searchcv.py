"""`SearchCV` against scikit-learn's random searches: ten data sets, four estimators, the same number of fits.

    python -m tests.benchmarks.benchmark_searchcv [--repeats N] [--first N] [--trials N] [--data A,B] [--estimators A,B]

In each repeat a third of the rows are held out, the three searches tune an estimator on the others, with the same folds
of a three-fold cross-validation, and their refitted winners are scored on the held-out rows: accuracy, or R² in
regression. Prints a table in Markdown: the mean score on the held-out rows, and how much better `SearchCV` is, paired
over the repeats, with the verdict. Verdicts are those of studies: Student's intervals at the planned number of repeats,
at 5 % over all comparisons of the table together.

The last row is the mean over all groups, each in units of the standard deviation of its scores, since accuracies and
R² have no common scale. It speaks for these data sets and estimators, and for other splits and seeds. Its two
comparisons share one half of the 5 %, those of the groups the other half. Seeds are the numbers of the repeats.

`HalvingRandomSearchCV` starts from as many candidates as give the same number of fits over its rounds, or the largest
number below it. Most of its fits see fewer rows, so it takes less time.
"""

import argparse
import platform
import sys
import time
import warnings
from collections.abc import Callable
from math import ceil, floor, log
from typing import Any, NamedTuple

import numpy as np
import sklearn
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy import stats
from sklearn import datasets
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 -- scikit-learn's way to allow its import
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import HalvingRandomSearchCV, RandomizedSearchCV, train_test_split
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR

from hpsearch import Choice, Float, Int, SearchCV
from hpsearch.analysis.comparison.level import ALPHA
from hpsearch.analysis.statistics.looks import Look, Shares, look

FOLDS = 3
FACTOR = 3
"""Of successive halving: the best third goes on."""

MOST_ROWS = 600

Rows = tuple[NDArray[Any], NDArray[Any]]
Space = dict[str, Any]


def bundled(load: Callable[..., Rows]) -> Callable[[], Rows]:
    return lambda: load(return_X_y=True)


CLASSES: dict[str, Callable[[], Rows]] = {
    "iris": bundled(datasets.load_iris),
    "wine": bundled(datasets.load_wine),
    "breast_cancer": bundled(datasets.load_breast_cancer),
    "digits": bundled(datasets.load_digits),
    "moons": lambda: datasets.make_moons(300, noise=0.3, random_state=0),
    "informative": lambda: datasets.make_classification(
        400, n_features=20, n_informative=8, n_classes=3, random_state=0
    ),
    "noisy": lambda: datasets.make_classification(400, n_features=40, n_informative=4, flip_y=0.15, random_state=0),
}
NUMBERS: dict[str, Callable[[], Rows]] = {
    "diabetes": bundled(datasets.load_diabetes),
    "friedman": lambda: datasets.make_friedman1(300, noise=1.0, random_state=0),
    "sparse": lambda: datasets.make_regression(200, n_features=50, n_informative=8, noise=20.0, random_state=0),
}
DATA = CLASSES | NUMBERS


class Tuned(NamedTuple):
    """Classifier and regressor, and the space of each."""

    classifier: Any
    regressor: Any
    space: Space
    other_space: Space


NEAREST: Space = {"n_neighbors": Int(1, 50, log=True), "weights": Choice(["uniform", "distance"]), "p": Float(1, 3)}
MACHINE: Space = {
    "kernel": Choice(["rbf", "poly"]),
    "C": Float(1e-3, 1e3, log=True),
    "gamma": Float(1e-4, 10, log=True),
    "degree": Int(2, 4, when={"kernel": "poly"}),
}
FOREST: Space = {
    "max_features": Float(0.05, 1),
    "min_samples_leaf": Int(1, 30, log=True),
    "max_depth": Int(1, 20),
}
ESTIMATORS = {
    "linear": Tuned(
        LogisticRegression(max_iter=300),
        Ridge(),
        {"C": Float(1e-5, 1e3, log=True), "class_weight": Choice([None, "balanced"])},
        {"alpha": Float(1e-3, 1e5, log=True), "fit_intercept": Choice([True, False])},
    ),
    "svm": Tuned(SVC(max_iter=20_000), SVR(max_iter=20_000), MACHINE, MACHINE),
    "neighbors": Tuned(KNeighborsClassifier(), KNeighborsRegressor(), NEAREST, NEAREST),
    "forest": Tuned(RandomForestClassifier(25), RandomForestRegressor(25), FOREST, FOREST),
}
RIVALS = ("random", "halving")


def as_scipy(spec: dict[str, Any]) -> Any:
    """The same range or choices for scikit-learn's searches; whole numbers as often as in a `Float` that is rounded."""
    if "choices" in spec:
        return spec["choices"]
    low, high, is_log = spec["low"], spec["high"], spec.get("log", False)
    if isinstance(spec, Int) and is_log:
        points = np.geomspace(low - 0.5, high + 0.5, 1000)
        return [int(value) for value in np.clip(points.round(), low, high)]
    if isinstance(spec, Int):
        return stats.randint(low, high + 1)
    return stats.loguniform(low, high) if is_log else stats.uniform(low, high - low)


def first_round(trials: int, rows: int, least: int) -> int:
    """The largest first round of halving with at most `trials` candidates over its rounds."""
    return max((first for first in range(1, trials + 1) if sum(rounds(first, rows, least)) <= trials), default=1)


def rounds(first: int, rows: int, least: int) -> list[int]:
    """Number of candidates of each round of scikit-learn's halving with `rows` rows, at least `least` in a round."""
    required = 1 + floor(log(first, FACTOR))
    of_first_round = max(least, rows // FACTOR ** (required - 1))
    possible = 1 + floor(log(rows // of_first_round, FACTOR))
    sizes = [first]
    while len(sizes) < min(required, possible):
        sizes.append(ceil(sizes[-1] / FACTOR))
    return sizes


def scores(data: str, name: str, repeat: int, trials: int) -> dict[str, float]:
    """Score of each search's winner on held-out rows, in one repeat."""
    x, y = DATA[data]()
    order = np.random.default_rng(0).permutation(len(x))[:MOST_ROWS]
    is_classes = data in CLASSES
    x, x_test, y, y_test = train_test_split(
        x[order], y[order], test_size=1 / 3, random_state=repeat, stratify=y[order] if is_classes else None
    )
    tuned = ESTIMATORS[name]
    model, space = (tuned.classifier, tuned.space) if is_classes else (tuned.regressor, tuned.other_space)
    if "random_state" in model.get_params():
        model.set_params(random_state=repeat)
    estimator = make_pipeline(StandardScaler(), model)
    step = f"{estimator.steps[-1][0]}__"
    ours = {step + key: with_step(spec, step) for key, spec in space.items()}
    theirs = {step + key: as_scipy(spec) for key, spec in space.items()}
    least = 2 * FOLDS * (len(np.unique(y)) if is_classes else 1)  # scikit-learn's own rule
    first = first_round(trials, len(x), least)
    common: dict[str, Any] = {"cv": FOLDS, "random_state": repeat}
    searches = {
        "SearchCV": SearchCV(estimator, ours, trials=trials, **common),
        "random": RandomizedSearchCV(estimator, theirs, n_iter=trials, **common),
        "halving": HalvingRandomSearchCV(
            estimator, theirs, n_candidates=first, factor=FACTOR, min_resources="exhaust", **common
        ),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of solvers that do not converge, and of rounds with few rows
        values = {label: float(search.fit(x, y).score(x_test, y_test)) for label, search in searches.items()}
    check_fits(searches, {"SearchCV": trials, "random": trials, "halving": sum(rounds(first, len(x), least))})
    return values


def check_fits(searches: dict[str, Any], expected: dict[str, int]) -> None:
    """Refuse scores of searches that had another number of candidates than expected."""
    tried = {label: len(search.cv_results_["params"]) for label, search in searches.items()}
    if tried != expected:
        raise RuntimeError(f"the searches evaluated {tried} candidates, and should have evaluated {expected}")


def with_step(spec: dict[str, Any], step: str) -> dict[str, Any]:
    """The specification for the parameters of a pipeline's step."""
    when = {step + other: values for other, values in spec.get("when", {}).items()}
    return {**spec, "when": when} if when else spec


def verdict(difference: Look) -> str:
    if difference.side:
        return "better" if difference.side > 0 else "worse"
    return "better" if difference.low > 0 else "worse" if difference.high < 0 else "not resolved"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--first", type=int, default=0, help="number of the first repeat")
    parser.add_argument("--trials", type=int, default=30)
    parser.add_argument("--data", type=lambda text: text.split(","), default=list(DATA))
    parser.add_argument("--estimators", type=lambda text: text.split(","), default=list(ESTIMATORS))
    args = parser.parse_args()
    groups = [(data, name) for data in args.data for name in args.estimators]
    of_groups, of_all = (
        Shares(args.repeats, ALPHA / 2 / comparisons, 0.0, ALPHA / 2, 0.0)
        for comparisons in (len(RIVALS) * len(groups), len(RIVALS))
    )
    repeats = range(args.first, args.first + args.repeats)
    print("| data | estimator | SearchCV | random | halving | better than random by | better than halving by |")
    print("| --- | --- |" + " ---: |" * 5)
    standardised: list[dict[str, NDArray[np.float64]]] = []
    started = time.monotonic()
    with Parallel(n_jobs=-1) as pool:
        for place, (data, name) in enumerate(groups, 1):
            rows = pool(delayed(scores)(data, name, repeat, args.trials) for repeat in repeats)
            columns = {label: np.array([row[label] for row in rows]) for label in ("SearchCV", *RIVALS)}
            differences = {rival: columns["SearchCV"] - columns[rival] for rival in RIVALS}
            spread = np.concatenate(list(columns.values())).std() or 1.0
            standardised.append({rival: each / spread for rival, each in differences.items()})
            means = " | ".join(f"{column.mean():.3f}" for column in columns.values())
            print(f"| {data} | {name} | {means} | {by_rival(differences, of_groups)} |", flush=True)
            spent = time.monotonic() - started
            left = spent / place * (len(groups) - place)
            print(f"{place} of {len(groups)} groups, {spent / 60:.0f} min, {left / 60:.0f} left", file=sys.stderr)
    overall = {rival: np.mean([group[rival] for group in standardised], axis=0) for rival in RIVALS}
    print(f"| all, in standard deviations | all | | | | {by_rival(overall, of_all)} |")
    print(
        f"\n{len(groups)} groups, {args.repeats} repeats from {args.first} on, {args.trials} candidates in "
        f"{FOLDS} folds; scikit-learn {sklearn.__version__}, NumPy {np.__version__}, "
        f"Python {platform.python_version()}."
    )


def by_rival(differences: dict[str, NDArray[np.float64]], shares: Shares) -> str:
    """Mean advantage over each rival, with its standard error and the verdict."""
    cells = []
    for rival in RIVALS:
        values = differences[rival]
        error = values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.nan
        cells.append(f"{values.mean():+.4f} ± {error:.4f}, {verdict(look(values, shares))}")
    return " | ".join(cells)


if __name__ == "__main__":
    main()
