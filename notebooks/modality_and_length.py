# ---
# jupyter:
#   kernelspec: {name: python3, display_name: Python 3, language: python}
# ---

# %% [markdown]
# # How many ways to say it, and how long
# Two predictions follow from the paper's explanation of its gains. Both are tested on worlds that differ in one thing.
#
# **Modality.** If convex learning helps by making a model commit to one way of saying things, it should help the more,
# the more ways there are, and not at all where there is only one. The paper's Assumption 2 wants the probabilities
# of the data to be distinct. Where styles have *equal* odds it fails: the sharpened optimum has no single mode. If
# the gain needs the assumption, it vanishes there; if a model commits to an arbitrary mode, the gain stays.
#
# **Length.** The optimum $q \propto p^{\beta}$ has $\beta = T/(T - k)$: the longer the sentence, the less an order $k$
# sharpens. If that decides the gain, it shrinks with length; if long outputs suffer from words that disagree, it grows.
#
# Gains are those over MLE, continued from the same weights for as many steps, and paired by seed.

# %% tags=["parameters"]
study = "config/default.yaml"
results = "results/default"
name = "modality_and_length"

# %%
from pathlib import Path

from beyond_mle.config import load_resolved
from beyond_mle.report import gains, selections
from beyond_mle.report.figures import lines
from beyond_mle.report.page import Page

page = Page(name, load_resolved(study), Path(results))
scores = selections.searched(selections.trained(page.scores()), page.jobs)
styles, clauses = selections.swept(scores, "styles"), selections.swept(scores, "main_clauses")
metrics, shown = ["bleu", "validity", "repetition"], ["bleu", "validity"]

# %%
page.worlds()

# %% [markdown]
# ## Modality: how many styles
# Each style words every sentence differently. Odds are equal, or fall with the rank of the style.

# %%
rows = gains.with_odds(page.gains(styles, shown), page.jobs)
figure = lines.lines(rows, "styles", "odds", page.palette, "Does the gain grow with the styles?", differences=True)
page.show(figure, rows, "gain_by_styles", f"Gains over the control, by the number of styles. {lines.READING}")

# %% [markdown]
# The same without the difference, where odds are equal: does the control fall, or does convex learning rise?

# %%
rows = gains.with_odds(page.seeds(styles, shown), page.jobs).query("odds == 'equal odds'")
figure = lines.lines(rows, "styles", "label", page.palette, "Does the control fall, or does convex learning rise?")
page.show(figure, rows, "level_by_styles", f"Vanilla-NAT, equal odds. {lines.READING}")

# %%
table = page.table(metrics, scores.decoder.unique())
page.comparison(table[table.task.isin(styles.task)], "metric", "BLEU by sacreBLEU.")

# %% [markdown]
# ## Length: how many clauses
# $T$ is the mean over the test set, counted as the loss counts it. `repetition` is the share of outputs in which a
# word follows itself, the typical fault of words predicted without knowing each other: there less is better.

# %%
rows = gains.with_length(page.gains(clauses, shown), scores, page.jobs)
title = "Does the gain shrink with length, as the exponent does?"
figure = lines.lines(rows, "length", "system_label", page.palette, title, differences=True)
page.show(figure, rows, "gain_by_length", f"Gains over the control, by T. {lines.READING}")

# %%
table = page.table(metrics, scores.decoder.unique())
page.comparison(table[table.task.isin(clauses.task)], "metric", "BLEU by sacreBLEU.")
