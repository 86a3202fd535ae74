"""Trainings in a child process: the same bits, and whatever happens to the child, the run goes on."""

import ctypes
import math
import os
import re
import signal
import subprocess
import sys
import threading
import time
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import optuna
import pytest
from optuna.storages import InMemoryStorage
from optuna.trial import TrialState

import hpsearch
from hpsearch.errors import UsageError
from hpsearch.execution.child.process import end_idle
from hpsearch.execution.child.trainer import ChildTrainer
from hpsearch.execution.isolation import is_isolated, trainer_of
from hpsearch.objectives import MLPObjective, TableObjective
from hpsearch.objectives.base import Outcome
from hpsearch.objectives.plain import PlainObjective, as_objective
from hpsearch.run import Run, continue_run, open_run
from hpsearch.run.trainer import Here
from hpsearch.storage import opened
from hpsearch.strategies import STRATEGIES
from hpsearch.strategies.pruners import PRUNERS
from tests.combinations import combinations, more
from tests.execution.test_study import FORKSERVER
from tests.processes import children, is_alive, wait_until

pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")

RUN = Run(
    study="s",
    task="t",
    strategy="tpe",
    repeat=0,
    make_sampler=STRATEGIES["tpe"],
    make_pruner=PRUNERS["none"],
    seed=3,
    direction="minimize",
    metric="loss",
    trials=4,
    retrain=0,
    content={},
)
NETWORK = {"model": {"hidden_layer_sizes": [10], "epochs": 3}}


def trained(function, *, run=RUN, limit=None, catch=(), trainer=ChildTrainer, storage=None):
    """Return the study of a run whose trainings are in a child, or where `trainer` has them."""
    objective = as_objective(function)
    study = open_run(run, storage or InMemoryStorage())
    with trainer(objective, limit) as made:
        continue_run(run, study, objective, catch, lambda: made)
    return study


def content(study):
    return [
        (t.number, t.state, t.value, t.params, t.distributions, t.user_attrs, t.system_attrs, t.intermediate_values)
        for t in study.trials
    ]


def states(study):
    return [trial.state.name for trial in study.trials]


def bowl(trial):
    x = trial.suggest_float("x", -5, 5)
    trial.report(x, 1)
    return (x - 1) ** 2


def everything(trial):
    x = trial.suggest_float("x", 1e-3, 1, log=True)
    kind = trial.suggest_categorical("kind", ["a", None, True, 0.5])
    depth = trial.suggest_int("depth", 1, 9, step=2)
    assert trial.suggest_float("x", 1e-3, 1, log=True) == x
    assert trial.params == {"x": x, "kind": kind, "depth": depth}
    assert set(trial.distributions) == {"x", "kind", "depth"}
    assert trial.datetime_start is not None
    for step, value in enumerate((x, math.inf, depth, np.float32(x)), 1):
        trial.report(value, step)
        assert not trial.should_prune()
    trial.set_user_attr("pair", (1, 2.5))
    assert tuple(trial.user_attrs["pair"]) == (1, 2.5)
    trial.set_constraint("c", x - 0.5)
    assert trial.constraints == {"c": x - 0.5}
    assert trial.study.study_name == "s/tpe/00"
    assert trial.study.direction.name == "MINIMIZE"
    finished = trial.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    assert [other.number for other in finished] == list(range(trial.number))
    return x + depth + (kind is None) + trial.number


def test_trials_in_a_child_are_those_in_process():
    run = replace(RUN, trials=13)
    assert content(trained(everything, run=run)) == content(trained(everything, run=run, trainer=Here))


@pytest.mark.parametrize("separate", [False, True])
def test_networks_in_a_child_are_those_in_process(separate):
    objective = MLPObjective("digits", **NETWORK)
    objective = objective.with_separate_seeds() if separate else objective
    run = replace(RUN, direction="maximize", retrain=2)
    here, there = (trained(objective, run=run, trainer=trainer) for trainer in (Here, ChildTrainer))
    assert content(here) == content(there)
    marks = here.user_attrs.keys() - there.user_attrs.keys()
    assert {key: here.user_attrs[key] for key in there.user_attrs} == there.user_attrs
    assert marks == {"trains_in_owner"}
    assert not here.user_attrs["trains_in_owner"]


