"""How far a diffusion model is from the best denoiser of a known mixture."""

from collections.abc import Iterator

import numpy as np
import torch
from pydantic import Field

from beyond_mle.capabilities import Denoiser, KnownMixture
from beyond_mle.formulas.diffusion import optimal_noise
from beyond_mle.options import Options as BaseOptions
from beyond_mle.registry import YARDSTICKS
from beyond_mle.types import VectorSpec
from beyond_mle.yardsticks.yardstick import Metric, Score, Subject, Yardstick

THIRDS = ("noise-error-early", "noise-error-middle", "noise-error-late")


@YARDSTICKS.register("noise-error")
class NoiseError(Yardstick):
    """E‖ε_θ(x_t, t) − ε*(x_t, t)‖² per coordinate, where ε* is the optimum, known of a mixture of Gaussians.

    `noise-error`: the mean over all steps; it is what the mean squared error of the noise has above the least one.
    `noise-error-early`, `-middle`, `-late`: over the thirds of the steps t, from little noise to much.
    """

    class Options(BaseOptions):
        """How many points."""

        samples: int = Field(default=2000, gt=0)
        """Samples of p, each noised to every step."""

    options: Options
    accepts = VectorSpec
    needs = (KnownMixture, Denoiser)
    concerns = (Denoiser,)
    metrics = (
        Metric("noise-error", "", "lower", 4),
        *(Metric(name, "", "lower", 4) for name in THIRDS),
    )

    @torch.no_grad()
    def measure(self, subject: Subject) -> Iterator[Score]:
        """On points and noise drawn with the subject's seed."""
        p, schedule = subject.data.mixture, subject.model.schedule
        rng = np.random.default_rng(subject.seed)
        point_BD = torch.from_numpy(p.sample(self.options.samples, rng))
        components, weight_K = p.distribution.component_distribution, torch.from_numpy(p.weight_K)
        error_T = np.empty(schedule.steps)
        for step in range(1, schedule.steps + 1):
            noise_BD = torch.from_numpy(rng.standard_normal(point_BD.shape))
            noised_BD = schedule.noised(point_BD, noise_BD, step)
            best_BD = optimal_noise(noised_BD, schedule.alpha_bar_T[step], components, weight_K)
            predicted_BD = subject.model.predict_noise(noised_BD, torch.full((len(point_BD),), step))
            error_T[step - 1] = (predicted_BD - best_BD).square().mean()
        yield Score("noise-error", float(error_T.mean()))
        for name, part in zip(THIRDS, np.array_split(error_T, 3), strict=True):
            yield Score(name, float(part.mean()))
