"""What p(y|x) says of a system's outputs, where its whole support is known."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from beyond_mle.capabilities import KnownOutputs
from beyond_mle.errors import UserError
from beyond_mle.registry import YARDSTICKS
from beyond_mle.types import TextSpec
from beyond_mle.yardsticks.yardstick import Metric, Score, Subject, Yardstick

Truth = Sequence[Mapping[str, Any]]
"""Of each source `{"outputs": [str, …], "log_p": [float, …]}`, the likeliest output first."""


@YARDSTICKS.register("validity")
class Validity(Yardstick):
    """Can the output occur, is it the likeliest, how likely is it?

    `validity`: % of the outputs with p(y|x) > 0. `mode-hit`: % that are the likeliest output y*. `log-p`: mean log
    p(y|x) over the valid outputs only; absent if none is valid. Where a source has several outputs also
    `support-coverage`: % of p's probability that lies on the distinct outputs drawn. Of n samples of p itself that is
    100 Σ_y p(y) (1 − (1 − p(y))^n) on average.
    """

    accepts = TextSpec
    needs = (KnownOutputs,)
    metrics = (
        Metric("validity", "%", "higher", 2, matters=2.0),
        Metric("mode-hit", "%", "higher", 2, matters=2.0),
        Metric("log-p", "nats"),  # over the valid outputs only: a model with few of them is not the better for it
        Metric("support-coverage", "%", "higher", 2),
    )

    def measure(self, subject: Subject) -> Iterator[Score]:
        """Of every decoder's outputs."""
        truth = known(subject) if subject.outputs else []
        for decoder, outputs in subject.outputs.items():
            found = judge(truth, outputs)
            for metric, value_I in found.items():
                known_I = value_I[~np.isnan(value_I)]
                if len(known_I):
                    yield Score(metric, float(known_I.mean()), decoder, items_IF=_by_source(value_I, len(outputs)))


def known(subject: Subject) -> Truth:
    """p(y|x) of the subject's sources.

    Raises:
        UserError: if they are not those of the test split.
    """
    if subject.split != "test":
        raise UserError(f"p(y|x) is listed of the test split only, not of {subject.split}")
    return subject.data.truth()


def judge(truth: Truth, outputs: Sequence[Sequence[str]]) -> dict[str, np.ndarray]:
    """Every figure of every output, source by source; nan where it has none. `support-coverage` has one per source."""
    flat = [(row, output) for row, texts in zip(truth, outputs, strict=True) for output in texts]
    log_ps = [dict(zip(row["outputs"], row["log_p"], strict=True)) for row in truth]
    log_p_N = np.array(
        [log_p.get(output, np.nan) for log_p, texts in zip(log_ps, outputs, strict=True) for output in texts]
    )
    figures = {
        "validity": 100.0 * ~np.isnan(log_p_N),
        "mode-hit": np.array([100.0 * (output == row["outputs"][0]) for row, output in flat]),
        "log-p": log_p_N,
    }
    if len(outputs[0]) > 1:
        covered = [
            sum(np.exp(log_p.get(output, -np.inf)) for output in dict.fromkeys(texts))
            for log_p, texts in zip(log_ps, outputs, strict=True)
        ]
        figures["support-coverage"] = 100 * np.array(covered)
    return figures


def _by_source(value_N: np.ndarray, sources: int) -> np.ndarray:
    """What a mean is made of, for each source: the sum of its known values and their number, [I, 2]."""
    value_IN = value_N.reshape(sources, -1)
    return np.stack([np.nansum(value_IN, axis=1), (~np.isnan(value_IN)).sum(axis=1)], axis=1)
