# ---
# jupyter:
#   kernelspec: {name: python3, display_name: Python 3, language: python}
# ---

# %% [markdown]
# # Scheduled sampling
# In training, an autoregressive model reads the true words before the one it predicts; in use, its own. Scheduled
# sampling (Bengio et al. 2015) closes that gap: each word that the model reads is the true one with probability
# $\varepsilon_i$, and drawn from the model otherwise. $\varepsilon_i$ falls with the optimiser's step $i$, here over
# $u = i/s$ for a scale of $s$ steps:
#
# $$\text{linear: } \max(\varepsilon_{\min},\, k - c\,u), \qquad \text{exponential: } k^{u}, \qquad
# \text{inverse sigmoid: } \frac{k}{k + e^{u/k}} .$$
#
# Huszár (2015) objects that the model still has to predict the *true* next word, whatever it read before. So it
# learns to trust its own words less, and at $\varepsilon = 0$ to ignore them: for two symbols the algorithm comes to
# rest at $\varepsilon P + (1 - \varepsilon) P_1 P_2$, which has lost part of the dependence between them
# ([closed form](sharpening_theory.html)). The **control** is MLE, as many steps from scratch.

# %% tags=["parameters"]
study = "config/default.yaml"
results = "results/default"
name = "scheduled_sampling"

# %%
from pathlib import Path

import pandas as pd
from IPython.display import display

from beyond_mle.config import load_resolved
from beyond_mle.report import schedules, selections
from beyond_mle.report.figures import marks, training
from beyond_mle.report.page import Page

page = Page(name, load_resolved(study), Path(results))
epsilon = pd.concat([schedules.schedules(page.jobs[run.key] for run in page.runs), page.logs(["epsilon"])])
title = "How fast the true words are taken away: lines from the formula, dots as logged"
page.show(training.schedules(epsilon, page.palette, title), epsilon, "epsilon", "Dots are means since the last dot.")

# %%
page.examples()

# %% [markdown]
# ## Does it help?
# If reading its own words in training helps the model in use, greedy outputs gain. If it only unlearns what the words
# before say, they lose: first of all validity, since a valid sentence needs words that agree with each other.

# %%
scores = selections.trained(page.scores())
quality = ["bleu", "validity", "mode-hit"]
found = selections.searched(scores, page.jobs)
rows = page.gains(found, quality[:2])
figure = marks.marks(rows, page.palette, "Left of zero: worse than MLE")
display(page.show(figure, rows, "gains", f"Gains of greedy search over MLE. {marks.READING}"))
table = selections.trained(page.table(quality, found.decoder.unique()))
page.comparison(table, "metric", "BLEU by sacreBLEU.")

# %% [markdown]
# ## What it does to the dependence between words
# A model that ignores part of what the words before say draws words that do not belong together: samples are less
# often valid (`support-mass` is the exact validity of samples). It also explains sentences of $p$ worse and lies
# further from $p$: NLL and total variation are best for $p$ itself.

# %%
spread = ["support-mass", "nll", "total-variation", "entropy"]
rows = page.gains(scores[scores.decoder == "none"], spread)
figure = marks.marks(rows, page.palette, "Do words belong together, and how far is the model from p?")
display(page.show(figure, rows, "dependence", f"Differences from MLE. {marks.READING}"))
table = page.table([*spread, "kl"], ["none"])
page.comparison(selections.trained(table), "metric", "The model's probabilities; kl is KL[P‖Q].")
