"""What a masked language model says of the references, taken as a masked diffusion."""

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from pydantic import Field

from beyond_mle.capabilities import Masked, References
from beyond_mle.formulas.masks import all_masks, drawn_masks
from beyond_mle.options import Options as BaseOptions
from beyond_mle.registry import YARDSTICKS
from beyond_mle.types import TextBatch, TextSpec
from beyond_mle.yardsticks.yardstick import Metric, Score, Subject, Yardstick


@YARDSTICKS.register("diffusion-bound")
class DiffusionBound(Yardstick):
    """Bounds on the NLL of references under unmasking in random order, which `masked-diffusion` minimises.

    `diffusion-nll`: nats per sentence, its length's −log q(T|x) included, as `nll` has it of all tokens at once;
    `diffusion-nll-token`: the same per token. A sentence of few tokens is taken with every choice of hidden ones, which
    is the bound itself; a longer one with some at random.
    """

    class Options(BaseOptions):
        """How many choices of hidden tokens."""

        masks: int = Field(default=127, gt=0)
        """At most so many for each sentence; 127 are all of a sentence of 7 tokens."""
        sentences: int = Field(default=100, gt=0)
        """Of the split; each is as many as its choices."""

    options: Options
    accepts = TextSpec
    needs = (References, Masked)
    concerns = (Masked,)
    metrics = (
        Metric("diffusion-nll", "nats", "lower", matters_share=0.01),
        Metric("diffusion-nll-token", "nats per token", matters_share=0.01),
    )

    @torch.inference_mode()
    def measure(self, subject: Subject) -> Iterator[Score]:
        """Of the first sentences of the split; masks are drawn with the subject's seed."""
        pairs = subject.data.pairs(subject.split).first(min(self.options.sentences, subject.limit or sys.maxsize))
        rng, count = np.random.default_rng(subject.seed), self.options.masks
        nll_I = np.empty(len(pairs))
        for row, (_, length) in enumerate(pairs.lengths.tolist()):
            masks = all_masks(length) if 2**length - 1 <= count else drawn_masks(length, count, rng)
            nll_I[row] = -bound(subject.model, pairs.batch(np.array([row])).to(subject.model.device), *masks)
        items_IF = np.stack([nll_I, pairs.lengths[:, 1]], axis=1)
        yield Score("diffusion-nll", float(nll_I.mean()), items_IF=nll_I, certainty="lower-bound")
        per_token = nll_I.sum() / items_IF[:, 1].sum()
        yield Score("diffusion-nll-token", float(per_token), items_IF=items_IF, certainty="lower-bound")


def bound(model: Any, pair: TextBatch, hidden_MT: np.ndarray, weight_M: np.ndarray) -> float:
    """log q(T|x) and Σ_m weight_m Σ_{t hidden} log q(y_t | x, the tokens that are shown).

    Args:
        model: `Masked`.
        pair: one sentence of T tokens.
        hidden_MT: which tokens M choices hide.
        weight_M: of each choice, see `formulas.masks`.
    """
    encoded, device = model.encode(pair.source_BS), pair.target_BT.device
    length_log_prob = model.length_log_probs(encoded)[0, pair.target_BT.shape[1]]
    hidden, weight = torch.from_numpy(hidden_MT).to(device), torch.from_numpy(weight_M).to(device)
    target_MT = pair.target_BT.expand(len(hidden), -1)
    rows_M = torch.zeros(len(hidden), dtype=torch.long, device=device)
    log_q_MTV = model.token_log_probs_given(encoded.select(rows_M), target_MT.masked_fill(hidden, model.mask))
    log_q_MT = log_q_MTV.gather(2, target_MT[:, :, None])[:, :, 0].double()
    return (length_log_prob + weight @ log_q_MT.where(hidden, 0).sum(1)).item()
