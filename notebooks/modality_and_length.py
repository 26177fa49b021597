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
# sharpens. If that decides the gain, it shrinks with length. If what hurts long outputs is that their words do not
# agree with each other, it grows.
#
# Gains are those over MLE, continued from the same weights for as many steps, and paired by seed.

# %% tags=["parameters"]
config = "results/default/study.yaml"
results = "results/default"

# %%
from pathlib import Path

from beyond_mle.config import load_resolved
from beyond_mle.report import effects, gains, html_table, knob_figures, knobs
from beyond_mle.report.page import Page

page = Page("modality_and_length", load_resolved(config), Path(results))
scores = gains.searched(page.scores(), page.runs)
metrics = ["bleu", "validity", "repetition"]
gained = effects.over_seeds(gains.gains(scores, page.runs, metrics), metrics)
levels = effects.over_seeds(scores, metrics)

# %% [markdown]
# ## Modality: how many styles
# Each style words every sentence differently. Odds are equal, or fall with the rank of the style.

# %%
styles = knobs.task_sweep(page.study, page.tasks, ["styles", "zipf"])
rows = gains.odds(knobs.join(gained, styles))
figure = knob_figures.lines(rows, "styles", "odds", differences=True)
page.show(figure, rows, "gain_by_styles", "Gains of convex learning by the number of styles: mean and sd over seeds.")

# %% [markdown]
# The same without the difference, where odds are equal: does the control fall, or does convex learning rise?

# %%
rows = knob_figures.system(knobs.join(levels, styles).query("zipf == 0"))
figure = knob_figures.lines(rows, "styles", "system")
page.show(figure, rows, "level_by_styles", "Each objective by the number of styles of equal odds: means and sd.")

# %%
table = page.table(metrics, scores.decoder.unique())
html_table.comparison(page.study, table[table.task.isin(styles.task)], "metric", "BLEU by sacreBLEU.")

# %% [markdown]
# ## Length: how many clauses
# $T$ is the mean over the test set, counted as the loss counts it. `repetition` is the share of outputs in which a
# word follows itself, the typical fault of words predicted without knowing each other: there less is better.

# %%
clauses = knobs.task_sweep(page.study, page.tasks, ["main_clauses"])
lengths = gains.lengths(page.study, scores)
rows = knob_figures.system(knobs.join(gained, clauses).merge(lengths))
figure = knob_figures.lines(rows, "length", "system", differences=True)
page.show(figure, rows, "gain_by_length", "Gains of convex learning by length: mean and sd over seeds.")

# %%
rows = knob_figures.system(gains.exponents(knobs.join(gained, clauses).merge(lengths)))
figure = knob_figures.lines(rows, "length", "system")
page.show(figure, rows, "exponents", "How far the optimum is sharpened, by length: closed form.")

# %%
table = page.table(metrics, scores.decoder.unique())
html_table.comparison(page.study, table[table.task.isin(clauses.task)], "metric", "BLEU by sacreBLEU.")
