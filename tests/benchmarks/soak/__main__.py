"""Studies that are killed, frozen and starved at random moments, and must store what an undisturbed one does.

    python -m tests.benchmarks.soak [--sqlite N] [--journal N] [--postgresql N] [--restarts N] [--freezes N]
        [--full-disks N] [--seed N]

Counts of SIGKILLs for each storage, of restarts of the PostgreSQL server, and for each storage of workers that are
frozen for longer than their lease and of file systems that get full. Victims of the kills are, at random: the process
group, its main process, a worker of joblib, which owns a run, and a process that trains. Prints a line for each, and
compares each study's storage with that of one process, bit for bit: all but times, leases and, where a process that
trains was killed, the count of its deaths. Exits with 1 if anything differs, an error is not a line, or a process
stays behind. Linux only; full disks need a root that may mount.
"""

import argparse
import itertools
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from random import Random

from tests.benchmarks.soak.disturbances import Soak, may_mount
from tests.benchmarks.soak.studies import STUDIES, Study, expected


def main() -> int:
    """Soak each storage, sum up."""
    options = _options()
    numbers = itertools.count()
    failures: list[str] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hpsearch-soak-")))
        for study in STUDIES:
            print(f"undisturbed: {study.name}, {len(expected(study))} runs", flush=True)
        news: dict[str, Callable[[Path], str]] = {
            "sqlite": lambda place: f"sqlite:///{place}/trials.db",
            "journal": lambda place: f"journal:///{place}/trials.log",
        }
        restart = None
        if options.postgresql:
            from tests.postgresql import server

            running = stack.enter_context(server())
            news["postgresql"] = lambda _place: running.new_database(f"soak{next(numbers)}")
            restart = running.restart

        def places() -> Iterator[Path]:
            for number in itertools.count():
                place = folder / f"{number}"
                place.mkdir()
                yield place

        place, can_mount = places(), may_mount(folder)
        if options.full_disks and not can_mount:
            print("full disks: skipped, no file system may be mounted here")
        for kind, new in news.items():
            kills = getattr(options, kind)
            if not kills:
                continue
            soak = Soak(kind, new, Random(f"{options.seed} {kind}"))
            studies = itertools.cycle(STUDIES)
            restarts = options.restarts if kind == "postgresql" else 0
            _guarded(soak, lambda: _kill(soak, kills, restart, restarts, studies, place))  # noqa: B023
            for _ in range(options.freezes):
                _guarded(soak, lambda: soak.freeze(next(studies), next(place)))  # noqa: B023
            for _ in range(options.full_disks if can_mount and kind != "postgresql" else 0):
                _guarded(soak, lambda: soak.full_disk(next(studies), next(place)))  # noqa: B023
            failures += soak.failures
    print(f"seed {options.seed}: {len(failures)} failures", *failures, sep="\n")
    return 1 if failures else 0


def _kill(
    soak: Soak,
    kills: int,
    restart: Callable[[], None] | None,
    restarts: int,
    studies: Iterator[Study],
    place: Iterator[Path],
) -> None:
    left = kills
    while left > 0:
        most = min(left, soak.random.randint(4, 10))
        due = -(-restarts * most // kills)
        left -= max(1, soak.kills(next(studies), next(place), most, restart, due))
    soak.say(f"{kills} kills")


def _guarded(soak: Soak, disturb: Callable[[], None]) -> None:
    try:
        disturb()
    except Exception as error:
        soak.fail(f"{type(error).__name__}: {error}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("sqlite", 50), ("journal", 20), ("postgresql", 20)):
        parser.add_argument(f"--{name}", type=int, default=default, metavar="N", help="SIGKILLs")
    for name, default in (("restarts", 3), ("freezes", 3), ("full-disks", 2)):
        parser.add_argument(f"--{name}", type=int, default=default, metavar="N")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
