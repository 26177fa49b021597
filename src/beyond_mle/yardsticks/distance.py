"""How far a model of text is from p(y|x), by enumeration of all that p may say."""

from collections.abc import Iterator

import numpy as np
from pydantic import Field
from scipy.special import entr

from beyond_mle.capabilities import Explicit, KnownOutputs, Listed, implements
from beyond_mle.formulas.discrete import js, total_variation
from beyond_mle.formulas.exponential_optimum import greedy_of
from beyond_mle.options import Options as BaseOptions
from beyond_mle.registry import YARDSTICKS
from beyond_mle.text.encoded import EncodedPairs
from beyond_mle.types import TextSpec
from beyond_mle.yardsticks.held_out import log_probs
from beyond_mle.yardsticks.validity import known
from beyond_mle.yardsticks.yardstick import Metric, Score, Subject, Yardstick


@YARDSTICKS.register("distance")
class Distance(Yardstick):
    """The exact comparison of q(·|x) with p(·|x): the mean over test sources of each figure.

    `kl`: KL[P‖Q] = Σ p (log p − log q), infinite if q excludes a supported output. `q-mode` and `log-q-mode`: q(y*|x)
    of the likeliest output, and its logarithm. `support-mass`: % of q's probability that lies on the support, which is
    the validity of q's samples. `js`: JS_½, between 0 and log 2. `total-variation`: ½ Σ |p − q|. KL[Q‖P] is left out,
    as it is infinite as soon as q gives anything to an output outside the support. js and total-variation are finite
    and exact: of q outside the support only the whole mass matters. Of a listed distribution also `sequence-entropy`,
    H(q), and `greedy-agreement`: % of the sources where greedy search finds its likeliest output.
    """

    class Options(BaseOptions):
        """How many sources."""

        sources: int = Field(default=100, gt=0)
        """On how many test sources."""

    options: Options
    accepts = TextSpec
    needs = (KnownOutputs, Explicit)
    metrics = (
        Metric("kl", "nats", "lower", matters_share=0.01),
        Metric("js", "nats", "lower"),
        Metric("total-variation", "", "lower"),
        Metric("q-mode"),
        Metric("log-q-mode", "nats"),
        Metric("support-mass", "%", None, 2),
        Metric("sequence-entropy", "nats"),
        Metric("greedy-agreement", "%", None, 2),
    )

    def measure(self, subject: Subject) -> Iterator[Score]:
        """By the model's log q of every output in p's support."""
        data = subject.data
        truth = known(subject)[: self.options.sources]
        test = data.pairs("test")
        sources = [test.source(index) for index, row in enumerate(truth) for _ in row["outputs"]]
        pairs = EncodedPairs.from_pairs(sources, data.encode([output for row in truth for output in row["outputs"]]))
        log_q, certainty = log_probs(subject.model, pairs, subject.evaluation.batch_tokens)
        ends = np.cumsum([len(row["outputs"]) for row in truth])
        figures = [
            compare(np.array(row["log_p"]), log_q_N)
            for row, log_q_N in zip(truth, np.split(log_q, ends[:-1]), strict=True)
        ]
        if implements(type(subject.model), Listed):
            for index, figure in enumerate(figures):
                figure |= listed(*subject.model.distribution(test.source(index)))
        for metric in figures[0]:
            value_I = np.array([figure[metric] for figure in figures])
            yield Score(metric, float(value_I.mean()), items_IF=value_I, certainty=certainty)


def compare(log_p_N: np.ndarray, log_q_N: np.ndarray) -> dict[str, float]:
    """Figures of one source.

    Args:
        log_p_N: log p of every output of the support, the likeliest first.
        log_q_N: log q of the same outputs.
    """
    if log_p_N.shape != log_q_N.shape:
        raise ValueError(f"{len(log_p_N)} outputs in the support, but {len(log_q_N)} log-probabilities")
    p_N, q_N = np.exp(log_p_N), np.exp(log_q_N)
    outside = max(0.0, 1 - q_N.sum())  # rounding can take the sum beyond 1
    everywhere = np.append(p_N, 0.0), np.append(q_N, outside)
    return {
        "kl": float(np.sum(p_N * (log_p_N - log_q_N))),
        "js": js(*everywhere),
        "total-variation": total_variation(*everywhere),
        "q-mode": float(q_N[0]),
        "log-q-mode": float(log_q_N[0]),
        "support-mass": float(100 * q_N.sum()),
    }


def listed(outputs: list[list[int]], q_N: np.ndarray) -> dict[str, float]:
    """Figures of one source that only a listed distribution has."""
    tokens = [tuple(output) for output in outputs]
    greedy = greedy_of(dict(zip(tokens, q_N.tolist(), strict=True)))
    return {
        "sequence-entropy": float(entr(q_N).sum()),
        "greedy-agreement": 100.0 * (greedy == tokens[int(np.argmax(q_N))]),
    }
