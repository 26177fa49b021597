# ---
# jupyter:
#   kernelspec: {name: python3, display_name: Python 3, language: python}
# ---

# %% [markdown]
# # Summarization (Table 2)
# A summary can be written in even more ways than a translation. The paper trains its Transformer to summarize
# news, first by MLE and then with the convex loss
#
# $$\mathcal{L} = -\mathbb{E}_{y \sim p_{\mathrm{data}}} \left[ e^{\,k \log p_\theta(y \mid x) / T} \right],$$
#
# where $T$ is the length of $y$, and gains less than one point of ROUGE. ROUGE counts what a summary shares
# with the reference: words (1), pairs of words (2), the longest common subsequence (L). The **control**,
# `mle-continued`, is MLE continued from the same weights for as many steps; the paper does not report one.

# %% tags=["parameters"]
study = "config/default.yaml"
results = "results/default"
name = "table2_summarization"

# %%
from pathlib import Path

import pandas as pd

from beyond_mle.config import load_resolved
from beyond_mle.report import gain_parts, html_table
from beyond_mle.report.figures import bars
from beyond_mle.report.page import Page

page = Page(name, load_resolved(study), Path(results))
rouge = ["rouge1", "rouge2", "rougel"]
paper = page.paper(rouge, ["cnndm", "xsum"])
html_table.printed(paper, "metric", "The paper's Table 2 (Shao et al. 2023): CNN/DM and XSum, one run each.")

# %%
page.examples(["beam5"])

# %% [markdown]
# ## Our numbers
# The search behind the paper's numbers and its order $k$ are not known to us; we print them beside our beam
# search. Nor is known whether its ROUGE-L takes a summary as one sequence, as ours does, or sentence by
# sentence, which gives higher numbers.

# %%
rows = page.beside_paper(page.seeds(page.scores(), rouge, "beam5"))
title = "Does the convex loss do better than MLE trained on for as long?"
figure = bars.bars(rows, page.palette, title, "model")
page.show(figure, rows, "rouge", f"ROUGE with beam search. {bars.READING}", "Shao et al. 2023, Table 2")

# %%
parts = pd.concat([page.gain_parts(metric) for metric in rouge]).query("decoder == 'beam5'")
html_table.plain(gain_parts.shares(parts), gain_parts.READING)

# %%
table = page.table(rouge, ["greedy", "beam5", "exact", "sample"])
page.comparison(table, "metric", "ROUGE by rouge-score: F1, the best of several references.")

# %% [markdown]
# ## What no reference blurs
# Where $p(y \mid x)$ is known: can the summary occur at all, is it the likeliest, how likely is it?

# %%
table = page.table(["validity", "mode-hit", "log-p"])
page.comparison(table, "metric", "Judged by p itself.")

# %%
table = page.table(["entropy", "nll", "kl", "log-q-mode"], ["none"])
page.comparison(table, "metric", "The model's probabilities; kl is KL[P‖Q].")
