"""Passwords never show: in URLs as they should be, in mistyped ones, in sentences about them."""

import time

import pytest

from hpsearch.redaction import redacted, repeats_password, shown

WITHOUT_PASSWORD = [
    "postgresql://me@host/db",
    "postgresql://host:5432/db",
    "postgresql://[::1]:5432/db",
    "postgresql://[::1]/db",
    "postgresql://host/db?user=me&passfile=/home/me/.pgpass",
    "sqlite:///a.db",
    "sqlite:////srv/run@10:30/a.db",
    "sqlite:///C:/Users/me@corp/a.db",
    "journal:///a b:c.log",
    "hpsearch.db",
    "sqlite:hpsearch.db",
    "",
]

WITH_PASSWORD = [
    ("postgresql://me:s3cr3t@host/db", "postgresql://me:***@host/db"),
    ("postgresql://me:s3:c@r3t@host/db", "postgresql://me:***@host/db"),
    ("postgresql://me:s3/cr3t@host/db", "postgresql://me:***@host/db"),
    ("postgresql://me:s3?cr3t@host/db", "postgresql://me:***@host/db"),
    ("postgresql://me:s3#cr3t@host/db", "postgresql://me:***@host/db"),
    ("postgresql://me:s3%40cr3t@host/db", "postgresql://me:***@host/db"),
    ("postgresql://me:s3 cr3t@host/db", "postgresql://me:***@host/db"),
    ("postgresql://me:s3cr3t@[::1]:5432/db", "postgresql://me:***@[::1]:5432/db"),
    ("postgresql://me@corp.org:s3cr3t@host/db", "postgresql://me:***@host/db"),
    ("postgresql://:s3cr3t@host/db", "postgresql://:***@host/db"),
    ("POSTGRESQL+psycopg://me:s3cr3t@HOST/db", "POSTGRESQL+psycopg://me:***@HOST/db"),
    ("redis://:s3cr3t@host:6379/0", "redis://:***@host:6379/0"),
    ("sqlite+pysqlcipher://:s3cr3t@/file?cipher=aes", "sqlite+pysqlcipher://:***@/file?cipher=aes"),
    ("postgresql://host/db?user=me&password=s3cr3t&x=1", "postgresql://host/db?user=me&password=***&x=1"),
    ("postgresql://host/db?user=me&sslpassword=s3cr3t", "postgresql://host/db?user=me&sslpassword=***"),
    ("mysql://host/db?passwd=s3@cr3t", "mysql://host/db?passwd=***"),
    ("mysql://host/db?password=s3&cr3t&user=me", "mysql://host/db?password=***&user=me"),
    ("jdbc:postgresql://host/db?password=s3cr3t", "jdbc:postgresql://host/db?password=***"),
    # Mistyped.
    ("postgresql://me:s3cr3thost/db", "postgresql://me:***"),
    ("postgresql://me:s3cr3t/db", "postgresql://me:***"),
    ("postgresql://me:98765432/db", "postgresql://me:***"),
    ("postgresql:/me:s3cr3t@host/db", "postgresql:/me:***@host/db"),
    ("postgresql:///me:s3cr3t@host/db", "postgresql:///me:***@host/db"),
    ("postgresql:me:s3cr3t@host/db", "postgresql:me:***@host/db"),
    ("postgresql:me:s3cr3thost/db", "postgresql:me:***"),
    ("postgresql//me:s3cr3t@host/db", "postgresql//me:***@host/db"),
    ("postgresql//me:s3cr3t/db", "postgresql//me:***"),
    (r"postgresql:\\me:s3cr3t@host/db", r"postgresql:\\me:***@host/db"),
    ("me:s3cr3t@host/db", "me:***@host/db"),
    ("//me:s3cr3t@host/db", "//me:***@host/db"),
    ("postgresql://me/s3cr3t@host/db", "postgresql://me:***@host/db"),
    ("postgresql://me;s3cr3t@host/db", "postgresql://me:***@host/db"),
    ("postgresql://me@s3cr3t@host/db", "postgresql://me:***@host/db"),
    ("postgresql://me%3As3cr3t%40host/db", "postgresql://me:***%40host/db"),
    ("postgresql%3A%2F%2Fme%3As3cr3t%40host%2Fdb", "postgresql%3A%2F%2Fme:***%40host%2Fdb"),
    ("sqlite+pysqlcipher:///:s3cr3t@/file", "sqlite+pysqlcipher:///:***@/file"),
    ("sqlite+pysqlcipher://:s3cr3t/file", "sqlite+pysqlcipher://:***"),
    ("sqlite:///:s3cr3t@/file", "sqlite:///:***@/file"),
    ("sqlite+pysqlcipher:///file?hex_key=s3cr3t", "sqlite+pysqlcipher:///file?hex_key=***"),
    ("host=localhost user=me password=s3cr3t", "host=localhost user=me password=***"),
    ("host=localhost password='s3 cr3t' user=me", "host=localhost password=*** user=me"),
]


