# ---
# jupyter:
#   kernelspec: {name: python3, display_name: Python 3, language: python}
# ---

# %% [markdown]
# # What each objective converges to
# On a language small enough to enumerate, everything is known: $p$, the optimum of every objective over all
# distributions, and how close a trained model comes to it. MLE and the divergences have $p$. Convex learning minimises
# $-\mathbb{E}_{x \sim p}\left[ q(x)^{k/T} \right]$; for strings of one length $T > k$ its optimum is the **escort**
#
# $$q \propto p^{\beta}, \qquad \beta = \frac{T}{T - k},$$
#
# $p$ itself for $k \to 0$ and, for $k \ge T$, one string alone, the likeliest.

# %% tags=["parameters"]
study = "config/default.yaml"
results = "results/default"
name = "sharpening_theory"

# %%
from pathlib import Path

from beyond_mle.config import load_resolved
from beyond_mle.report import html_table, sharpening_curves
from beyond_mle.report.figures import finite_languages, scheduled_sampling
from beyond_mle.report.page import Page
from beyond_mle.tasks.strings import LanguageData

page = Page(name, load_resolved(study), Path(results))
fits = page.scores()
languages = {task: data.p for task, data in page.data(LanguageData).items()}
ranked = sharpening_curves.ranked(next(iter(languages.values())), [0, 1, 2, 3, 4])
entropies = sharpening_curves.entropies(languages, fits[fits.objective == "convex-exp"].order.max())
title = "The larger k, the sharper the optimum and the fitted models"
figure = finite_languages.sharpening(ranked, entropies, fits, title)
page.show(figure, ranked, "sharpening", "Above: optima on the first language. Below: entropy against k.")

# %% [markdown]
# The longer the strings, the less a given order sharpens. What tells the objectives apart in training is the weight
# that they give a sentence's gradient. The probability itself (`convex-pure`) leaves nothing for unlikely sentences,
# the power function grows without bound towards certainty; the exponential does neither.

# %%
powers = sorted(fits[fits.objective == "convex-power"].order.unique())
exponents = sharpening_curves.exponents([1, 2, 3], longest=30)
weights = sharpening_curves.gradient_weights([1, 3], powers, length=20)
title = "Long strings are sharpened less; unlikely ones weigh less"
figure = finite_languages.length_and_weight(exponents, weights, title)
page.show(figure, weights, "weights", "Above: sharpening by length. Below: weights, for sentences of 20 tokens.")

# %% [markdown]
# ## Trained models reach the closed forms
# A table of free logits and a small autoregressive network, trained on the exact expected loss. Lengths differ in
# one of the languages; there it matters whether the loss is averaged over sentences or over tokens.

# %%
distances = fits[fits.metric == "distance-from-optimum"]
limits, title = {"tabular": 1e-4, "string-network": 0.02}, "Left of its limit: a fitted model is at the closed form"
figure = finite_languages.agreement(distances, limits, page.palette, title)
page.show(figure, distances, "agreement", "A mark for each language, and for each average of the loss.")

# %% [markdown]
# ## Scheduled sampling converges to something else
# With probability $\varepsilon$ the model reads the true symbol, otherwise its own. What it learns then ignores part of
# what the true prefix says (Huszár 2015): for $\varepsilon < 1$ the optimum is not $P$. The algorithm as it is run
# ends at $\varepsilon P + (1-\varepsilon) P_1 P_2$ exactly; the minimiser of equation 6 also distorts the first symbol.

# %%
rows = page.identities("scheduled-sampling")
figure = scheduled_sampling.optima(rows, "Below ε = 1 no solution but Q = P keeps all of the dependence")
page.show(figure, rows, "scheduled_sampling", "Closed-form solutions of scheduled sampling.")

# %% [markdown]
# ## The paper's equations, checked
# The largest distance between the two sides of each equation, as printed and as corrected, over random distributions.
# Statements about $\pi \to 0$ are measured at a small $\pi$, where a right one is off by that order.

# %%
html_table.plain(page.errata(), "M = πP + (1−π)Q in equations 11–18.")
