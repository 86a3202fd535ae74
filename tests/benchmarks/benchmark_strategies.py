"""What a draw of each strategy costs, against the number of trials before it.

    python -m tests.benchmarks.benchmark_strategies [--strategies A,B] [--sizes 10,100] [--repeats N] [--seconds S]
    python -m tests.benchmarks.benchmark_strategies --long [--trials N]

Prints a table in Markdown: milliseconds of processor time for asking a trial, drawing its five parameters and telling
its value, less what a sampler costs that returns a constant; in memory, the mean of up to twenty trials before each
size, the median of the repeats. A strategy that has spent its seconds goes no further. `--long`: a hundred thousand
trials of a cheap function with two parameters instead, for random search and narrowing alone.
"""

import argparse
import math
import platform
import statistics
import time
import warnings
from collections.abc import Callable, Iterator
from importlib.metadata import version
from typing import Any

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import BaseSampler
from optuna.trial import Trial

from hpsearch.errors import UsageError
from hpsearch.strategies import STRATEGIES
from hpsearch.strategies.base import IndependentSampler

SIZES = (10, 100, 300, 1000)
WINDOW = 20
LONG = 100_000

FIVE = {
    "learning_rate": FloatDistribution(1e-6, 1.0, log=True),
    "weight_decay": FloatDistribution(1e-8, 1e-2, log=True),
    "dropout": FloatDistribution(0.0, 0.8),
    "width": IntDistribution(8, 512, log=True),
    "activation": CategoricalDistribution(["relu", "tanh", "gelu"]),
}
TWO = {name: FIVE[name] for name in ("learning_rate", "weight_decay")}


class ConstantSampler(IndependentSampler):
    """Draws nothing: what is left is optuna's own time."""

    def sample_independent(self, study: Any, trial: Any, param_name: str, param_distribution: Any) -> Any:
        if isinstance(param_distribution, CategoricalDistribution):
            return param_distribution.choices[0]
        return param_distribution.low


def value_of(params: dict[str, Any]) -> float:
    value = (math.log10(params["learning_rate"]) + 2) ** 2 + (math.log10(params["weight_decay"]) + 5) ** 2
    return value + (params.get("width", 64) - 64) ** 2 / 1e4 + params.get("dropout", 0.0)


def times(sampler: BaseSampler, space: dict[str, Any]) -> Iterator[float]:
    """Seconds of processor time of one trial after the other."""
    study = optuna.create_study(sampler=sampler, pruner=optuna.pruners.NopPruner())
    while True:
        start = time.process_time()
        trial = study.ask()
        value = value_of({name: _draw(trial, name, each) for name, each in space.items()})
        study.tell(trial, value)
        yield time.process_time() - start


def _draw(trial: Trial, name: str, distribution: Any) -> Any:
    if isinstance(distribution, CategoricalDistribution):
        return trial.suggest_categorical(name, distribution.choices)
    suggest = trial.suggest_int if isinstance(distribution, IntDistribution) else trial.suggest_float
    return suggest(name, distribution.low, distribution.high, log=distribution.log)


def curve(make: Callable[[int], BaseSampler], seed: int, sizes: list[int], limit: float) -> dict[int, float]:
    """Milliseconds of a trial before each size that was reached within `limit` seconds."""
    spent: list[float] = []
    for seconds in times(make(seed), FIVE):
        spent.append(seconds)
        if len(spent) >= max(sizes) or sum(spent) > limit:
            break
    windows = {size: spent[max(size - WINDOW, 0) : size] for size in sizes if size <= len(spent)}
    return {size: 1000 * statistics.fmean(window) for size, window in windows.items()}


def median_curve(make: Callable[[int], BaseSampler], args: argparse.Namespace) -> dict[int, float]:
    curve(make, 0, [12], args.seconds)  # what is imported at the first draw is not counted
    curves = [curve(make, seed, args.sizes, args.seconds) for seed in range(args.repeats)]
    return {
        size: statistics.median(each[size] for each in curves) for size in args.sizes if all(size in c for c in curves)
    }


def print_costs(args: argparse.Namespace) -> None:
    floor = median_curve(lambda _seed: ConstantSampler(), args)
    print("| strategy | " + " | ".join(f"{size:,} trials" for size in args.sizes) + " |")
    print("| --- |" + " ---: |" * len(args.sizes))
    for name in args.strategies:
        try:
            found = median_curve(STRATEGIES[name], args)
        except UsageError as missing:
            print(f"| {name} |" + " – |" * len(args.sizes) + f" <!-- {missing} -->")
            continue
        cells = [f"{max(found[size] - floor[size], 0):.2f}" if size in found else "–" for size in args.sizes]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
    print(f"\nMilliseconds a draw; a trial without drawing takes {', '.join(f'{ms:.2f}' for ms in floor.values())}.")


def print_long(args: argparse.Namespace) -> None:
    print("| strategy | seconds | ms a trial, first thousand | last thousand |")
    print("| --- | ---: | ---: | ---: |")
    contenders = {name: STRATEGIES[name] for name in ("random", "narrowing")}
    for name, make in {"(constant)": lambda _seed: ConstantSampler(), **contenders}.items():
        clock = times(make(0), TWO)
        spent = [next(clock) for _ in range(args.trials)]
        ends = [statistics.fmean(part) for part in (spent[:1000], spent[-1000:])]
        print(f"| {name} | {sum(spent):.1f} | {1000 * ends[0]:.2f} | {1000 * ends[1]:.2f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--strategies", type=lambda text: text.split(","), default=list(STRATEGIES))
    parser.add_argument("--sizes", type=lambda text: [int(size) for size in text.split(",")], default=list(SIZES))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=60, help="of a strategy's own time in one repeat")
    parser.add_argument("--long", action="store_true", help=f"{LONG:,} trials, random search and narrowing")
    parser.add_argument("--trials", type=int, default=LONG, help="of --long")
    args = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
    print(f"optuna {version('optuna')}, NumPy {version('numpy')}, Python {platform.python_version()}\n")
    (print_long if args.long else print_costs)(args)


if __name__ == "__main__":
    main()
