"""The variational identity and EM, checked on random numbers and on a small language: rows of the long table.

EM fits the latent-class model q(x, y) = Σ_z q(z) q(x|z) q(y|z) to a distribution of pairs. Z: classes.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from beyond_mle.formulas import variational

STATES, CLASSES, STEPS = 10, 2, 100
"""Hidden values of the identity; those of the latent-class model, and how often EM improves it."""


def rows(p_XY: Tensor, seed: int, draws: int) -> Iterator[dict[str, object]]:
    """The largest errors of the identity over random sums, and the least rise of EM over its steps and starts.

    Args:
        p_XY: the distribution of the pairs.
        seed: of what is drawn.
        draws: random sums, and starts of EM.

    Yields:
        task, model, objective, metric, value, in nats. `bound-error`: |log Σ g − bound − KL(q ‖ g/Σg)|, of the
        `posterior` q = g/Σg and of a `random` q; `least-gap`: the least log Σ g − bound; `least-rise`: the least change
        of E[log q] in a step of EM, of the `latent-class` model.
    """
    generator = torch.Generator().manual_seed(seed)
    log_g_BK, logit_BK = (3 * torch.randn(draws, STATES, generator=generator, dtype=torch.float64) for _ in range(2))
    for model, q_BK in (("posterior", variational.posterior(log_g_BK)), ("random", logit_BK.softmax(-1))):
        gap_B = log_g_BK.logsumexp(-1) - variational.bound(log_g_BK, q_BK)
        error_B = gap_B - variational.shortfall(log_g_BK, q_BK)
        for metric, value in (("bound-error", error_B.abs().max()), ("least-gap", gap_B.min())):
            yield _row("random-sums", model, "bound", metric, value.item())
    rises = [_climb(p_XY, generator).diff().min().item() for _ in range(draws)]
    yield _row("strings-pairs", "latent-class", "em", "least-rise", min(rises))


def _climb(p_XY: Tensor, generator: torch.Generator) -> Tensor:
    """E_p[log q] before each step of EM and after the last, from a random start."""
    logit_XYZ = torch.randn(*p_XY.shape, CLASSES, generator=generator, dtype=torch.float64)
    joint_XYZ = p_XY[..., None] * logit_XYZ.softmax(-1)
    found = []
    for _ in range(STEPS + 1):
        q_Z = joint_XYZ.sum((0, 1))
        log_q_XYZ = (joint_XYZ.sum(1)[:, None] * joint_XYZ.sum(0)[None]).log() - q_Z.log()  # the M step
        found.append((p_XY * log_q_XYZ.logsumexp(-1)).sum())
        joint_XYZ = p_XY[..., None] * variational.posterior(log_q_XYZ)  # the E step
    return torch.stack(found)


def _row(task: str, model: str, objective: str, metric: str, value: float) -> dict[str, object]:
    named = {"task": task, "model": model, "objective": objective, "metric": metric}
    return {**named, "value": round(value, 12) + 0.0}
