"""What a search gains from an earlier one, and from a person's likely values.

    python -m tests.benchmarks.benchmark_kept [--seeds N] [--first N] [--strategies A,B] [--parts again,likely]

Both parts use published tables, by the mean over all seeds of a configuration, so that nothing in a value is random.
Regrets are normalised, × 100: 0 is the table's best configuration, 100 its median.

1. "again": a first search of 30 trials, then others in changed ranges: one that goes on from it, and one from nothing.
   "narrowed": ranges around the first one's best five configurations, and a quarter of the whole range on both sides.
   "shifted": the first hyperparameter's range has its lower 65 %, then its upper 65 %, so that the first one's best may
   be no more. Printed are the seeds in which a search reaches the first one's best at least as soon; how many trials
   both take to beat it (31: never), where the repeated best no longer helps; and the regret after 30 trials.
2. "likely": searches without a prior, with a right one (a configuration drawn from the table's best 1 %) and with a
   wrong one (from its worst 10 %): the regret after 5, 10, 20 and 40 trials, and after 40 paired with that of none.
"""

import argparse
import logging
from itertools import product

import numpy as np
from joblib import Parallel, delayed

import hpsearch
from tests.benchmarks.ranged_table import RangedTable, narrowed, part

TABLES = ("hpobench/credit_g", "hpobench/segment", "hpolib/protein_structure")
TRIALS = 30
BEST = 5
CHANGES = ("narrowed", "shifted")
SIZES = (5, 10, 20, 40)
PRIORS = {"none": None, "right": (0.0, 0.01), "wrong": (0.9, 1.0)}


def best_so_far(search):
    """Return the best value after each trial, shape (trials,)."""
    return np.minimum.accumulate([trial.value for trial in search.study.get_trials(deepcopy=False)])


def trials_until(reached):
    """Return the number of trials until the first True; one more than there are if there is none."""
    return int(np.argmax(reached)) + 1 if reached.any() else len(reached) + 1


def again(table, strategy, seed, change="narrowed"):
    """Return, of the search that goes on and of that from nothing: trials to reach, to beat, and regret at the end."""
    logging.disable(logging.WARNING)
    whole = RangedTable(table)
    before = whole.space if change == "narrowed" else part(whole.space, 0.0, 0.65)
    first = hpsearch.search(RangedTable(table, before), strategy=strategy, trials=TRIALS, seed=seed, name="first")
    trials = sorted(first.study.get_trials(deepcopy=False), key=lambda trial: trial.value)
    best = [trial.params for trial in trials[:BEST]]
    changed = RangedTable(table, narrowed(whole.space, best) if change == "narrowed" else part(whole.space, 0.35, 1.0))
    rows = []
    for earlier in (first, None):
        # Another seed of the draws, as the ranges were chosen by what this one has drawn.
        search = hpsearch.search(changed, strategy=strategy, trials=TRIALS, seed=seed + 1_000_000, start_from=earlier)
        best = best_so_far(search)
        until = [trials_until(best <= first.best_value), trials_until(best < first.best_value)]
        rows.append([*until, whole.regret(best[-1])])
    return rows


def likely(table, strategy, seed):
    """Return the regret after `SIZES` trials with each of `PRIORS`, shape (priors, sizes)."""
    rows = []
    for ends in PRIORS.values():
        objective = RangedTable(table)
        if ends is not None:
            objective = RangedTable(table, likely=objective.configuration(*ends))
        best = best_so_far(hpsearch.search(objective, strategy=strategy, trials=SIZES[-1], seed=seed))
        rows.append([objective.regret(best[size - 1]) for size in SIZES])
    return rows


def print_again(strategies, seeds, pool):
    print(
        "| table | strategy | change | at least as soon in | trials to beat: going on | from nothing "
        "| regret | from nothing |"
    )
    print("| --- | --- | --- |" + " ---: |" * 5)
    for table, change in product(TABLES, CHANGES):
        for strategy in strategies:
            found = np.array(pool(delayed(again)(table, strategy, seed, change) for seed in seeds))
            soon = int((found[:, 0, 0] <= found[:, 1, 0]).sum())
            beat, regret = np.median(found[:, :, 1], axis=0), found[:, :, 2].mean(axis=0)
            print(
                f"| {table} | {strategy} | {change} | {soon} of {len(found)} | {beat[0]:g} | {beat[1]:g} "
                f"| {regret[0]:.2f} | {regret[1]:.2f} |",
                flush=True,
            )


def print_likely(strategies, seeds, pool):
    print(f"| table | strategy | likely | {' | '.join(map(str, SIZES))} | more than none |")
    print("| --- | --- | --- |" + " ---: |" * (len(SIZES) + 1))
    for table in TABLES:
        for strategy in strategies:
            found = np.array(pool(delayed(likely)(table, strategy, seed) for seed in seeds))
            for place, name in enumerate(PRIORS):
                mean, more = found[:, place].mean(axis=0), found[:, place, -1] - found[:, 0, -1]
                error = more.std(ddof=1) / np.sqrt(len(more))
                paired = f"{more.mean():.2f} ± {error:.2f}" if place else ""
                print(
                    f"| {table} | {strategy} | {name} | {' | '.join(f'{each:.2f}' for each in mean)} | {paired} |",
                    flush=True,
                )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=0, help="the first seed, for fresh ones")
    parser.add_argument("--strategies", type=lambda text: text.split(","), default=["random", "narrowing", "tpe"])
    parser.add_argument("--parts", type=lambda text: text.split(","), default=["again", "likely"])
    parser.add_argument("--jobs", type=int, default=-1)
    args = parser.parse_args()
    seeds = range(args.first, args.first + args.seeds)
    with Parallel(n_jobs=args.jobs) as pool:
        for part in args.parts:
            {"again": print_again, "likely": print_likely}[part](args.strategies, seeds, pool)
            print()


if __name__ == "__main__":
    main()