@pytest.mark.parametrize("url", WITHOUT_PASSWORD)
def test_a_url_without_a_password_is_shown_as_it_is(url):
    assert shown(url) == url
    assert redacted(f"cannot open {url}: ask me@corp.org") == f"cannot open {url}: ask me@corp.org"


@pytest.mark.parametrize(("url", "expected"), WITH_PASSWORD)
def test_a_url_is_shown_without_its_password(url, expected):
    assert shown(url) == expected
    assert shown(expected) == expected


@pytest.mark.parametrize("url", [url for url, _ in WITH_PASSWORD])
@pytest.mark.parametrize("sentence", ["got {!r}: choose another", "cannot open {} (see there), choose another", "{}"])
def test_a_sentence_is_shown_without_the_passwords_of_its_urls(url, sentence):
    for said in (redacted(sentence.format(url)), redacted(sentence.format(url), [url, f"--storage={url}"])):
        for part in ("s3", "cr3t", "98765432"):
            assert part not in said
        assert said.endswith("choose another") or sentence == "{}"


@pytest.mark.parametrize(
    ("sentence", "source"),
    [
        ("unknown study 'pa:ss wo/rd'", "postgresql://me:pa:ss wo/rd@host/db"),
        ("no such host: wo/rd", "postgresql://me:wo%2Frd@host/db"),
        ("no such host: 'rd@host'", "postgresql://me:wo@rd@host/db"),
        (r"got 'me: s3c\\r3t@host'", r"me: s3c\r3t@host"),
    ],
)
def test_what_repeats_the_password_of_a_source_is_shown_without_it(sentence, source):
    assert "***" in redacted(sentence, [source])
    assert not repeats_password(redacted(sentence, [source]), source)


def test_a_password_that_is_also_a_name_is_not_guessed_from_what_is_hidden():
    source = "postgresql://postgres:postgres@host/db"
    assert redacted(f"cannot open {source}: no postgres", [source]) == (
        "cannot open postgresql://postgres:***@host/db: no postgres"
    )


def test_a_sentence_about_other_things_is_left_as_it_is():
    sentence = (
        "there is no study file /a/b.toml (see https://example.org:8080/x). At 10:30, file.py:12: KeyError:'a'; "
        "choose from sqlite:///FILE.db, journal:///FILE.log, postgresql://USER@HOST/DATABASE; keys = 3, C:\\a@b"
    )
    assert redacted(sentence, ["study", "--trials", "3", "a:b", "mine.toml"]) == sentence


@pytest.mark.parametrize(
    "part", ["a", "a:/", "a:/b:", "pass", "a@b:", "p:// ", "x://a:b ", "pass=", "postgresql", "-", "%3A%2F", "key='"]
)
def test_long_texts_take_time_in_proportion(part):
    text = part * (200_000 // len(part))
    start = time.process_time()
    redacted(text, [text])
    assert time.process_time() - start < 5
