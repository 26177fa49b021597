"""What a hidden variable is used for, and what the bound on the likelihood costs. B: items, K: coordinates of z."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from pydantic import Field
from torch import Tensor

from beyond_mle.capabilities import Latent, Marginal, References, Whole, implements
from beyond_mle.formulas.gaussian_latent import DiagonalGaussian
from beyond_mle.options import Options as BaseOptions
from beyond_mle.registry import YARDSTICKS
from beyond_mle.text.batches import in_order
from beyond_mle.types import Batch, Certainty
from beyond_mle.yardsticks.yardstick import Metric, Score, Subject, Yardstick

ACTIVE = 0.01
"""The variance over items of the mean of q(z|x) above which a coordinate of z is in use (Burda et al. 2016)."""


@YARDSTICKS.register("latent")
class LatentUse(Yardstick):
    """The bounds beside the likelihood, and what z says of x; means over p, or over the references of text.

    `nll`: by the bound (of text see `held-out`); `nll-importance`: by the importance-weighted bound of many draws.
    Where z can be integrated over, `nll-exact`; `posterior-kl`, the mean of KL(q(z|x) ‖ posterior), by which the bound
    falls short; `quadrature-error`, how much half as many nodes would change `nll-exact`. `latent-kl`: the mean of
    KL(q(z|x) ‖ prior); `mutual-information`: between z and x under q(z|x), at most the logarithm of the number of
    items; `active-units`: coordinates of z whose mean differs from item to item. The last three are 0 where the decoder
    has come to ignore z.
    """

    class Options(BaseOptions):
        """How much is computed."""

        draws: int = Field(default=64, gt=0)
        """Of z for each item, in the importance-weighted bound."""
        items: int = Field(default=1000, gt=1)
        """At most so many, drawn from p, that the mutual information is estimated from."""
        passes: int = Field(default=8, gt=0)
        """Draws of z for each of these."""

    options: Options
    needs = (Latent, Whole | References)
    concerns = (Latent,)
    metrics = (
        Metric("nll", "nats", "lower", matters_share=0.01),
        Metric("nll-importance", "nats", "lower", matters_share=0.01),
        Metric("nll-exact", "nats", "lower", matters_share=0.01),
        Metric("posterior-kl", "nats", "lower"),
        Metric("quadrature-error", "nats", "lower", 6),
        Metric("latent-kl", "nats"),
        Metric("mutual-information", "nats"),
        Metric("active-units", "", None, 0),
    )

    @torch.no_grad()
    def measure(self, subject: Subject) -> Iterator[Score]:
        """One pass over p, or over the split; draws follow the subject's seed."""
        o, generator = self.options, torch.Generator().manual_seed(subject.seed)
        seen = _see(subject, o.draws, generator)
        if implements(type(subject.data), Whole):
            yield seen.mean("nll", -seen.bound_B, "lower-bound")
            yield from _exact(subject, seen)
        yield seen.mean("nll-importance", -seen.importance_B, "lower-bound")
        yield seen.mean("latent-kl", seen.posterior.kl_BK.sum(1))
        information = mutual_information(seen.posterior, seen.weight_B, o.items, o.passes, generator)
        yield Score("mutual-information", information)
        yield Score("active-units", float(active_units(seen.posterior.mean_BK, seen.weight_B)))


@dataclass(frozen=True)
class _Seen:
    """Of each item its share of p, the two bounds on log q, and q(z|x)."""

    weight_B: Tensor
    bound_B: Tensor
    importance_B: Tensor
    posterior: DiagonalGaussian

    def mean(self, metric: str, value_B: Tensor, certainty: Certainty = "exact") -> Score:
        """The mean over p; of items that count equally also what it is made of."""
        equal = bool((self.weight_B == self.weight_B[0]).all())
        mean = (self.weight_B @ value_B).item()
        return Score(metric, mean, items_IF=value_B.numpy() if equal else None, certainty=certainty)


def _see(subject: Subject, draws: int, generator: torch.Generator) -> _Seen:
    """All items, in their order."""
    rows, weights, found = [], [], []
    for row_B, batch, weight_B in _items(subject):
        inferred = subject.model.infer(batch)
        importance_B = subject.model.importance_weighted_log_prob(batch, draws, generator).total_B
        q = inferred.posterior
        found.append([t.double().cpu() for t in (inferred.bound().total_B, importance_B, q.mean_BK, q.log_sd_BK)])
        rows.append(row_B)
        weights.append(weight_B)
    order_B = torch.cat(rows).argsort()
    bound_B, importance_B, *posterior = (torch.cat(parts)[order_B] for parts in zip(*found, strict=True))
    return _Seen(torch.cat(weights)[order_B], bound_B, importance_B, DiagonalGaussian(*posterior))


def _items(subject: Subject) -> Iterator[tuple[Tensor, Batch, Tensor]]:
    """All of p, or the split in batches: numbers of the items, the items, their shares."""
    if implements(type(subject.data), Whole):
        batch = subject.data.whole()
        yield torch.arange(len(batch)), batch, batch.density.weight_B / batch.density.weight_B.sum()
        return
    pairs = subject.data.pairs(subject.split)
    pairs = pairs if subject.limit is None else pairs.first(subject.limit)
    share_B = torch.full((len(pairs),), 1 / len(pairs), dtype=torch.float64)
    for rows in in_order(pairs.lengths, subject.evaluation.batch_tokens):
        yield torch.from_numpy(rows), pairs.batch(rows).to(subject.model.device), share_B[rows]


def _exact(subject: Subject, seen: _Seen) -> Iterator[Score]:
    """What takes the integral over z, where that is known."""
    model, batch = subject.model, subject.data.whole()
    if not implements(type(model), Marginal) or (exact := model.marginal_log_prob(batch)).certainty != "exact":
        return
    coarse_B = model.marginal_log_prob(batch, fewer=2).total_B
    yield seen.mean("nll-exact", -exact.total_B)
    yield seen.mean("posterior-kl", exact.total_B - seen.bound_B)
    yield seen.mean("quadrature-error", (coarse_B - exact.total_B).abs())


def mutual_information(
    posterior: DiagonalGaussian, weight_B: Tensor, items: int, draws: int, generator: torch.Generator
) -> float:
    """I(z; x) = E[log q(z|x) − log q(z)] in nats, q(z) the mean of q(z|x) over the items.

    Args:
        posterior: q(z|x) of each item.
        weight_B: the share of each item.
        items: at most so many count; of more, so many are drawn.
        draws: of z for each of these.
        generator: of what is drawn.
    """
    if len(weight_B) > items:
        chosen_B = torch.multinomial(weight_B, items, replacement=True, generator=generator)
        posterior = DiagonalGaussian(posterior.mean_BK[chosen_B], posterior.log_sd_BK[chosen_B])
        weight_B = torch.full((items,), 1 / items, dtype=torch.float64)
    total = torch.zeros((), dtype=torch.float64)
    for _ in range(draws):
        noise_BK = torch.randn(posterior.mean_BK.shape, generator=generator, dtype=torch.float64)
        latent_B1K = posterior.draw(noise_BK)[:, None]
        log_q_BB = posterior.log_density(latent_B1K)  # of each draw, under q(z|x) of each item
        total += weight_B @ (log_q_BB.diagonal() - (log_q_BB + weight_B.log()).logsumexp(1))
    return (total / draws).item()


def active_units(mean_BK: Tensor, weight_B: Tensor) -> int:
    """Coordinates of z whose mean given x varies over the items by more than `ACTIVE`."""
    variance_K = weight_B @ (mean_BK - weight_B @ mean_BK).square()
    return int((variance_K > ACTIVE).sum())
