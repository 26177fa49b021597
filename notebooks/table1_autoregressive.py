# ---
# jupyter:
#   kernelspec: {name: python3, display_name: Python 3, language: python}
# ---

# %% [markdown]
# # Autoregressive translation (Table 1)
# Maximum likelihood spreads a model's probability over everything people might say, but a translation system
# needs one good sentence. Convex learning trains the same model with a loss that favours what is likely,
#
# $$\mathcal{L} = -\mathbb{E}_{y \sim p_{\mathrm{data}}} \left[ f\left( g(p_\theta(y \mid x)) \right) \right],
# \qquad g(p) = \frac{\log p}{T}, \qquad f(x) = e^{kx},$$
#
# where $T$ is the length of $y$; MLE is $f(x) = x$. For outputs of one length $T > k$ the optimum over all
# distributions is a sharpened copy of the data's, $q \propto p^{1/(1 - k/T)}$; $k \to 0$ gives $p$ itself.
# The paper uses $k = 1$ here, after a first stage of MLE. The **control**, `mle-continued`, is MLE continued from
# the same weights for as many steps; the paper does not report one.

# %% tags=["parameters"]
study = "config/default.yaml"
results = "results/default"
name = "table1_autoregressive"

# %%
from pathlib import Path

import pandas as pd

from beyond_mle.config import load_resolved
from beyond_mle.report import effects, gain_parts, html_table, selections
from beyond_mle.report.figures import bars
from beyond_mle.report.page import Page

page = Page(name, load_resolved(study), Path(results))
paper = page.paper(["bleu"], ["wmt14-ende", "wmt14-deen"]).query("model == 'transformer'")
paper = pd.concat([paper, effects.search_gaps(paper, ["beam5"])])
html_table.printed(paper, "decoder", "The paper's Table 1 (Shao et al. 2023): one run each, tokenised BLEU.")

# %%
page.examples(["greedy", "beam5"])

# %% [markdown]
# ## Our numbers
# Δ is what beam search adds to greedy search. Greedy search loses where the likeliest first words do not begin
# the likeliest sentence. A sharper model has fewer such places: Δ should shrink, but not vanish.

# %%
searches = ["greedy", "beam5"]
rows = page.scores().query("model == 'transformer' and decoder in @searches")
rows = page.beside_paper(page.seeds(rows, ["bleu"]))
figure = bars.bars(rows, page.palette, "Does the convex loss do better than MLE trained as long?", "decoder_label")
page.show(figure, rows, "bleu", bars.READING, "Shao et al. 2023, Table 1")

# %%
parts = page.gain_parts("bleu").query("decoder in @searches")
html_table.plain(gain_parts.shares(parts), gain_parts.READING)

# %%
table = page.table(["bleu"], [*searches, effects.gap_name("beam5")])
page.comparison(selections.trained(table), "decoder", "BLEU by sacreBLEU; Δ is per seed.")

# %%
table = page.table(["bleu"], ["greedy", "exact", effects.gap_name("exact"), "sample"])
page.comparison(selections.references(table), "decoder", "Without training: p itself, and closed-form optima by k.")

# %%
gaps = page.beside_paper(page.seeds(effects.search_gaps(page.scores(), ["beam5", "exact"]), ["bleu"]))
figure = bars.bars(gaps, page.palette, "What does beam search add? Less, the sharper?", "label", "Δ (BLEU)")
page.show(figure, gaps, "search_gap", f"Of what follows from p: exact search. {bars.READING}")

# %%
table = page.table(["validity", "mode-hit", "log-p"])
page.comparison(table, "metric", "Can the output occur, is it the likeliest, how likely is it?")

# %%
# A sharper model explains held-out references worse: NLL rises while entropy falls.
sharpness = ["entropy", "nll", "kl", "log-q-mode"]
page.comparison(page.table(sharpness, ["none"]), "metric", "The model's probabilities; kl is KL[P‖Q].")
