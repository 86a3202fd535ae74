from hpsearch.report.glossary import TERMS, Linker, anchor


def linker():
    return Linker(lambda word, term: f"[{word}]({term})")


def test_the_first_use_in_a_section_is_linked_and_names_of_facts_are_not():
    terms = linker()
    terms.begin()
    sentence = terms.mark("Trials of {trial} runs, and trials again; a retrained one.")
    assert sentence == "[Trials](trial) of {trial} [runs](run), and trials again; a [retrained](retraining) one."
    assert terms.mark("One more trial.") == "One more trial."
    terms.begin()
    assert terms.mark("One more trial.") == "One more [trial](trial)."


def test_longer_terms_come_first_and_parts_of_words_are_none():
    assert linker().mark("Normalised regret of a re-run, overrun.") == (
        "[Normalised regret](normalised regret) of a re-run, overrun."
    )


def test_the_entries_are_the_terms_that_were_used():
    terms = linker()
    terms.mark("The margin of an effect.")
    assert list(terms.entries()) == ["effect", "margin"]
    assert len({anchor(term) for term in TERMS}) == len(TERMS)


def test_every_entry_is_plain_and_short():
    for term, meaning in TERMS.items():
        assert meaning.endswith("."), term
        assert all(len(sentence.split()) <= 25 for sentence in meaning.split(". ")), term