def test_an_untuned_variant_is_judged_by_its_own_training():
    objective = MLPObjective("digits", model=NETWORK["model"], space={})
    run = replace(RUN, direction="maximize", trials=1, retrain=3, untuned=True)
    here, there = (trained(objective, run=run, trainer=trainer) for trainer in (Here, ChildTrainer))
    assert here.user_attrs["test"] == there.user_attrs["test"]
    assert len(there.user_attrs["test"]["values"]) == 1


def test_a_pruner_is_asked_through_the_pipe():
    def worse(trial):
        trial.suggest_float("x", 0, 1)
        for step in range(5):
            trial.report(trial.number * 10 + step, step)
            if trial.should_prune():
                raise optuna.TrialPruned
        return trial.number

    run = replace(RUN, trials=8, make_pruner=lambda: optuna.pruners.MedianPruner(n_startup_trials=2))
    study = trained(worse, run=run)
    assert states(study) == ["COMPLETE"] * 2 + ["PRUNED"] * 6
    assert content(study) == content(trained(worse, run=run, trainer=Here))


@pytest.mark.parametrize(
    ("die", "how", "jobs"),
    [
        more(lambda: os._exit(3), "exit code 3", 1, id="exit"),
        more(lambda: os._exit(0), "exit code 0", 1, id="quiet exit"),
        pytest.param(lambda: os._exit(0), "exit code 0", 2, id="quiet exit of a fork"),
        more(lambda: os.kill(os.getpid(), signal.SIGKILL), "SIGKILL", 1, id="kill"),
        pytest.param(lambda: ctypes.string_at(0), "SIGSEGV", 2, id="segfault of a fork"),
    ],
)
def test_a_training_that_kills_its_process_twice_has_failed_and_all_runs_go_on(die, how, jobs):
    def poison(trial):
        value = bowl(trial)
        if trial.number == 1:
            die()
        return value

    if jobs == 1:
        studies = [trained(poison)]
    else:
        storage = InMemoryStorage()
        hpsearch.compare(poison, strategies=["random"], trials=4, repeats=2, jobs=2, storage=storage)
        studies = [optuna.load_study(study_name=f"comparison/random/0{repeat}", storage=storage) for repeat in (0, 1)]
    for study in studies:
        assert states(study) == ["COMPLETE", "FAIL", "COMPLETE", "COMPLETE"]
        attributes = study.trials[1].user_attrs
        assert attributes == {"deaths": 2, "error": f"the training process died twice ({how})"}


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_training_that_dies_once_is_trained_again_with_the_same_bits(jobs, tmp_path):
    died = tmp_path / "died"

    class Dies(MLPObjective):
        def run(self, trial):
            if trial.number == 2 and not died.exists():
                trial.report(0.5, 1000)
                threading.Timer(0.02, lambda: (died.touch(), os.kill(os.getpid(), signal.SIGKILL))).start()
                time.sleep(30)
            return super().run(trial)

    run = replace(RUN, direction="maximize")
    plain = content(trained(MLPObjective("digits", **NETWORK), run=run))
    if jobs == 1:
        study = trained(Dies("digits", **NETWORK), run=run)
    else:
        storage = InMemoryStorage()
        objective = Dies("digits", **NETWORK)
        hpsearch.compare(objective, strategies=["tpe"], trials=4, repeats=1, jobs=2, storage=storage, retrain=0, seed=3)
        study = optuna.load_study(study_name=None, storage=storage)
        plain = content(optuna.load_study(study_name=None, storage=compared(3)))
    disturbed = study.trials[2]
    assert disturbed.user_attrs.pop("deaths") == 1
    assert disturbed.intermediate_values.pop(1000) == 0.5
    expected = plain[2]
    found = content(study)
    assert found[:2] + found[3:] == plain[:2] + plain[3:]
    user_attrs = {key: value for key, value in found[2][5].items() if key != "deaths"}
    curve = {step: value for step, value in found[2][7].items() if step != 1000}
    assert (*found[2][:5], user_attrs, found[2][6], curve) == expected


def compared(seed):
    storage = InMemoryStorage()
    objective = MLPObjective("digits", **NETWORK)
    hpsearch.compare(objective, strategies=["tpe"], trials=4, repeats=1, storage=storage, retrain=0, seed=seed)
    return storage


HANGS = {"sleeps": lambda: time.sleep(1000), "holds Python's lock": lambda: sum(range(10**15))}


