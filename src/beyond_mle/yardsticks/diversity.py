"""How much a system's outputs differ from each other, whatever they are worth.

Tokens are those that BLEU compares: sacreBLEU's tokeniser of the task, which leaves embedded text as it stands. Except
for `repetition`, neither more nor less is better: what to compare with are samples of p.
"""

from collections.abc import Iterator, Sequence
from itertools import chain, pairwise

import numpy as np
from sacrebleu.metrics import BLEU

from beyond_mle.capabilities import References
from beyond_mle.registry import YARDSTICKS
from beyond_mle.text.scoring import Tokenise
from beyond_mle.types import TextSpec
from beyond_mle.yardsticks.overlap import OF_SUMS, Sacrebleu
from beyond_mle.yardsticks.yardstick import Metric, Score, Subject, Yardstick

Outputs = Sequence[Sequence[str]]
"""Of each source its outputs, n of them."""


@YARDSTICKS.register("diversity")
class Diversity(Yardstick):
    """How much outputs differ; see `diversity`."""

    accepts = TextSpec
    needs = (References,)
    metrics = (
        Metric("repetition", "%", "lower", 2),
        Metric("distinct-1", "%", None, 2),
        Metric("distinct-2", "%", None, 2),
        Metric("distinct-outputs", "per source"),
        Metric("self-bleu", "", None, 2, matters=0.5, of_sums=OF_SUMS["bleu"]),
    )

    def measure(self, subject: Subject) -> Iterator[Score]:
        """Of every decoder's outputs."""
        for decoder, outputs in subject.outputs.items():
            tokenise = subject.data.scoring.tokenise
            for metric, value in diversity(outputs, tokenise).items():
                yield Score(metric, value, decoder)
            if len(outputs[0]) > 1:
                items_IF = leave_one_out(outputs, tokenise)
                yield Score("self-bleu", OF_SUMS["bleu"](items_IF.sum(axis=0)), decoder, items_IF)


def diversity(outputs: Outputs, tokenise: Tokenise) -> dict[str, float]:
    """Measure the outputs of a corpus; figures with equal n and equally many sources compare.

    Args:
        outputs: n texts for each source.
        tokenise: of the task's `scoring`.

    Returns:
        `distinct-1`, `distinct-2` (Li et al. 2016): % of all unigrams and bigrams of the whole corpus that are
        different; absent if there are none. `repetition`: % of the outputs in which a token follows itself.
        For n ≥ 2 also `distinct-outputs`: how many different texts a source has, on average.
    """
    tokenizer = BLEU(tokenize=tokenise).tokenizer
    tokens = [tokenizer(text.rstrip()).split() for text in chain(*outputs)]
    metrics = {"repetition": 100 * float(np.mean([any(a == b for a, b in pairwise(row)) for row in tokens]))}
    for n in (1, 2):
        ngrams = [tuple(row[i : i + n]) for row in tokens for i in range(len(row) - n + 1)]
        metrics |= {f"distinct-{n}": 100 * len(set(ngrams)) / len(ngrams)} if ngrams else {}
    if all(len(texts) > 1 for texts in outputs):
        metrics["distinct-outputs"] = float(np.mean([len(set(texts)) for texts in outputs]))
    return metrics


def leave_one_out(outputs: Outputs, tokenise: Tokenise) -> np.ndarray:
    """What self-BLEU is made of: of each source the summed counts of its outputs, each with the others as references.

    BLEU in percent of every output with the other outputs of its source as references (Zhu et al. 2018). They take the
    mean of sentence scores. Here it is one corpus score, from the summed counts of all outputs of all sources, with the
    settings of `bleu`, so that the two compare and short outputs do no harm. 100 where the outputs of each source are
    the same, unless none has four tokens.

    Args:
        outputs: n ≥ 2 texts for each source. More references match more: only equal n compare.
        tokenise: of the task's `scoring`.

    Returns:
        BLEU's counts [I, F].
    """
    bleu = Sacrebleu(BLEU(tokenize=tokenise, force=True))
    # Source by source, because sacreBLEU keeps the counts of all references that it is given at once.
    return np.stack([_leave_one_out(bleu, list(texts)) for texts in outputs])


def _leave_one_out(bleu: Sacrebleu, texts: list[str]) -> np.ndarray:
    """The summed statistics [F] of each text against the others."""
    others = [texts[:i] + texts[i + 1 :] for i in range(len(texts))]
    return bleu.statistics(texts, others).sum(axis=0)
