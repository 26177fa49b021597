import itertools
import math
from importlib import resources

import pytest
import yaml

from beyond_mle.tasks.language import Language
from beyond_mle.tasks.meaning import Clause, NounPhrase, concepts


@pytest.mark.parametrize("name", ["english", "german"])
@pytest.mark.parametrize("garden_path", [False, True])
def test_every_concept_can_be_said(name, garden_path):
    language, known = Language(name, 0.7, garden_path), concepts()
    assert len(language.styles) == 8
    nouns = known["animate"] + known["things"]
    assert set(known["places"]) <= set(nouns)
    for determiner, adjective, noun in itertools.product(known["determiners"], known["adjectives"], nouns):
        phrase = NounPhrase(determiner, adjective, noun)
        place = ("near", NounPhrase(determiner, None, noun))
        clause = Clause(phrase, "sees", phrase, place, "now", (phrase, "waits"))
        for style in language.styles:
            for slot in language.slots((clause,), style):
                assert math.fsum(p for _, p in slot) == pytest.approx(1)
    for verb, intransitive in itertools.product(known["verbs"], known["intransitives"]):
        for preposition, time in itertools.product(known["prepositions"], known["times"]):
            place, reason = (preposition, NounPhrase("the", None, "door")), (phrase, intransitive)
            assert language.canonical((Clause(phrase, verb, phrase, place, time, reason),))


@pytest.mark.parametrize("name", ["english", "german"])
def test_garden_path_nouns_as_documented(name):
    data = resources.files("beyond_mle.tasks") / "languages" / f"{name}.yaml"
    paths = yaml.safe_load(data.read_text(encoding="utf-8"))["garden_path"]
    assert len(paths) == 16
    for path in paths.values():
        classes = [synonym.split()[1] for synonym in path["synonyms"]]
        assert 0.40 <= path["first"] <= 0.49
        assert 3 <= len(classes) <= 4
        assert len(set(classes[1:])) == 1
        assert classes[0] != classes[1]
        if name == "english":
            assert all(
                (c == "v") == s.startswith(tuple("aeiouAEIOU")) for c, s in zip(classes, path["synonyms"], strict=True)
            )
