# ---
# jupyter:
#   kernelspec: {name: python3, display_name: Python 3, language: python}
# ---

# %% [markdown]
# # Which objective should train a generative model?
#
# This report replicates *Beyond MLE: Convex Learning for Text Generation* (Shao et al. 2023) and *How (not) to
# train your generative model* (Huszár 2015). Every number stands beside the paper's and beside that of a
# control trained for as long; every claim gets a verdict.

# %% tags=["parameters"]
study = "config/default.yaml"
results = "results/default"
name = "index"

# %%
from pathlib import Path

from beyond_mle.config import load_resolved
from beyond_mle.report import forest, html_table
from beyond_mle.report.page import Page

page = Page(name, load_resolved(study), Path(results))
html_table.links(page.others())

# %% [markdown]
# ## The claims of the sources
# A dot is what was measured, the bar its 95 % interval: would it come out again with new training seeds and a new
# test set? The long tick is the paper's number. **Replicated** is a claim whose interval lies where the claim
# expects it, at a false discovery rate of 5 % within the family; **no effect**, one whose interval holds only
# differences too small to matter; **contradicted**, one whose interval lies on the other side. Our gains are over
# the control. Those of Shao et al. are over their first stage, and so include what mere longer training brings.

# %%
card = page.scorecard()
forest.forest(card, "source", page.shown_on)

# %% [markdown]
# ## Our own questions

# %%
forest.forest(card, "ours", page.shown_on)

# %% [markdown]
# ## Mathematics
# Theorems, identities and closed forms hold or fail to a stated tolerance, as they are printed.

# %%
forest.forest(card, "mathematics", page.shown_on)

# %% [markdown]
# ## What was run
# Each row is one training per seed. A second stage starts from the weights of the objective that it names.

# %%
html_table.plain(page.trainings(), "Steps are optimiser steps, the same for all runs of a stage.")

# %%
html_table.plain(page.objectives(), "The objectives maximise the mean of f(g), where g = log p / T.")

# %% [markdown]
# What could not be measured of some runs, and why.

# %%
html_table.plain(page.skipped(), "Yardsticks that lack something, by model.", empty="Everything was measured.")

# %% [markdown]
# ## The data

# %%
html_table.plain(page.cleaning(), "Sentence pairs read, kept and dropped.")
