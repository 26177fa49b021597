# ---
# jupyter:
#   kernelspec: {name: python3, display_name: Python 3, language: python}
# ---

# %% [markdown]
# # Sharpness and diversity
# Convex learning sharpens on purpose. For outputs of one length $T > k$ its optimum over all distributions is the
# **escort** of the data's distribution,
#
# $$q \propto p^{\beta}, \qquad \beta = \frac{T}{T - k}.$$
#
# That is $p$ at the temperature $1/\beta = 1 - k/T$, taken over whole sentences. So the natural rival is a model
# trained by MLE and sampled at a lower temperature, which costs no training at all. Here the temperature applies to
# each word, which is the same thing only where words are independent, as those of Vanilla-NAT are given the length.
#
# Asked is, therefore, not whether samples get better (colder samples do), but whether they get better *at equal
# diversity*: whether the points of the convex objectives lie above the curve of the temperatures. Diversity is told by
# the different outputs per source, and by self-BLEU, the BLEU of each sample with the others of its source as
# references: the lower, the more diverse, so that a point above the curve, or left of it, is better.

# %% tags=["parameters"]
study = "config/default.yaml"
results = "results/default"
name = "sharpness_and_diversity"

# %%
from pathlib import Path

from IPython.display import display

from beyond_mle.config import load_resolved
from beyond_mle.report import selections
from beyond_mle.report.figures import lines, scatter
from beyond_mle.report.frontier import frontier
from beyond_mle.report.page import Page

page = Page(name, load_resolved(study), Path(results))
scores = selections.trained(page.scores())
likeliest = ["greedy", "single-pass", "best-path"]
rows = frontier(scores, page.controls, "distinct-outputs", ["validity", "bleu"], likeliest)
figure = scatter.frontier(rows, page.palette, "Above the grey curve: better than colder samples of MLE")
page.show(figure, rows, "frontier", scatter.READING)

# %%
diversity = ["distinct-outputs", "self-bleu", "support-coverage"]
for metrics in (diversity, ["validity", "bleu", "distinct-1", "distinct-2"]):
    table = selections.uncut(page.table(metrics, selections.samplers(scores)))
    display(page.comparison(table, "metric", "Samples, at the temperature τ."))

# %% [markdown]
# ## Sharpness
# The model's own distribution, whatever the search. If sharpening works, entropy falls and the probability of the
# likeliest output, $q(y^*)$, rises. For a model close to $p$ held-out NLL then has to rise: nothing explains data from
# $p$ better than $p$ itself. What would speak against it is entropy that falls while $q(y^*)$ falls too: sharp, but in
# the wrong place.

# %%
sharpness = ["entropy", "q-mode", "nll"]
orders = selections.along(scores, "order", page.controls, at_control=0)
rows = page.seeds(orders, sharpness, "none")
figure = lines.lines(rows, "order", "model", page.palette, "Sharp in the right place? Entropy falls while q-mode rises")
page.show(figure, rows, "sharpness", lines.READING)

# %%
table = page.table([*sharpness, "kl", "total-variation"], ["none"])
page.comparison(selections.trained(table), "metric", "The model's probabilities; kl is KL[P‖Q].")
