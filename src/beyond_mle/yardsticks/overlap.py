"""BLEU and chrF: how far outputs overlap with references, by sacreBLEU.

`bleu` and `chrf` are sacreBLEU's own. `bleu-tokenised` is what the paper reports: multi-bleu.perl on
Moses-tokenised text, which is unsmoothed BLEU over the tokens as they stand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Literal

import numpy as np
from sacrebleu.metrics import BLEU, CHRF
from sacrebleu.metrics.base import Metric
from sacrebleu.tokenizers.tokenizer_base import BaseTokenizer
from sacremoses import MosesTokenizer

References = Sequence[Sequence[str]]
"""One or more references per output."""
Tokenise = Literal["13a", "none"]
"""sacreBLEU's tokeniser for BLEU: `13a` for real text, `none` for tokens between spaces."""


@dataclass(frozen=True)
class OverlapScores:
    """Scores in percent (0–100) by metric name, and sacreBLEU's signature of each."""

    metrics: dict[str, float]
    signatures: dict[str, str]


def overlap(outputs: Sequence[str], references: References, metrics: dict[str, Metric]) -> OverlapScores:
    """Score a corpus.

    Args:
        outputs: one text per source.
        references: for each output, one or more reference texts.
        metrics: from `overlap_metrics`.

    Raises:
        ValueError: if there are not as many reference lists as outputs, or none at all.
    """
    scores, signatures = {}, {}
    for name, metric in metrics.items():
        statistics_BF = sufficient_statistics(metric, outputs, references)
        scores[name] = score(metric, statistics_BF.sum(axis=0))
        signatures[name] = str(metric.get_signature())
    return OverlapScores(scores, signatures)


def bleu(outputs: Sequence[str], references: References, tokenise: Tokenise = "13a") -> float:
    """sacreBLEU's corpus BLEU in percent, for validation."""
    return overlap(outputs, references, {"bleu": BLEU(tokenize=tokenise, force=True)}).metrics["bleu"]


def overlap_metrics(tokenise: Tokenise = "13a", moses_language: str | None = None) -> dict[str, Metric]:
    """The sacreBLEU metrics by name.

    Args:
        tokenise: sacreBLEU's tokeniser for `bleu`.
        moses_language: the language code for `bleu-tokenised`; without it, that metric is left out.
    """
    # force: text with spaces before full stops is meant as it is, so sacreBLEU need not warn of it.
    metrics: dict[str, Metric] = {"bleu": BLEU(tokenize=tokenise, force=True), "chrf": CHRF()}
    if moses_language is not None:
        metrics["bleu-tokenised"] = _multi_bleu(moses_language)
    return metrics


def sufficient_statistics(metric: Metric, outputs: Sequence[str], references: References) -> np.ndarray:
    """The counts of each sentence [B, F]; a corpus is scored from their sum (see `score`).

    Raises:
        ValueError: if there are not as many reference lists as outputs, or none at all.
    """
    if not outputs or len(outputs) != len(references) or not all(references):
        raise ValueError(f"{len(outputs)} outputs need as many non-empty reference lists, not {len(references)}")
    # sacreBLEU wants the k-th references of all sentences together, None where a sentence has fewer. Its
    # per-sentence counts have no public name, but its own significance tests are built on these two methods.
    return np.array(metric._extract_corpus_statistics(outputs, list(zip_longest(*references))), dtype=float)


def score(metric: Metric, sums_F: np.ndarray) -> float:
    """The score in percent of a corpus with these summed counts."""
    return metric._compute_score_from_stats(sums_F).score


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
        self._moses = MosesTokenizer(language)

    def signature(self) -> str:
        """The tokeniser's part of sacreBLEU's signature."""
        return f"moses-{self._language}-aggressive"

    def __call__(self, line: str) -> str:
        """The tokens, set apart by single spaces."""
        return self._moses.tokenize(line, aggressive_dash_splits=True, escape=False, return_str=True)
