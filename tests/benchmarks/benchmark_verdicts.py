"""How often verdicts are wrong and how often they find what is there: long simulations.

    python -m tests.benchmarks.benchmark_verdicts [--count N] [--seed N]

Prints tables in Markdown. A repeat of a strategy has a centre and five retrainings around it with a standard deviation
of 1; between repeats the centres spread by a multiple of it, normally or skewed (Gumbel, as the best of many trials).
"""

import argparse
from collections import Counter

import numpy as np

from hpsearch.analysis.comparison.verdicts import verdicts
from tests.analysis.comparison.compared import compared, noisy

REPEATS = (5, 10, 20, 30)
SPREADS = (0.5, 1.0, 2.0)


def simulate(rng, count, repeats, between, *, shift=0.0, skewed=False):
    for _ in range(count):
        random = noisy(rng, repeats, between=between, skewed=skewed)
        tpe = noisy(rng, repeats, between=between, skewed=skewed, shift=shift)
        yield verdicts(compared({"random": random, "tpe": tpe}))[0]


def share(found, *answers):
    counted = Counter(each.verdict for each in found)
    return f"{sum(counted[answer] for answer in answers) / len(found):.1%}"


def rows(rng, count):
    for repeats in REPEATS:
        for between in SPREADS:
            for skewed in (False, True):
                null = list(simulate(rng, count, repeats, between, skewed=skewed))
                shifted = list(simulate(rng, count, repeats, between, skewed=skewed, shift=2.0))
                covered = np.mean([each.low <= 0 <= each.high for each in null])
                told = share(null, "better", "worse"), share(null, "equivalent"), share(shifted, "better")
                yield repeats, between, "skewed" if skewed else "normal", *told, f"{covered:.1%}"


def family(rng, count, repeats=10):
    """Four strategies that are all random: how often at least one comparison is called better or worse."""
    wrong = 0
    for _ in range(count):
        names = ("random", "narrowing", "tpe", "gp")
        found = verdicts(compared({name: noisy(rng, repeats, between=2.0) for name in names}))
        wrong += any(each.verdict in ("better", "worse") for each in found)
    return wrong / count


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=500, help="comparisons a row")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    rng = np.random.default_rng(arguments.seed)
    heads = ("repeats", "between", "shape", "no difference: better or worse", "equivalent", "2 sd: better", "coverage")
    print(f"| {' | '.join(heads)} |\n|{' ---: |' * len(heads)}")
    for row in rows(rng, arguments.count):
        print(f"| {' | '.join(map(str, row))} |", flush=True)
    print(f"\nFour equal strategies, any better or worse: {family(rng, arguments.count):.1%}")


if __name__ == "__main__":
    main()
