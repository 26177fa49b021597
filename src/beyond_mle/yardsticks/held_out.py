"""What a model's own probabilities say of the references."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from beyond_mle.capabilities import Explicit, PositionEntropy, References
from beyond_mle.registry import YARDSTICKS
from beyond_mle.text.batches import in_order
from beyond_mle.text.encoded import EncodedPairs
from beyond_mle.types import Certainty, TextSpec
from beyond_mle.yardsticks.yardstick import Metric, Score, Subject, Yardstick


@YARDSTICKS.register("held-out")
class HeldOut(Yardstick):
    """NLL and entropy on the references.

    `nll`: nats per sentence; `nll-token`: the same per position that the model predicts; `entropy`: of the model's
    prediction where the reference's token stands. `impossible`: % of the references that the model cannot produce (only
    if there are any); the others leave them out.
    """

    accepts = TextSpec
    needs = (References, Explicit, PositionEntropy)
    metrics = (
        Metric("nll-token", "nats per token", matters_share=0.01),
        Metric("nll", "nats", "lower", matters_share=0.01),
        Metric("entropy", "nats per token", matters=0.02),
        Metric("impossible", "%", "lower", 2),
    )

    @torch.inference_mode()
    def measure(self, subject: Subject) -> Iterator[Score]:
        """One pass over the split."""
        model, pairs = subject.model, subject.data.pairs(subject.split)
        pairs = pairs if subject.limit is None else pairs.first(subject.limit)
        nll_I, entropy_I, positions_I = (np.zeros(len(pairs)) for _ in range(3))
        certainty: Certainty = "exact"
        for rows in in_order(pairs.lengths, subject.evaluation.batch_tokens):
            batch = pairs.batch(rows).to(model.device)
            log_prob = model.log_prob(batch)
            certainty = log_prob.certainty
            entropy_B, positions_B = model.entropy(batch)
            nll_I[rows] = -log_prob.joint_B.double().cpu().numpy()
            entropy_I[rows], positions_I[rows] = entropy_B.double().cpu().numpy(), positions_B.cpu().numpy()
        possible_I = np.isfinite(nll_I)
        if not possible_I.all():
            yield Score("impossible", float(100 * np.mean(~possible_I)), items_IF=100.0 * ~possible_I)
        known_I, count_I = np.where(possible_I, nll_I, 0.0), possible_I * positions_I
        if possible_I.any():
            yield _ratio("nll", known_I, possible_I, certainty)
            yield _ratio("nll-token", known_I, count_I, certainty)
            yield _ratio("entropy", possible_I * entropy_I, count_I)


def _ratio(metric: str, value_I: np.ndarray, count_I: np.ndarray, certainty: Certainty = "exact") -> Score:
    """Σ value / Σ count."""
    items_IF = np.stack([value_I, count_I], axis=1)
    return Score(metric, float(value_I.sum() / count_I.sum()), items_IF=items_IF, certainty=certainty)


@torch.inference_mode()
def log_probs(model: Any, pairs: EncodedPairs, batch_tokens: int) -> tuple[np.ndarray, Certainty]:
    """log q(y|x) of each pair in nats, the length's log-probability included where the model predicts it apart."""
    result_N = np.empty(len(pairs))
    certainty: Certainty = "exact"
    for rows in in_order(pairs.lengths, batch_tokens):
        log_prob = model.log_prob(pairs.batch(rows).to(model.device))
        result_N[rows], certainty = log_prob.joint_B.double().cpu().numpy(), log_prob.certainty
    return result_N, certainty