@pytest.mark.parametrize(("how", "jobs"), combinations(HANGS, [1, 2]))
def test_a_training_over_its_limit_is_ended_and_the_run_goes_on(how, jobs):
    def hangs(trial):
        value = bowl(trial)
        if trial.number == 1:
            HANGS[how]()
        return value

    if jobs == 1:
        study = trained(hangs, limit=0.75)
    else:
        storage = InMemoryStorage()
        hpsearch.compare(hangs, strategies=["random"], trials=4, repeats=1, jobs=2, storage=storage, trial_timeout=0.75)
        study = optuna.load_study(study_name=None, storage=storage)
    assert states(study) == ["COMPLETE", "FAIL", "COMPLETE", "COMPLETE"]
    error = "TimeoutError: the training took longer than trial_timeout = 0.75 s"
    assert study.trials[1].user_attrs == {"error": error}


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked up in /proc")
def test_processes_that_a_training_started_end_with_it(tmp_path):
    def starts(trial):
        process = subprocess.Popen(["sleep", "1000"])
        (tmp_path / str(trial.number)).write_text(str(process.pid))
        while trial.number == 1:
            trial.report(0.0, 1)
            time.sleep(0.01)
        return 1.0

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        study = trained(starts, limit=1.0, run=replace(RUN, trials=2))
    assert states(study) == ["COMPLETE", "FAIL"]
    wait_until(lambda: not any(is_alive(int(path.read_text())) for path in tmp_path.iterdir()), seconds=5)


def test_a_limit_in_the_same_process_is_checked_where_the_trial_is_called_and_at_the_end():
    def slow(trial):
        if trial.number == 1:
            time.sleep(0.3)
        value = bowl(trial)
        if trial.number == 2:
            time.sleep(0.3)
        return value

    study = hpsearch.search(slow, trials=4, trial_timeout=0.2).study
    assert states(study) == ["COMPLETE", "FAIL", "FAIL", "COMPLETE"]
    assert [trial.params.keys() for trial in study.trials[1:3]] == [set(), {"x"}]
    assert study.trials[2].user_attrs["error"].endswith("took longer than trial_timeout = 0.2 s")


class Judged(PlainObjective):
    tests = True
    shares_state = False

    def __init__(self, judged):
        super().__init__(bowl)
        self._judged = judged

    def judge(self, params, trial_number, retraining):
        self._judged(retraining)
        return Outcome(float(retraining))


@pytest.mark.parametrize(
    ("fails", "reason"),
    [
        pytest.param(lambda: time.sleep(1000), "the training took longer than trial_timeout = 1 s", id="hangs"),
        more(lambda: os._exit(1), "the training process died twice (exit code 1)", id="dies"),
    ],
)
def test_a_retraining_that_fails_has_no_test_value_and_is_not_repeated(fails, reason):
    objective = Judged(lambda retraining: fails() if retraining == 2 else None)
    storage = InMemoryStorage()
    run = replace(RUN, retrain=3)
    study = trained(objective, run=run, limit=1.0, storage=storage)
    test = study.user_attrs["test"]
    assert (test["values"], test["retrain"], test["failures"]) == ([1.0, 3.0], 3, {"2": reason})
    trained(Judged(None), run=run, limit=1.0, storage=storage)
    assert study.user_attrs["test"] == test


@pytest.mark.long
def test_where_no_retraining_ends_the_run_ends_without_test_values():
    objective = Judged(lambda _: time.sleep(1000))
    found = hpsearch.compare(objective, strategies=["random"], trials=2, repeats=1, retrain=2, trial_timeout=0.5)
    assert list(found.results.runs["complete"]) == [True]
    assert list(found.results.runs["test_values"]) == [[]]


class OddError(Exception):
    def __init__(self, first, second):
        super().__init__(f"{first} and {second}")
        self.lock = threading.Lock()


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (lambda: KeyError("mine"), KeyError, "KeyError: 'mine'"),
        (lambda: OddError("this", "that"), OddError, "OddError: this and that"),
        (lambda: TimeoutError("its own"), TimeoutError, "TimeoutError: its own"),
    ],
)
def test_exceptions_keep_their_type_and_message(error, kind, words):
    def fails(trial):
        value = bowl(trial)
        if trial.number == 1:
            raise error()
        return value

    storage = InMemoryStorage()
    with pytest.raises(kind):
        trained(fails, storage=storage)
    study = trained(fails, storage=storage)
    assert states(study) == ["COMPLETE", "FAIL", "COMPLETE", "COMPLETE"]
    assert study.trials[1].user_attrs["error"] == words
    assert states(trained(fails, catch=(kind,))) == states(study)


