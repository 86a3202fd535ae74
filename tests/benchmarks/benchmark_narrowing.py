"""What each part of narrowing brings, and how it does against random search and TPE, on published tables.

    python -m tests.benchmarks.benchmark_narrowing [--tables hpobench] [--repeats N] [--first N] [--lines A,B]

Prints a table in Markdown: the normalised regret × 100 of the chosen configuration, mean over the tables, after a
quarter, half and all of the trials; then, paired over the repeats, how much worse it is than narrowing with its
defaults (mean and standard error), and in how many repeats narrowing is better. The regret is by the seeds of a table
that are held out in the repeat: no trial looks them up, on any line. In a repeat the trial of a number observes the
same seed on every line, and the strategies share their first random points. The line "rule = 1" is narrowing as it was
before choices had a pseudo-count, and before it avoided repetitions on discrete spaces.

The tables of HPOBench have numbers only, those of HPOLib some choices, and those of NAS-Bench-201 choices alone:

    python -m tests.benchmarks.benchmark_narrowing --tables nasbench201 --lines "rule = 1,random,tpe" --first 1000
"""

import argparse
import platform
from importlib.metadata import version
from typing import Any

import numpy as np
import optuna
from joblib import Parallel, delayed
from numpy.typing import NDArray
from optuna.pruners import NopPruner

from hpsearch.objectives.tables import BENCHMARKS, TABLES, TableObjective
from hpsearch.strategies import make_strategy

EIGHT = [name for name in TABLES if name.startswith("hpobench/")]
DEFAULTS = "narrowing"
LINES: dict[str, tuple[str, dict[str, Any]]] = {
    DEFAULTS: ("narrowing", {}),
    **{
        f"{option} = {value}": ("narrowing", {option: value})
        for option, values in {
            "candidates": (1, 5, 40),
            "smoothing": (0.0, 0.065, 0.26),
            "reach": (0.5, 1.5),
            "explore": (0.0, 0.2),
            "best": (5, 15),
            "round": (1, 5, 10, 20),
            "rule": (1,),
        }.items()
        for value in values
    },
    "random": ("random", {}),
    "tpe": ("tpe", {}),
    "tpe-univariate": ("tpe-univariate", {}),
}


def regrets(line: str, table: str, repeats: range, trials: int) -> NDArray[np.float64]:
    """100 × the normalised regret of the best trial so far by the held-out seeds, shape (repeats, 3)."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    strategy, options = LINES[line]
    first = TableObjective(table)
    best, median = first.reference["best"], first.reference["median"]
    found = np.empty((len(repeats), 3))
    for row, repeat in enumerate(repeats):
        objective = first.for_repeat(repeat)
        study = optuna.create_study(sampler=make_strategy(strategy, options)(repeat), pruner=NopPruner())
        study.optimize(objective, n_trials=trials)
        done = study.get_trials(deepcopy=False)
        for place, upto in enumerate((trials // 4, trials // 2, trials)):
            chosen = min(done[:upto], key=lambda trial: trial.value)
            found[row, place] = 100 * (objective.test(chosen.params, chosen.number, 1)[0] - best) / (median - best)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--tables", choices=BENCHMARKS, default="hpobench", help="the benchmark whose tables are searched"
    )
    parser.add_argument("--repeats", type=int, default=40)
    parser.add_argument("--first", type=int, default=0, help="number of the first repeat, for fresh seeds")
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--lines", type=lambda text: text.split(","), default=list(LINES))
    args = parser.parse_args()
    names = [name for name in TABLES if name.startswith(f"{args.tables}/")]
    repeats = range(args.first, args.first + args.repeats)
    sizes = (args.trials // 4, args.trials // 2, args.trials)
    print(f"| line | {' | '.join(map(str, sizes))} | worse by | narrowing is better in |")
    print("| --- |" + " ---: |" * 5)
    base: NDArray[np.float64] | None = None
    with Parallel(n_jobs=-1) as pool:
        for line in dict.fromkeys([DEFAULTS, *args.lines]):
            tables = pool(delayed(regrets)(line, table, repeats, args.trials) for table in names)
            mean = np.mean(tables, axis=0)  # over the tables
            base = mean if base is None else base
            worse = mean[:, -1] - base[:, -1]
            error = worse.std(ddof=1) / np.sqrt(len(worse))
            paired = "|" if line == DEFAULTS else f"{worse.mean():.2f} ± {error:.2f} | {sum(worse > 0)} of {len(worse)}"
            print(f"| {line} | {' | '.join(f'{each:.2f}' for each in mean.mean(axis=0))} | {paired} |", flush=True)
    print(
        f"\n{len(names)} tables, {args.repeats} repeats from {args.first} on; optuna {version('optuna')}, "
        f"NumPy {np.__version__}, Python {platform.python_version()}."
    )


if __name__ == "__main__":
    main()
