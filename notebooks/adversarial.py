# ---
# jupyter:
#   kernelspec: {name: python3, display_name: Python 3, language: python}
# ---

# %% [markdown]
# # Adversarial training with a label prior
# $\mathrm{JS}_\pi$ can be minimised from samples alone. A discriminator that sees as many samples of $p$ as of $q$ has
# the optimal logit $s = \log p/q$, and
#
# $$\nabla\, \mathrm{JS}_\pi[P \| Q] = -(1 - \pi)\, \nabla\, \mathbb{E}_q\big[\log(1 - \pi + \pi e^{s})\big]
# \quad \text{with } s \text{ held fixed,}$$
#
# so one balanced discriminator serves every $\pi$, the prior probability of the label "real". Note that $\pi > 1/2$
# shows it more real samples and seeks modes; the text of Huszár (2015) has it the other way round.
#
# Here it is learned. `isotropic-gaussian` cannot match the mixture; beside it stand the exact minima of
# $\mathrm{JS}_\pi$, the global one and the one that exact descent reaches from the same start. `plane-generator` is a
# network that nearly can match it, and has no density: its divergences are kernel estimates.

# %% tags=["parameters"]
config = "results/default/study.yaml"
results = "results/default"

# %%
from pathlib import Path

from IPython.display import display

from beyond_mle.config import load_resolved
from beyond_mle.report import adversarial_figures, html_table
from beyond_mle.report.page import Page

page = Page("adversarial", load_resolved(config), Path(results))
figures, points = page.csv("tables/adversarial.csv"), page.csv("adversarial/samples.csv")
for seed, rows in figures.groupby("mixture_seed"):
    caption = f"Mixture {seed}: covering against seeking. A line for the mean, a mark for each seed."
    display(page.show(adversarial_figures.knob(rows), rows, f"knob_{seed}", caption))

# %% [markdown]
# A low $\mathrm{KL}[Q \| P]$ or a high quality alone says little: a model on a single mode has both. They belong beside
# coverage and $\mathrm{KL}[P \| Q]$. Where $\mathrm{JS}_\pi$ has several minima, training ends in the one below its
# start, not in the lowest. Where the model can match $p$, all $\pi$ have the same optimum, and the knob does little.

# %%
for seed, rows in points.groupby("mixture_seed"):
    caption = f"Mixture {seed}: samples of q (colour) over samples of p (grey), of the first seed."
    display(page.show(adversarial_figures.samples(rows), rows, f"samples_{seed}", caption))

# %% [markdown]
# ## All numbers
# The row `p` measures samples of $p$ itself: what remains there is the error of the kernel estimate. That estimate has
# a floor, so that where $q$ misses a component only the order of $\mathrm{KL}[P \| Q]$ means something.

# %%
columns = ["mixture_seed", "model", "pi"]
means = figures.pivot_table(index=columns, columns="metric", values="value", dropna=False).dropna(how="all")
html_table.plain(means.reset_index(), "Means over seeds, of the runs that did not diverge. Nats, except coverage.")

# %% [markdown]
# Runs that diverged: their samples are not finite.

# %%
lost = figures[figures.value.isna()][[*columns, "seed"]].drop_duplicates()
html_table.plain(lost, "Diverged.") if len(lost) else "None."
