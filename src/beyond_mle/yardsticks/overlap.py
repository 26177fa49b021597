"""BLEU, chrF and ROUGE: how far outputs overlap with references, by sacreBLEU and rouge-score.

`bleu` and `chrf` are sacreBLEU's own. `bleu-tokenised` is what the paper reports for translation: multi-bleu.perl on
Moses-tokenised text, which is unsmoothed BLEU over the tokens as they stand. `rouge1`, `rouge2` and `rougel` are for
summaries: the mean over sentences of the F1 score.

A metric scores a corpus from statistics of its sentences that add up, so that any resample of
the sentences can be scored without looking at the text again.
"""

from collections.abc import Callable, Sequence
from importlib.metadata import version
from itertools import zip_longest
from typing import Protocol

import numpy as np
from sacrebleu.metrics import BLEU, CHRF
from sacrebleu.metrics.base import Metric as SacrebleuMetric
from sacrebleu.tokenizers.tokenizer_base import BaseTokenizer

from beyond_mle.text.scoring import Rouge, Scoring

References = Sequence[Sequence[str]]
"""One or more references per output."""
_ROUGE = {"rouge1": "rouge1", "rouge2": "rouge2", "rougel": "rougeL"}
"""Our names → rouge-score's."""


class CorpusMetric(Protocol):
    """A measure of a corpus, computed from statistics that add up over its sentences."""

    def statistics(self, outputs: Sequence[str], references: References) -> np.ndarray:
        """The statistics of each sentence [B, F]."""

    def score(self, sums_F: np.ndarray) -> float:
        """The score in percent of a corpus with these summed statistics."""

    def signature(self) -> str:
        """How it was computed; after `statistics`, since it may tell the number of references."""


def overlap_metrics(scoring: Scoring) -> dict[str, CorpusMetric]:
    """The metrics of a task, by name."""
    # force: text with spaces before full stops is meant as it is, so sacreBLEU need not warn of it.
    metrics: dict[str, CorpusMetric] = {"bleu": Sacrebleu(BLEU(tokenize=scoring.tokenise, force=True))}
    if scoring.tokenise != "none":
        metrics["chrf"] = Sacrebleu(CHRF())
    if scoring.moses_language is not None:
        metrics["bleu-tokenised"] = Sacrebleu(_multi_bleu(scoring.moses_language))
    if scoring.rouge is not None:
        metrics |= {name: RougeF1(name, scoring.rouge) for name in _ROUGE}
    return metrics


def sufficient_statistics(metric: CorpusMetric, outputs: Sequence[str], references: References) -> np.ndarray:
    """The statistics of each sentence [B, F]; a corpus is scored from their sum.

    Raises:
        ValueError: if there are not as many reference lists as outputs, or none at all.
    """
    if not outputs or len(outputs) != len(references) or not all(references):
        raise ValueError(f"{len(outputs)} outputs need as many non-empty reference lists, not {len(references)}")
    return metric.statistics(outputs, references)


class Sacrebleu:
    """A metric of sacreBLEU; its statistics are counts, such as those of n-grams."""

    def __init__(self, metric: SacrebleuMetric):
        self.metric = metric
        self._references: References | None = None

    def statistics(self, outputs: Sequence[str], references: References) -> np.ndarray:
        """The counts of each sentence [B, F]; those of the references are kept for the next outputs."""
        # sacreBLEU wants the k-th references of all sentences together, None where a sentence has fewer. Its
        # per-sentence counts have no public name, but its own significance tests are built on these methods.
        if references != self._references:
            self.metric._ref_cache = self.metric._cache_references(list(zip_longest(*references)))
            self._references = references
        return np.array(self.metric._extract_corpus_statistics(outputs, None), dtype=float)

    def score(self, sums_F: np.ndarray) -> float:
        """The score in percent of a corpus with these summed counts."""
        return self.metric._compute_score_from_stats(list(sums_F)).score

    def signature(self) -> str:
        """sacreBLEU's signature."""
        return str(self.metric.get_signature())


class RougeF1:
    """ROUGE (Lin 2004) by rouge-score: F1 with the best of a sentence's references; its mean over the sentences.

    `rougel` takes a text as one sequence, also where it has several sentences.
    """

    def __init__(self, name: str, unit: Rouge):
        """Choose the metric.

        Args:
            name: `rouge1`, `rouge2` (n-grams) or `rougel` (longest common subsequence).
            unit: what is compared.
        """
        from rouge_score.rouge_scorer import RougeScorer  # here, because its import takes a second

        self._type, self._unit = _ROUGE[name], unit
        tokenizer = _Tokens() if unit == "tokens" else None  # None: rouge-score's own
        self._scorer = RougeScorer([self._type], use_stemmer=unit == "stems", tokenizer=tokenizer)

    def statistics(self, outputs: Sequence[str], references: References) -> np.ndarray:
        """F1 in percent and 1 (the count of a mean), [B, 2]."""
        f1_B = [
            100 * self._scorer.score_multi(alternatives, output)[self._type].fmeasure
            for output, alternatives in zip(outputs, references, strict=True)
        ]
        return np.stack([f1_B, np.ones(len(outputs))], axis=1)

    def score(self, sums_F: np.ndarray) -> float:
        """The mean F1 in percent."""
        return float(sums_F[0] / sums_F[1])

    def signature(self) -> str:
        """In the manner of sacreBLEU's."""
        return f"refs:best|tok:{self._unit}|score:f1|version:rouge-score-{version('rouge-score')}"


class _Tokens:
    """A tokeniser for rouge-score: what stands between spaces."""

    def tokenize(self, text: str) -> list[str]:
        return text.split()


def _multi_bleu(language: str) -> BLEU:
    """multi-bleu.perl: no smoothing, tokens as they stand, here after Moses tokenisation of both sides."""
    metric = BLEU(tokenize="none", smooth_method="none", force=True)
    metric.tokenizer = _Moses(language)
    metric.tokenizer_signature = metric.tokenizer.signature()
    return metric


class _Moses(BaseTokenizer):
    """tokenizer.perl -a, as WMT data are prepared.

    Special characters are not escaped: that renames tokens one to one and changes no count.
    """

    def __init__(self, language: str):
        self._language = language
        from sacremoses import MosesTokenizer  # slow to import, and embedded text does without it

        self._moses = MosesTokenizer(language)

    def signature(self) -> str:
        """The tokeniser's part of sacreBLEU's signature."""
        return f"moses-{self._language}-aggressive"

    def __call__(self, line: str) -> str:
        """The tokens, set apart by single spaces."""
        return self._moses.tokenize(line, aggressive_dash_splits=True, escape=False, return_str=True)


OF_SUMS: dict[str, Callable[[np.ndarray], float]] = {
    "bleu": Sacrebleu(BLEU(force=True)).score,
    "bleu-tokenised": Sacrebleu(BLEU(smooth_method="none", force=True)).score,
    "chrf": Sacrebleu(CHRF()).score,
}
"""The score of a corpus from its summed counts; by then the tokeniser, in which tasks differ, has done its work."""