def test_an_exception_shows_where_it_was_raised():
    def fails(_trial):
        raise KeyError("mine")

    with pytest.raises(KeyError) as error:
        trained(fails)
    assert "in fails" in str(error.value.__cause__)


def test_errors_of_the_trial_are_raised_where_the_objective_calls_it(tmp_path):
    def asks(trial):
        with pytest.raises(ValueError, match="different distribution kind"):
            trial.suggest_int("x", 0, trial.suggest_float("x", 0, 1) > 2)
        with pytest.raises(TypeError, match="JSON"):
            trial.set_user_attr("odd", {1})
        with pytest.raises(ValueError, match="non-negative"):
            trial.report(1.0, -1)
        with pytest.raises(TypeError, match="supposed to be a float"):
            trial.report("high", 1)
        return 1.0

    with opened(f"sqlite:///{tmp_path / 'a.db'}") as storage:
        assert states(trained(asks, run=replace(RUN, trials=1), storage=storage)) == ["COMPLETE"]


def test_an_objective_that_exits_has_failed():
    def exits(trial):
        if trial.number == 1:
            sys.exit("enough")
        return bowl(trial)

    storage = InMemoryStorage()
    with pytest.raises(SystemExit) as end:
        trained(exits, storage=storage, catch=(Exception,))
    assert end.value.code == "enough"
    assert states(trained(exits, storage=storage)) == ["COMPLETE", "FAIL", "COMPLETE", "COMPLETE"]


def test_what_cannot_be_sent_or_is_no_number_is_named():
    lock = threading.Lock()
    with pytest.raises(UsageError, match=r"can't be sent to the process that trains it \(TypeError: cannot pickle"):
        trained(lambda trial: bowl(trial) + lock.locked())
    with pytest.raises(
        UsageError, match=r"can't be sent to other processes \(TypeError: cannot pickle .*\): take jobs = 1"
    ):
        hpsearch.compare(lambda trial: bowl(trial) + lock.locked(), trials=2, repeats=2, jobs=2)
    with pytest.raises(UsageError, match=r"an objective must return a number, got <unlocked _thread\.lock"):
        trained(lambda _trial: threading.Lock())


def test_warnings_of_the_objective_are_the_owners():
    def warns(trial):
        warnings.warn("odd", RuntimeWarning, stacklevel=1)
        return bowl(trial)

    with pytest.warns(RuntimeWarning, match="odd"):
        trained(warns, run=replace(RUN, trials=1))


