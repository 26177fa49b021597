"""Everything that is measured of outputs: overlap with the references, diversity, and what p says of them."""

from collections.abc import Sequence
from itertools import chain

from beyond_mle.scoring import Scoring
from beyond_mle.yardsticks import known_p
from beyond_mle.yardsticks.diversity import diversity
from beyond_mle.yardsticks.overlap import OverlapScores, References, overlap_metrics, overlap_of_passes


def measure(
    outputs: Sequence[Sequence[str]], references: References, truth: known_p.Truth | None, scoring: Scoring
) -> OverlapScores:
    """Judge the outputs of a corpus.

    Args:
        outputs: one or more of each source, equally many; several are samples, and the scores are over all of them.
        references: one or more of each source.
        truth: p(y|x) of each source, where it is known.
        scoring: the task's.

    Returns:
        All metrics by name, with sacreBLEU's signatures.
    """
    n = len(outputs[0])
    scores = overlap_of_passes(zip(*outputs, strict=True), references, overlap_metrics(scoring))
    values = scores.metrics | diversity(outputs, scoring.tokenise)
    if truth:
        values |= known_p.output_metrics([row for row in truth for _ in range(n)], list(chain(*outputs)))
        values |= known_p.sample_metrics(truth, outputs) if n > 1 else {}
    return OverlapScores(values, scores.signatures)
