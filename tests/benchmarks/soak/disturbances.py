"""Disturbances of a study: kills, restarts of the server, frozen workers, full disks."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from hpsearch.redaction import redacted
from hpsearch.run.deaths import DEATHS
from tests.benchmarks.soak.studies import Study, expected
from tests.programs import CHILD, GROUP, PARENT, WORKER, Program
from tests.stored import contents, differences, state

_LONGEST = 300.0  # seconds that a study may take
_LEASE = 3  # seconds
_FIRST_CHANCE = 0.15  # of a disturbance before the first trial of a process


@dataclass
class Soak:
    """One storage with one study after the other; what is printed, and what went wrong.

    Attributes
    ----------
    new
        Returns the URL of a new storage, given a folder.
    """

    kind: str
    new: Callable[[Path], str]
    random: Random
    failures: list[str] = field(default_factory=list)
    begin: float = field(default_factory=time.monotonic)

    def say(self, text: str) -> None:
        """Print a line."""
        print(f"{time.monotonic() - self.begin:7.1f} s  {self.kind:<10} {text}", flush=True)

    def fail(self, text: str) -> None:
        """Print and keep what went wrong."""
        self.failures.append(f"{self.kind} {text}")
        self.say(f"FAILED: {text}")

    def compare(self, study: Study, url: str, what: str, killed_children: bool) -> None:
        """Compare the storage with an undisturbed one."""
        without = frozenset({DEATHS}) if killed_children else frozenset()
        found = differences(contents(url, without), expected(study))
        if found:
            self.fail(f"{study.name} after {what}: " + "; ".join(found))
        else:
            self.say(f"{study.name} after {what}: equal")

    def kills(self, study: Study, folder: Path, most: int, restart: Callable[[], None] | None, restarts: int) -> int:
        """Run a study with up to `most` kills and `restarts` of the server; return the number of kills."""
        study.write(folder)
        url, done, restarted, child_died = self.new(folder), 0, 0, False
        command = ["study", f"{study.name}.toml", "--storage", url, "--jobs", "2", "--out", "out", *study.options]
        programs = [Program(folder, command)]
        try:
            while self._is_open(study, programs[-1], url):
                program = programs[-1]
                if restart is not None and restarted < restarts and self.random.random() < 0.3:
                    self.say(f"{study.name}: the server is restarted after {state(url).finished} trials")
                    restart()
                    restarted += 1
                elif done < most and (kind := self._kill(program, study, url)):
                    done += 1
                    child_died |= kind == CHILD
                    if kind in (GROUP, PARENT):
                        program.wait(30)
                        programs.append(Program(folder, command))
            self._check_end(study, programs)
            self.compare(study, url, f"{done} kills, {len(programs)} starts, {restarted} restarts", child_died)
        finally:
            for program in programs:
                program.end()
        return done

    def freeze(self, study: Study, folder: Path) -> None:
        """Freeze one of two workers for longer than its lease."""
        study.write(folder)
        url = self.new(folder)
        command = ["study", f"{study.name}.toml", "--storage", url, "--prepare", "--jobs", "1", *study.options]
        Program(folder, command).wait(60)
        command = ["worker", url, study.name, "--lease", f"{_LEASE}s", "--jobs", "1"]
        programs = [Program(folder, command) for _ in range(2)]
        try:
            frozen = self.random.choice(programs)
            if self._is_open(study, frozen, url):
                frozen.freeze()
                before = state(url).finished
                time.sleep(_LEASE * self.random.uniform(2.0, 4.0))
                self.say(f"{study.name}: frozen after {before} trials, thawed after {state(url).finished}")
                frozen.freeze(signal.SIGCONT)
            for program in programs:
                program.wait(_LONGEST)
            self._check_end(study, programs, all_end_well=True)
            self.compare(study, url, "a freeze", killed_children=False)
        finally:
            for program in programs:
                program.end()

    def full_disk(self, study: Study, folder: Path) -> None:
        """Run a study on a file system that gets full, then make room."""
        disk = folder / "disk"
        disk.mkdir()
        size = self.random.randint(*(400, 1200) if self.kind == "sqlite" else (30, 120))
        study.write(folder)
        with _mounted(disk, size):
            url = self.new(disk)
            command = ["study", f"{study.name}.toml", "--storage", url, "--jobs", "2", "--out", "out", *study.options]
            programs = [Program(folder, command)]
            try:
                if programs[0].wait(_LONGEST) == 0:
                    self.say(f"{study.name}: {size} kB were enough")
                said = programs[0].said()
                if programs[0].code() not in (0, 1, 2) or len(said) > 1:
                    self.fail(f"{study.name} on a full disk: exit code {programs[0].code()}: {_short(said)}")
                self.say(f"{study.name}: disk of {size} kB full: {_short(said)}")
                _run("mount", "-o", "remount,size=64m", str(disk))
                programs.append(Program(folder, command))
                programs[-1].wait(_LONGEST)
                self._check_end(study, programs)
                self.compare(study, url, "a full disk", killed_children=False)
            finally:
                for program in programs:
                    program.end()

    def _is_open(self, study: Study, program: Program, url: str) -> bool:
        """Wait for the next trial and a moment more; return whether the program still runs."""
        before, begin = state(url).finished, time.monotonic()
        at_once = self.random.random() < _FIRST_CHANCE
        while program.code() is None and not at_once and state(url).finished == before:
            if time.monotonic() - begin > _LONGEST:
                raise TimeoutError(f"{self.kind} {study.name}: no trial in {_LONGEST:.0f} s: {program.said()}")
            time.sleep(0.05)
        time.sleep(self.random.uniform(0, 3 if at_once else 0.6))
        return program.code() is None

    def _kill(self, program: Program, study: Study, url: str) -> str:
        """Kill one of the program's processes; return its kind, empty if there is none of the kind that was drawn."""
        kind = self.random.choice((GROUP, PARENT, WORKER, CHILD))
        found = program.processes()
        now = state(url)
        if kind == GROUP:
            program.send_group(signal.SIGKILL)
        elif kind == PARENT:
            program.send(program.pid, signal.SIGKILL)
        elif not found[kind] or (kind == CHILD and now.in_danger):  # a second death fails a trial, by rule
            return ""
        else:
            program.send(self.random.choice(found[kind]), signal.SIGKILL)
        self.say(f"{study.name}: SIGKILL of {kind} after {now.finished} trials")
        if kind == CHILD:
            self._await_death(program, url, now.dead)
        return kind

    @staticmethod
    def _await_death(program: Program, url: str, before: int) -> None:
        """Wait until the death is in the storage; not for long, since the process may have trained nothing."""
        end = time.monotonic() + 3
        while program.code() is None and state(url).dead == before and time.monotonic() < end:
            time.sleep(0.05)

    def _check_end(self, study: Study, programs: list[Program], *, all_end_well: bool = False) -> None:
        for program in programs if all_end_well else programs[-1:]:
            if program.code() != 0:
                self.fail(f"{study.name}: exit code {program.code()}: {_short(program.said())}")
        for program in programs:
            said = [line for line in program.said() if not line.startswith("hpsearch: ")]
            if said and program.code() != -signal.SIGKILL:  # joblib counts then what it cleans up
                self.fail(f"{study.name}: more than lines of its own on the screen: {_short(said)}")
            if left := program.left():
                self.fail(f"{study.name}: processes that stayed: {left}")


def _short(lines: list[str]) -> str:
    return redacted(" | ".join(lines))[-500:]


@contextmanager
def _mounted(folder: Path, size: int) -> Iterator[None]:
    _run("mount", "-t", "tmpfs", "-o", f"size={size}k", "none", str(folder))
    try:
        yield
    finally:
        _run("umount", "-l", str(folder))


def may_mount(folder: Path) -> bool:
    """Return whether a file system of a size can be made here."""
    try:
        with _mounted(folder, 100):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
