"""How far outputs overlap with references: BLEU, chrF and ROUGE as a yardstick."""

from collections.abc import Iterator

import numpy as np

from beyond_mle.capabilities import References
from beyond_mle.registry import YARDSTICKS
from beyond_mle.types import TextSpec
from beyond_mle.yardsticks.overlap import OF_SUMS, CorpusMetric, overlap_metrics, sufficient_statistics
from beyond_mle.yardsticks.yardstick import Metric, Outputs, Score, Subject, Yardstick


@YARDSTICKS.register("reference-overlap")
class ReferenceOverlap(Yardstick):
    """Corpus scores in percent (0-100) of every decoder's outputs, all of a source's where it has several."""

    accepts = TextSpec
    needs = (References,)
    metrics = tuple(
        Metric(name, "", "higher", 2, matters=0.5, of_sums=OF_SUMS.get(name))
        for name in ("bleu", "chrf", "bleu-tokenised", "rouge1", "rouge2", "rougel")
    )

    def measure(self, subject: Subject) -> Iterator[Score]:
        """Of every decoder's outputs."""
        if not subject.outputs:
            return
        references = subject.data.references(subject.split)[: subject.limit]
        for name, metric in overlap_metrics(subject.data.scoring).items():
            for decoder, outputs in subject.outputs.items():
                statistics_IF = statistics(metric, outputs, references)
                value = metric.score(statistics_IF.sum(axis=0))
                yield Score(name, value, decoder, statistics_IF, signature=metric.signature())


def statistics(metric: CorpusMetric, outputs: Outputs, references: list[list[str]]) -> np.ndarray:
    """What a metric makes of each source, its outputs added up, [I, F]."""
    passes = zip(*outputs, strict=True)
    return sum((sufficient_statistics(metric, texts, references) for texts in passes), start=np.zeros(()))
