# ---
# jupyter:
#   kernelspec: {name: python3, display_name: Python 3, language: python}
# ---

# %% [markdown]
# # Jensen-Shannon divergences between covering and seeking (Figure 1)
# Fit one round Gaussian $q = \mathcal{N}(b, \sigma^2 I)$ to a mixture $p$ that it cannot match, and what matters is
# which error the objective punishes. $\mathrm{KL}[P \| Q]$, maximum likelihood, covers everything;
# $\mathrm{KL}[Q \| P]$ seeks a mode. Huszár (2015) puts in between
#
# $$\mathrm{JS}_\pi = \pi\, \mathrm{KL}[P \| M] + (1 - \pi)\, \mathrm{KL}[Q \| M], \qquad M = \pi P + (1 - \pi) Q .$$
#
# All fits here are exact: quadrature, BFGS from many starts. Seed 22 is the default of the software behind the figure.

# %% tags=["parameters"]
study = "config/default.yaml"
results = "results/default"
name = "gaussian_illustration"

# %%
from pathlib import Path

from beyond_mle.config import load_resolved
from beyond_mle.report import html_table, plane_pictures, plane_samples
from beyond_mle.report.figures import mixture_sample, plane_fits
from beyond_mle.report.page import Page
from beyond_mle.tasks.plane import PlaneData
from beyond_mle.tasks.plane_mixtures import MixturesData

page = Page(name, load_resolved(study), Path(results))
minima, mixtures = plane_pictures.fits(page.scores()), plane_pictures.mixtures(page.data(PlaneData))
of_figure = minima[(minima.objective == "js") & minima.is_global & minima.pi.isin([0.1, 0.5, 0.99])]
title = "Wide rings cover all of p, narrow rings seek one mode"
figure = plane_fits.fits(plane_pictures.histogram(mixtures), of_figure, title)
caption = "A: samples of p, contours of p. B to D: contours of the exact fit for each π. Both axes from −5 to 7."
page.show(figure, of_figure, "figure1", caption, "Huszár 2015, Figure 1")

# %% [markdown]
# Four mixtures are examples. Of a random sample, how many are like maximum likelihood, $\sigma$ nearer to its own?

# %%
sample = plane_samples.positions([page.jobs[run.key] for run in page.runs], page.outputs, page.data(MixturesData))
title = "How many of 200 random mixtures are fitted as widely as by maximum likelihood?"
figure = mixture_sample.positions(sample, plane_samples.shares(sample), list(mixtures), page.palette, title)
page.show(figure, sample, "sample", "Every mixture by where σ lies; marked, the four chosen ones. [95 % intervals.]")

# %% [markdown]
# The limits: the global minima of $\mathrm{KL}[P \| Q]$ (`mle`) and $\mathrm{KL}[Q \| P]$, and local ones of that.

# %%
limits = minima[minima.objective.isin(["mle", "reverse-kl"])]
columns = ["mixture_seed", "objective", "mean_x", "mean_y", "sigma", "value", "branch"]
html_table.plain(limits[columns], "Values in nats; for mle it is KL[P‖Q]. Branch 0 is the global minimum.")

# %% [markdown]
# ## Two ways from covering to seeking
# Left, $\pi$: from the one limit to the other. Where there are two minima, the better one changes abruptly: on seed 22
# between $\pi = 0.03$ and $0.035$, and the minimum that covers is gone at $0.06$. Right, the order $k$ of the convex
# loss $-\mathbb{E}_p[q^k]$: it starts at the same limit and comes to seek too, on seed 22 in a steep slide without a
# jump. But it does not stop at $\mathrm{KL}[Q \| P]$: as $k \to 1$ the fit shrinks to a point.

# %%
title = "From covering (upper dashes) to seeking (lower): does σ jump?"
page.show(plane_fits.paths(minima, page.palette, title), minima, "paths", "Every local minimum.")

# %%
surface = plane_pictures.surface(minima, mixtures, seed=22)
caption = "JS_π/(π(1−π)) on seed 22, on the line through the means of the two limits; dots: other local minima."
figure = plane_fits.surfaces(surface, "Is the lowest point (star) in the wide valley or the narrow one?")
page.show(figure, surface, "surfaces", caption)

# %% [markdown]
# ## Check
# The divergences of Figure 1's fits once more, from samples of $p$ and $q$.

# %%
estimates = plane_pictures.monte_carlo(of_figure, mixtures)
html_table.plain(estimates, "JS_π in nats, by quadrature and by Monte Carlo.")
