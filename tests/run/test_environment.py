"""In what environments differ, and the warning of a run that is resumed in another one."""

from hpsearch.run.environment import differences, environment, resumed_elsewhere

HERE = environment()


def test_the_parts_that_differ():
    assert differences([]) == differences([HERE, HERE]) == {}
    assert differences([{"numpy": "1"}, {"numpy": "2", "blas": "b"}, {"numpy": "1"}]) == {
        "numpy": ["1", "2"],
        "blas": ["unknown", "b"],
    }


def test_a_run_that_stays_here_gives_no_warning_and_neither_does_an_earlier_version():
    assert resumed_elsewhere([]) == resumed_elsewhere([{}, {"environments": [HERE]}]) == ""


def test_a_run_that_was_elsewhere_gives_one_line():
    older, oldest = HERE | {"numpy": "1.9"}, HERE | {"numpy": "1.8"}
    runs = [{"environments": [HERE]}, {"environments": [older, HERE]}, {"environments": [oldest]}]
    line = resumed_elsewhere(runs)
    assert line.startswith(f"2 runs go on with numpy {HERE['numpy']} instead of 1.9 or 1.8: ")
    assert "processor" not in line
    assert "\n" not in line
    assert resumed_elsewhere(runs[:2]).startswith("1 run goes on with ")
