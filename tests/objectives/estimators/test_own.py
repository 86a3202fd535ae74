"""Classes of one's own: imported and run only where that is allowed."""

import pickle
import subprocess
import sys

import pytest

import hpsearch
from hpsearch.analysis.best import best
from hpsearch.errors import UsageError
from hpsearch.objectives import EstimatorObjective
from hpsearch.report.python_code import program

OWN = "tests.objectives.estimators.own"
NEAREST = f"{OWN}:Nearest"
SPACE = {"power": {"low": 1.0, "high": 4.0}}


def objective(name=NEAREST, data="iris", space=SPACE, **more):
    return EstimatorObjective(data, model={"estimator": name, **more}, space=space, allow_code=True)


def test_a_class_of_one_s_own_is_searched_as_any_other(monkeypatch):
    monkeypatch.setattr("hpsearch.execution.site.is_isolated", lambda *_: False)
    found = hpsearch.search(objective(), trials=3)
    assert found.best_value > 0.8
    assert set(found.best_params) == {"power"}
    assert set(found.best_model.predict([[5.1, 3.5, 1.4, 0.2]])) == {"setosa"}
    with pytest.raises(UsageError, match=r"a model file can hold .*, and not Nearest: use it in Python"):
        found.best_model.save("none.model")


@pytest.mark.parametrize("data", ["iris", "diabetes"])
def test_without_leave_nothing_is_imported(data, tmp_path, monkeypatch):
    (tmp_path / "planted.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    model = {"estimator": "planted:Class"}
    refusal = r"\[model\] estimator: 'planted:Class' is code .* --allow-code, or in Python with allow_code=True"
    with pytest.raises(UsageError, match=refusal):
        EstimatorObjective(data, model=model, space={})
    with pytest.raises(UsageError, match="allow_code must be true or false, got 'no'"):
        EstimatorObjective(data, model=model, space={}, allow_code="no")
    EstimatorObjective.check(model, {})
    with pytest.raises(UsageError, match=refusal):
        EstimatorObjective.settings_of(model, {}, "classification")
    assert "planted" not in sys.modules


WRONG = {
    "no module": ("nowhere.at_all:Class", "iris", "can't be imported (ModuleNotFoundError: No module named 'nowhere')"),
    "no class": (f"{OWN}:Nothing", "iris", "can't be imported (AttributeError"),
    "a function": (f"{OWN}:function", "iris", "must be a class with fit, predict, get_params, and is no class"),
    "no predict": (f"{OWN}:WithoutPredict", "iris", "and lacks predict"),
    "no default": (f"{OWN}:WithoutDefault", "iris", "must have a default for each parameter (TypeError"),
    "numbers": (f"{OWN}:Mean", "iris", "is not for classification, which the data is for"),
    "classes": (NEAREST, "diabetes", "is not for regression, which the data is for"),
    "another form": ("own.Nearest", "iris", "unknown estimator 'own.Nearest'"),
    "a hidden call": ("os:system('x')", "iris", "unknown estimator \"os:system('x')\""),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_estimator_is_refused_in_one_line(case):
    name, data, message = WRONG[case]
    with pytest.raises(UsageError) as raised:
        objective(name, data, {})
    assert str(raised.value).startswith("[model] estimator: ")
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_there_is_no_default_space():
    with pytest.raises(UsageError, match=r"\[space\] is missing: '.*:Nearest' has no default space; an empty one"):
        objective(space=None)
    assert objective(space={}, power=1.0).space == {}


def test_parameters_that_a_file_can_not_write_keep_their_defaults():
    for name in ("names", "random_state"):
        with pytest.raises(UsageError, match=name):
            objective(**{name: []})


def test_another_process_gets_the_class_with_the_objective():
    copy = pickle.loads(pickle.dumps(objective()))
    assert copy.retrain({"power": 2.0}, copy.seeds(0)).validation > 0.8


def test_the_program_of_best_allows_the_class(monkeypatch, capsys):
    monkeypatch.setattr("hpsearch.execution.site.is_isolated", lambda *_: False)
    compared = hpsearch.compare(objective(), strategies=["random"], trials=2, repeats=1, retrain=1)
    (chosen,) = best(compared.results)
    code = program(compared.results, chosen)
    assert "    allow_code=True,\n" in code
    exec(compile(code, "best.py", "exec"), {})
    assert float(capsys.readouterr().out.split(": ")[1]) == pytest.approx(chosen.test_mean)


def test_levels_may_name_classes(monkeypatch):
    monkeypatch.setattr("hpsearch.execution.site.is_isolated", lambda *_: False)
    levels = {"mine": {"model": {"estimator": NEAREST}, "space": SPACE}, "theirs": {"model": {"estimator": "svm"}}}
    compared = hpsearch.compare(objective(), factors={"model": {"levels": levels}}, trials=1, repeats=1, retrain=1)
    assert sorted(compared.results.variants) == ["mine", "theirs"]


STUDY = """
name = "own"
[data]
source = "iris"
[model]
family = "estimator"
estimator = "my_classes:Mine"
[space]
power = { low = 1.0, high = 4.0 }
[search]
strategies = ["random"]
trials = 2
repeats = 1
retrain = 1
"""


@pytest.mark.long
def test_the_command_line_asks_for_leave(tmp_path):
    (tmp_path / "own.toml").write_text(STUDY)
    (tmp_path / "my_classes.py").write_text(f"from {OWN} import Nearest\nclass Mine(Nearest):\n    pass\n")

    def hpsearch(*arguments):
        program = [sys.executable, "-m", "hpsearch", *arguments]
        return subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, check=False)

    refused = hpsearch("study", "own.toml")
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "allow it with --allow-code" in refused.stderr
    done = hpsearch("study", "own.toml", "--allow-code", "--jobs", "2")
    assert (done.returncode, done.stderr) == (0, "")
    assert "'my_classes:Mine'" in hpsearch("best", "own.toml").stdout
    refused = hpsearch("fit", "own.toml")
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "a model file can't hold a class of your own" in refused.stderr
