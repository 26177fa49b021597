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
from beyond_mle.report.figures import finite_languages
from beyond_mle.report.page import Page
from beyond_mle.tasks.strings import LanguageData

page = Page(name, load_resolved(study), Path(results))
fits = page.scores()
languages = {task: data.p for task, data in page.data(LanguageData).items()}
orders = fits[fits.objective == "convex-exp"].order
ranked = sharpening_curves.ranked(next(iter(languages.values())), [0, 1, 2, 3, 4])
entropies = sharpening_curves.entropies(languages, orders.max())
figure = finite_languages.sharpening(ranked, entropies, fits)
page.show(figure, ranked, "sharpening", "Left: optima on the first language. Right: entropy falls as k grows.")

# %% [markdown]
# The longer the strings, the less a given order sharpens. What tells the objectives apart in training is the weight
# that they give a sentence's gradient. The probability itself (`convex-pure`) leaves nothing for unlikely sentences,
# the power function grows without bound towards certainty; the exponential does neither.

# %%
powers = sorted(fits[fits.objective == "convex-power"].order.unique())
exponents = sharpening_curves.exponents([1, 2, 3], longest=30)
weights = sharpening_curves.gradient_weights([1, 3], powers, length=20)
figure = finite_languages.length_and_weight(exponents, weights)
page.show(figure, weights, "weights", "Left: sharpening by length. Right: weights, for sentences of 20 tokens.")

# %% [markdown]
# ## Trained models reach the closed forms
# A table of free logits and a small autoregressive network, trained on the exact expected loss. Lengths differ in
# one of the languages; there it matters whether the loss is averaged over sentences or over tokens.

# %%
distances = fits[fits.metric == "distance-from-optimum"]
figure = finite_languages.agreement(distances, {"tabular": 1e-4, "string-network": 0.02})
page.show(figure, distances, "agreement", "How far each fitted model is from the closed-form optimum.")

# %% [markdown]
# ## Scheduled sampling converges to something else
# With probability $\varepsilon$ the model reads the true symbol, otherwise its own. What it learns then ignores part
# of what the true prefix says (Huszár 2015): for $\varepsilon < 1$ the optimum is not $P$. The algorithm as it is
# run, without a gradient through the sampled symbol, ends at $\varepsilon P + (1-\varepsilon) P_1 P_2$ exactly; the
# minimiser of the paper's equation 6 also distorts the first symbol.

# %%
sampling = page.identities()
figure = finite_languages.scheduled_sampling(sampling)
page.show(figure, sampling, "scheduled_sampling", "Closed-form solutions of scheduled sampling.")

# %% [markdown]
# ## The paper's equations, checked
# Each equation of Huszár (2015) as printed and as corrected: the largest distance between its two sides over random
# distributions. Statements about $\pi \to 0$ are measured at a small $\pi$, where a right one is off by that order.

# %%
html_table.plain(page.errata(), "M = πP + (1−π)Q in equations 11–18.")
