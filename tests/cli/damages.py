"""Ways to damage a storage, each with the words by which its error is known."""

import json
import sqlite3
from contextlib import closing


def sql(*statements):
    def damage(path):
        with closing(sqlite3.connect(path)) as database:
            for statement in statements:
                changed = database.execute(statement).rowcount
                assert changed != 0 or statement.startswith("PRAGMA")
            database.commit()

    return damage


def truncated(size):
    return lambda path: path.write_bytes(path.read_bytes()[:size])


def overwritten(start, content):
    def damage(path):
        before = path.read_bytes()
        path.write_bytes(before[:start] + content + before[start + len(content) :])

    return damage


def line(number, content):
    """Put another line in the place of a journal's."""

    def damage(path):
        lines = path.read_bytes().splitlines(keepends=True)
        lines[number] = content + b"\n"
        path.write_bytes(b"".join(lines))

    return damage


def of_kind(op_code, **changed):
    """Change keys of the first operation of a kind; None removes one."""

    def damage(path):
        logs = [json.loads(each) for each in path.read_bytes().splitlines()]
        log = next(log for log in logs if log["op_code"] == op_code)
        for key, value in changed.items():
            log[key] = value
            if value is None:
                del log[key]
        path.write_text("".join(json.dumps(log) + "\n" for log in logs))

    return damage


LAST = "(SELECT max(trial_id) FROM trials)"
SQLITE = {
    "half of the file": (truncated(40_000), "malformed|Page|page"),
    "no part of the file but its begin": (truncated(100), "malformed|not a database"),
    "a page": (overwritten(8192, b"\xff" * 4096), "Page|malformed"),
    "the header": (overwritten(20, b"\xff" * 60), "malformed|not a database|unsupported"),
    "the table of studies": (sql("DROP TABLE studies"), "the table studies is missing"),
    "the table of directions": (sql("DROP TABLE study_directions"), "the table study_directions is missing"),
    "the table of trials": (sql("DROP TABLE trials"), "the table trials is missing"),
    "the table of parameters": (sql("DROP TABLE trial_params"), "the table trial_params is missing"),
    "the table of versions": (sql("DROP TABLE version_info"), "the table version_info is missing"),
    "the table of Alembic": (sql("DROP TABLE alembic_version"), "the table alembic_version is missing"),
    "a column": (sql("ALTER TABLE trial_params DROP COLUMN param_value"), "lacks the column param_value"),
    "the version": (sql("DELETE FROM version_info"), "the table version_info lacks its row"),
    "the version of Alembic": (sql("DELETE FROM alembic_version"), "the table alembic_version lacks its row"),
    "a direction": (sql("DELETE FROM study_directions WHERE study_id = 1"), "'small/random/00' lacks its direction"),
    "a study": (sql("DELETE FROM studies WHERE study_id = 1"), "refer to rows missing from the table studies"),
    "a trial": (sql("DELETE FROM trials WHERE number = 1"), "refer to rows missing from the table trials"),
    "the last trial": (sql(f"DELETE FROM trials WHERE trial_id = {LAST}"), "missing from the table trials"),
    "a number": (sql("UPDATE trials SET number = 7 WHERE number = 1"), "the trial 1 of the study 'small/"),
    "no number": (sql("UPDATE trials SET number = NULL WHERE number = 1"), "the trial 0 of the study 'small/"),
    "a parameter": (
        sql(f"DELETE FROM trial_params WHERE trial_id = {LAST} AND param_name = 'activation'"),
        "lacks its parameter 'activation'",
    ),
    "all parameters": (sql("DELETE FROM trial_params"), "lacks its parameter 'learning_rate'"),
    "a value": (sql(f"DELETE FROM trial_values WHERE trial_id = {LAST}"), "is complete, but lacks a value"),
    "a value's digits": (sql("UPDATE trial_values SET value = 'abc'"), "'abc'"),
    "a state": (sql("UPDATE trials SET state = 'COMPLETF' WHERE number = 1"), "COMPLETF"),
    "a distribution": (sql("UPDATE trial_params SET distribution_json = '{'"), "content can't be read"),
    "a choice": (
        sql("UPDATE trial_params SET param_value = 9 WHERE param_name = 'activation'"),
        "content can't be read",
    ),
    "an attribute of a trial": (sql("UPDATE trial_user_attributes SET value_json = '[1, '"), "content can't be read"),
    "an attribute of a study": (sql("UPDATE study_user_attributes SET value_json = '{'"), "content can't be read"),
    "a text": (sql("UPDATE studies SET study_name = CAST(x'ff41' AS TEXT) WHERE study_id = 1"), "decode|UTF-8"),
    "a date": (sql("UPDATE trials SET datetime_start = 'yesterday' WHERE number = 1"), "content can't be read"),
    "what the study is": (
        sql("DELETE FROM study_user_attributes WHERE key = 'content'"),
        "lacks its attribute 'content'",
    ),
    "whose run it is": (sql("DELETE FROM study_user_attributes WHERE key = 'study'"), "lacks its attribute 'study'"),
    "the repeat": (
        sql("UPDATE study_user_attributes SET value_json = 'null' WHERE key = 'repeat'"),
        "'repeat' of the run",
    ),
}
JOURNAL = {
    "a line": (line(9, b"garbage"), "line 10 is no operation"),
    "a line of nothing": (line(9, b""), "line 10 is no operation"),
    "the last line": (line(-1, b"garbage"), r"line \d+ is no operation"),
    "a line of zeros": (line(9, b"\0" * 40), "line 10 is no operation"),
    "a line of brackets": (line(9, b"[" * 100_000), "line 10 is no operation"),
    "a line of digits": (line(9, b"9" * 100_000), "line 10 is no operation"),
    "a list": (line(9, b"[1, 2]"), "line 10 is no operation"),
    "a table": (line(9, b'{"a": 1}'), "line 10 is no operation"),
    "an unknown operation": (line(9, b'{"op_code": 99, "worker_id": "a"}'), "line 10 is no operation"),
    "a truth value": (line(9, b'{"op_code": true, "worker_id": "a"}'), "line 10 is no operation"),
    "nobody's operation": (line(9, b'{"op_code": 4, "study_id": 0}'), "line 10 is no operation"),
    "a trial's study": (of_kind(4, study_id=None), r"line \d+ can't be applied \(KeyError: 'study_id'\)"),
    "a parameter's name": (of_kind(5, param_name=None), r"line \d+ can't be applied"),
    "a distribution": (of_kind(5, distribution="{"), r"line \d+ can't be applied"),
    "a state": (of_kind(6, state=17), r"line \d+ can't be applied"),
    "a value": (of_kind(6, values=None), r"line \d+ can't be applied"),
    "a value's digits": (of_kind(6, values=["abc"]), "has 'abc' in the place of a number"),
    "a value's place": (of_kind(6, values=[]), "lacks a value"),
    "a direction": (of_kind(0, directions=[]), "lacks its direction"),
    "a date": (of_kind(4, datetime_start="yesterday"), r"line \d+ can't be applied"),
}
