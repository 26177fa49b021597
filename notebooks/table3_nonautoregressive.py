# ---
# jupyter:
#   kernelspec: {name: python3, display_name: Python 3, language: python}
# ---

# %% [markdown]
# # Non-autoregressive translation (Table 3)
# A non-autoregressive model predicts all words at once, each without knowing the others. Under MLE it covers
# all ways of saying the same thing with one product of word distributions, and mixes them. The convex loss
#
# $$\mathcal{L} = -\mathbb{E}_{y \sim p_{\mathrm{data}}} \left[ e^{\,k \log p_\theta(y \mid x) / T} \right]$$
#
# has the gradient of MLE times the weight $k \, p_\theta(y \mid x)^{k/T}$: sentences that the model finds
# likely already count more, so that it settles on one way of saying it. The paper uses $k = 3$. The optimum
# over all distributions, $q \propto p^{1/(1 - k/T)}$ for outputs of one length, is out of reach of these
# models. Tested is whether they commit, and how much of the distance to the Transformer that closes.

# %% tags=["parameters"]
study = "config/default.yaml"
results = "results/default"
name = "table3_nonautoregressive"

# %%
from pathlib import Path

from beyond_mle.config import load_resolved
from beyond_mle.report import effects, gain_parts, html_table, selections
from beyond_mle.report.figures import bars
from beyond_mle.report.page import Page

page = Page(name, load_resolved(study), Path(results))
paper = page.paper(["speed-up", "bleu", "comet"], ["wmt14-ende", "wmt14-deen"])
paper = paper[(paper.model != "transformer") | (paper.objective == "mle") & (paper.decoder == "beam5")]
html_table.printed(paper, "metric", "The paper's Table 3 (Shao et al. 2023): one run each, tokenised BLEU.")

# %%
page.examples(["beam5", "single-pass", "length-beam5", "best-path"])

# %% [markdown]
# ## Our numbers
# The **control**, `mle-continued`, is MLE continued from the same weights for as many steps. The speed-up is of
# the latency of one sentence at a time, over the Transformer with beam search; on what device and at what batch
# size the paper's was measured we do not know, and ours differs from machine to machine. COMET is measured only
# where `evaluation.comet_model` names a model: it is of no use on an invented language.

# %%
first = ["beam5", "single-pass", "length-beam5", "best-path"]
scores = page.scores()
shown = scores[scores.decoder.isin(first) | (scores.decoder == "exact") & (scores.objective == "mle")]
rows = page.beside_paper(page.seeds(shown, ["bleu", "validity"]))
title = "Does the convex loss bring one-pass models nearer to the Transformer than more MLE does?"
figure = bars.bars(rows, page.palette, title, "model")
page.show(figure, rows, "quality", f"The paper's searches. {bars.READING}", "Shao et al. 2023, Table 3")

# %%
parts = page.gain_parts("bleu").query("decoder in @first")
html_table.plain(gain_parts.shares(parts), gain_parts.READING)

# %%
searches = ["beam5", "single-pass", "length-beam5", "mask-predict4", "best-path", "prefix-beam5"]
table = page.table(["speed-up", "bleu", "comet"], searches)
table = effects.with_speed_ups(table, page.speeds(), "transformer", "beam5")
page.comparison(table, "metric", "BLEU by sacreBLEU; speed-up on the device named below.")

# %%
table = page.table(["validity", "mode-hit", "log-p"], [*searches, "exact", "sample"])
page.comparison(table, "metric", "Where p is known: can the output occur, is it the likeliest?")

# %%
# Committing to one mode costs likelihood: held-out NLL should rise while entropy falls.
table = selections.trained(page.table(["entropy", "nll", "kl", "log-q-mode"], ["none"]))
page.comparison(table, "metric", "The model's probabilities; kl is KL[P‖Q].")

# %%
speeds = effects.speed_ups(page.speeds(), "transformer", ["beam5", "greedy"])
caption = "Measured in turn in one process; the objective should not matter. × beam5: times faster than the Transformer"
html_table.plain(speeds, f"{caption} with beam search.")
