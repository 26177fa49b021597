# ---
# jupyter:
#   kernelspec: {name: python3, display_name: Python 3, language: python}
# ---

# %% [markdown]
# # The frontier of all objectives
# Which objective should train a model that cannot match $P$? Each gives up something: $\mathrm{KL}[P \| Q]$ punishes
# what $Q$ leaves out, $\mathrm{KL}[Q \| P]$ what it makes up, and no $Q$ of the family is best at both.
#
# ## In the plane
# A round Gaussian on mixture 3. Likelihoods (`mle`, `convex-exp`, `convex-power`, at $T = 1$) see batches of one
# sample of $P$. `js-adversarial` sees the same sample and takes as many steps of the model at the same rate, each
# after two of its discriminator, half as many as on [its own page](adversarial.html). `js` and `reverse-kl` are told
# $P$: the optimum of each that descent from the same start reaches. The number behind a name is $\pi$ of the
# divergences, $k$ of the convex functions.

# %% tags=["parameters"]
study = "config/default.yaml"
results = "results/default"
name = "frontier"

# %%
from pathlib import Path

from IPython.display import display

from beyond_mle.config import load_resolved
from beyond_mle.report import html_table, selections, trade_offs
from beyond_mle.report.figures import trade_offs as figures
from beyond_mle.report.page import Page
from beyond_mle.tasks.plane import PlaneData
from beyond_mle.tasks.strings import LanguageData
from beyond_mle.text.data import TextData

page = Page(name, load_resolved(study), Path(results))
scores = page.scores()
rows = trade_offs.trade_off(scores[scores.task.isin(list(page.data(PlaneData)))], "kl", "reverse-kl")
shown = trade_offs.near(rows, 1, "Those that cover: kl below 1")
figure = figures.trade_offs(shown, page.palette, "Less left out, or less made up: what does each objective give up?")
display(page.show(figure, shown, "plane", trade_offs.READING))
html_table.plain(trade_offs.means(rows), "Means over seeds, in nats.")

# %% [markdown]
# ## On text, beside the decoder twins
# Every optimum that is sharper than $P$ can also be had from a model trained by MLE, by another decoder: a
# temperature $1 - \alpha$ for weights $q^\alpha$ of tokens, greedy search for $\alpha = 1$ (the smallest nucleus),
# power sampling of whole strings for `convex-exp` of order $k$ (one of 32 candidates each). The twin costs no
# training, so an objective has to beat it. Dashed: decoders of `mle-continued`. Validity is the share of samples that
# can occur, coverage the probability under $P$ of the different outputs among eight samples. The objectives of the
# last panel are trained in settings of their own, each with an MLE model in the same ones, which the tables name as
# control.

# %%
texts = scores[scores.task.isin(list(page.data(TextData)))]
rows = trade_offs.beside_twins(texts, page.jobs, "mle-continued", "support-coverage", "validity")
figure = figures.trade_offs(rows, page.palette, "Does training beat the decoder that needs none?")
display(page.show(figure, rows, "text", trade_offs.READING))
drawn = [*selections.samplers(texts), "power-sample"]
table = page.table(["validity", "support-coverage", "self-bleu", "bleu"], drawn)
display(page.comparison(selections.trained(table), "metric", "Samples, eight of each source."))
table = page.table(["mode-hit", "validity", "bleu"], ["greedy"])
display(page.comparison(selections.trained(table), "metric", "Greedy search."))
table = page.table(["kl", "total-variation", "support-mass", "entropy"], ["none"])
page.comparison(
    table[table.task.isin(list(page.data(TextData)))], "metric", "The model's probabilities; kl is KL[P‖Q]."
)

# %% [markdown]
# ## Where the model can match $P$
# All of the above comes from what the model cannot do. A table of free logits can be any distribution: there a proper
# objective ends at $P$, at 0, and an improper one at its own closed form, on the line. Optima of a single string are
# not drawn, as from $k = T$ on: they leave everything else out, so that $\mathrm{KL}[P \| Q]$ is infinite.

# %%
known = scores[scores.task.isin(list(page.data(LanguageData))[:1]) & (scores.value < float("inf"))]
rows = trade_offs.trade_off(known, "kl-optimum", "kl")
figure = figures.trade_offs(rows, page.palette, "On the line: at the closed form. At 0: P", equal=True)
display(page.show(figure, rows, "well_specified", f"{trade_offs.READING} Fitted against closed form."))
html_table.plain(page.objectives(), "The objectives of this page, by their own account.")