def test_a_child_sees_the_folder_and_the_environment_of_its_owner(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OF_A_TEST", "7")
    (tmp_path / "mine").touch()
    study = trained(lambda _trial: float(os.environ["OF_A_TEST"]) + Path("mine").exists(), run=replace(RUN, trials=1))
    assert study.trials[0].value == 8


def test_one_child_serves_many_runs_and_none_is_left():
    end_idle()
    pids = [trained(lambda _trial: os.getpid(), run=replace(RUN, trials=2)).trials[1].value for _ in range(2)]
    assert pids[0] == pids[1] != os.getpid()
    end_idle()
    wait_until(lambda: not is_alive(int(pids[0])), seconds=5)


def test_children_of_one_process_draw_noise_of_their_own():
    storage = InMemoryStorage()
    hpsearch.compare(
        lambda trial: trial.suggest_float("x", 0, 0) + np.random.random(),  # noqa: NPY002
        strategies=["random"],
        trials=1,
        repeats=4,
        jobs=2,
        storage=storage,
    )
    values = [study.best_trial.value for study in optuna.get_all_study_summaries(storage)]
    assert len(set(values)) == 4


def test_plain_functions_of_one_process_stay_in_it_and_what_is_looked_up_in_all():
    network, function = MLPObjective("iris", **NETWORK), as_objective(bowl)
    assert [is_isolated(network, jobs) for jobs in (1, 2, -1)] == [True] * 3
    assert [is_isolated(function, jobs) for jobs in (1, 2, -1)] == [False, True, True]
    table = object.__new__(TableObjective)
    assert not any(is_isolated(table, jobs) for jobs in (1, 2, -1))
    assert isinstance(trainer_of(network, isolated=True), ChildTrainer)
    assert isinstance(trainer_of(network, isolated=False), Here)


def test_an_owner_that_dies_in_a_trial_of_its_own_is_counted(tmp_path):
    url = f"sqlite:///{tmp_path / 'a.db'}"
    poison = "lambda trial: trial.suggest_float('x', 0, 1) if trial.number != 1 else os.kill(os.getpid(), 9)"
    code = f"import os, hpsearch; hpsearch.search({poison}, trials=3, storage={url!r})"
    for deaths in (0, 1):
        assert exit_code(code) == -signal.SIGKILL
        assert trials(url)[1].user_attrs.get("deaths", 0) == deaths
    assert exit_code(code) == 0
    stored = trials(url)
    assert [trial.state.name for trial in stored] == ["COMPLETE", "FAIL", "COMPLETE"]
    assert stored[1].user_attrs["deaths"] == 2
    assert "died twice" in stored[1].user_attrs["error"]


def exit_code(code):
    """Run code in another process, which has imported the package before; return its exit code."""
    process = FORKSERVER.Process(target=exec, args=(code, {}))
    process.start()
    process.join()
    return process.exitcode


def trials(url):
    return optuna.load_study(study_name=None, storage=url).trials


def test_an_interrupt_of_the_owner_is_no_death():
    def interrupted(trial):
        if trial.number == 1 and len(told) < 3:
            told.append(True)
            raise KeyboardInterrupt
        return bowl(trial)

    told, storage = [], InMemoryStorage()
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            trained(interrupted, trainer=Here, storage=storage)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # values reported again
        study = trained(interrupted, trainer=Here, storage=storage)
    assert states(study) == ["COMPLETE"] * 4
    assert "deaths" not in study.trials[1].user_attrs


SCRIPT = """
import signal, sys, time, hpsearch

signal.signal(signal.SIGINT, signal.default_int_handler)  # the tests may run where it is ignored

def hangs(trial):
    value = trial.suggest_float("x", 0, 1)
    if trial.number == 1:
        open(sys.argv[1] + trial.study.study_name[-1], "w").close()
        sum(range(10 ** 15)) if sys.argv[3] == "busy" else time.sleep(1000)
    return value

class Hangs(hpsearch.MLPObjective):
    def run(self, trial):
        hangs(trial)
        return super().run(trial)

jobs = int(sys.argv[4])
objective = hangs if jobs > 1 else Hangs("iris", model={"epochs": 1})
hpsearch.compare(objective, strategies=["random"], trials=2, repeats=jobs, retrain=0, jobs=jobs, storage=sys.argv[2])
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked up in /proc")
@pytest.mark.parametrize(
    ("number", "jobs", "how"),
    [
        (signal.SIGINT, 1, "sleeps"),
        more(signal.SIGINT, 2, "busy"),
        more(signal.SIGKILL, 1, "busy"),
        more(signal.SIGKILL, 2, "busy"),
    ],
)
def test_a_run_that_is_ended_leaves_the_trial_running_and_no_process(number, jobs, how, tmp_path):
    script, url = tmp_path / "script.py", f"sqlite:///{tmp_path / 'a.db'}"
    script.write_text(SCRIPT)
    command = [sys.executable, str(script), str(tmp_path / "hanging"), url, how, str(jobs)]
    environment = os.environ | {"PYTHONPATH": str(Path(hpsearch.__file__).parents[1])}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True)
    hanging = [tmp_path / f"hanging{repeat}" for repeat in range(jobs)]
    wait_until(lambda: all(path.exists() for path in hanging) or process.poll() is not None)
    everyone = descendants(process.pid)
    assert len(everyone) >= (1 if jobs == 1 else 4)
    if number == signal.SIGINT:
        os.killpg(process.pid, number)
    else:
        process.kill()
    _, error = process.communicate(timeout=60)
    wait_until(lambda: not any(map(is_trainer, everyone)), seconds=2)
    if number == signal.SIGINT:
        assert re.search("KeyboardInterrupt", error)
    for repeat in range(jobs):
        stored = optuna.load_study(study_name=f"comparison/random/0{repeat}", storage=url).trials
        assert [trial.state.name for trial in stored] == ["COMPLETE", "RUNNING"]
        assert "deaths" not in stored[1].user_attrs


def descendants(pid):
    found = children(pid)
    return found + [each for child in found for each in descendants(child)]


def is_trainer(pid):
    """Return whether a process is there that is not joblib's tracker of resources, which ends by itself."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return False
    return is_alive(pid) and "resource_tracker" not in command
