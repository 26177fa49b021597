"""How far outputs overlap with references: BLEU, chrF and ROUGE as a yardstick, compared with the control."""

from collections.abc import Iterator
from dataclasses import asdict

import numpy as np
from pydantic import Field

from beyond_mle.capabilities import References
from beyond_mle.options import Options as BaseOptions
from beyond_mle.registry import YARDSTICKS
from beyond_mle.types import TextSpec
from beyond_mle.yardsticks.overlap import CorpusMetric, overlap_metrics, sufficient_statistics
from beyond_mle.yardsticks.significance import paired_bootstrap
from beyond_mle.yardsticks.yardstick import Metric, Outputs, Score, Subject, Yardstick


@YARDSTICKS.register("reference-overlap")
class ReferenceOverlap(Yardstick):
    """Corpus scores in percent (0-100) of every decoder's outputs, over all of a source's outputs where it has several.

    Single outputs are compared with the control's on the same sentences, by a paired bootstrap; samples are not: those
    of one source are no sentences of their own.
    """

    class Options(BaseOptions):
        """The bootstrap."""

        bootstrap_samples: int = Field(default=1000, gt=0)
        """Resamples of the paired bootstrap against the control."""

    options: Options
    accepts = TextSpec
    needs = (References,)
    metrics = tuple(
        Metric(name, "", "higher", 2) for name in ("bleu", "chrf", "bleu-tokenised", "rouge1", "rouge2", "rougel")
    )

    def measure(self, subject: Subject) -> Iterator[Score]:
        """Of every decoder's outputs."""
        if not subject.outputs:
            return
        references = subject.data.references(subject.split)[: subject.limit]
        for name, metric in overlap_metrics(subject.data.scoring).items():
            for decoder, outputs in subject.outputs.items():
                statistics_IF = statistics(metric, outputs, references)
                other = subject.control_outputs.get(decoder)
                paired = None
                if other is not None and len(outputs[0]) == 1:
                    control_IF = statistics(metric, other, references)
                    found = paired_bootstrap(statistics_IF, control_IF, metric.score, self.options.bootstrap_samples)
                    paired = {"control": subject.control, **asdict(found)}
                value = metric.score(statistics_IF.sum(axis=0))
                yield Score(name, value, decoder, statistics_IF, signature=metric.signature(), paired=paired)


def statistics(metric: CorpusMetric, outputs: Outputs, references: list[list[str]]) -> np.ndarray:
    """What a metric makes of each source, its outputs added up, [I, F]."""
    passes = zip(*outputs, strict=True)
    return sum((sufficient_statistics(metric, texts, references) for texts in passes), start=np.zeros(()))
