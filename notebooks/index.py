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
from beyond_mle.report import html_table, scorecard_table
from beyond_mle.report.page import Page

page = Page(name, load_resolved(study), Path(results))
html_table.links(page.others())

# %% [markdown]
# ## Scorecard
# A claim is **replicated** if the whole 95 % interval of the measured quantity lies where the claim expects
# it, **contradicted** if none of it does, and **inconclusive** otherwise. Our gains are over the control.
# Those of Shao et al. are over their first stage, and so include what mere longer training brings.
#
# Exact results, where p is known, decide without an interval; of an equation is measured how far its sides lie
# apart, at most. What a paper gets wrong is listed *as printed* and beside it *corrected*.

# %%
scorecard_table.scorecard(page.study, page.scorecard())

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
