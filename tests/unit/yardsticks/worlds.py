"""A small text task with a known p(y|x), written to a folder by hand, and what yardsticks are given of it."""

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from beyond_mle.files import write_jsonl
from beyond_mle.study import Evaluation
from beyond_mle.symbols import EOS
from beyond_mle.tasks.embedded_data import EmbeddedData
from beyond_mle.text import vocabulary
from beyond_mle.text.encoded import EncodedPairs
from beyond_mle.text.scoring import Scoring
from beyond_mle.yardsticks.yardstick import Score, Subject

SOURCES = ["s one", "s two", "s"]
P: list[dict[str, float]] = [
    {"a b c d e": 0.75, "a b c e d": 0.25},
    {"f g h i": 1.0},
    {"k l m n": 0.5, "n m l k": 0.3, "k l": 0.2},
]
REFERENCES = [["a b c d e", "a b c e d"], ["f g h i"], ["k l m n"]]
PLAIN = Scoring(tokenise="none")


def world(folder: Path, scoring: Scoring = PLAIN) -> EmbeddedData:
    """The task, with the same sources in dev."""
    texts = [*SOURCES, *(text for p in P for text in p)]
    vocabulary.save(vocabulary.train(texts, vocabulary.VocabularyOptions(kind="words")), folder / "vocabulary.json")
    data = EmbeddedData(folder, scoring, lambda split: dict(zip(SOURCES, P, strict=True)).__getitem__)
    sources = [[*ids, EOS] for ids in data.encode(SOURCES)]
    targets = data.encode([references[0] for references in REFERENCES])
    for split in ("test", "dev"):
        EncodedPairs.from_pairs(sources, targets).save(folder / f"{split}.npz")
        rows = zip(SOURCES, REFERENCES, strict=True)
        write_jsonl(folder / f"{split}.jsonl", ({"source": source, "targets": own} for source, own in rows))
    write_jsonl(folder / "truth.jsonl", ({"outputs": list(p), "log_p": list(map(math.log, p.values()))} for p in P))
    return data


def subject(data: Any, model: Any = None, objective: Any = None, **rest: Any) -> Subject:
    """What a yardstick is given."""
    return Subject(data, model, objective, Evaluation(batch_tokens=20), **rest)


def measured(scores: Iterable[Score]) -> dict[tuple[str, str], Score]:
    """(decoder, metric) → score; each once, and each the mean or the ratio of its items, where it has any."""
    found: dict[tuple[str, str], Score] = {}
    for score in scores:
        key = score.decoder, score.metric
        assert key not in found
        found[key] = score
    return found


def from_items(score: Score) -> float:
    """The figure that items of one number (a mean) or two (a sum and a count) make up."""
    items = np.asarray(score.items_IF, dtype=float)
    return float(items.mean() if items.ndim == 1 else items[:, 0].sum() / items[:, 1].sum())
