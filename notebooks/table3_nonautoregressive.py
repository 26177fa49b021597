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
config = "results/default/study.yaml"
results = "results/default"

# %%
from pathlib import Path

from IPython.display import display

from beyond_mle.config import load_resolved
from beyond_mle.report import effects, figures, html_table
from beyond_mle.report.page import Page

page = Page("table3_nonautoregressive", load_resolved(config), Path(results))
paper = page.paper(["bleu", "comet", "speed-up"])
paper = paper[(paper.model != "transformer") | (paper.objective == "mle")]
html_table.printed(paper, "metric", "The paper's Table 3 (Shao et al. 2023): one run each, tokenised BLEU.")

# %% [markdown]
# ## Our numbers
# The **control** is MLE continued from the same weights for as many steps. Where $p$ is known, validity is
# the share of outputs that can occur at all, which a mixture of two good sentences mostly cannot.

# %%
table = page.table(["bleu", "validity", "mode-hit"], ["beam5", "single-pass", "none"])
html_table.comparison(page.study, table, "metric", "BLEU by sacreBLEU.")

# %% [markdown]
# Paired bootstrap: the uncertainty of the test set. That of training is the spread over seeds.

# %%
html_table.plain(page.paired("bleu"), "Difference in BLEU, 95 % interval and two-sided p.")

# %%
scores = page.scores()
scores = scores[scores.objective != "closed-form"]  # of the autoregressive loss
for metric in ("bleu", "validity"):
    rows = effects.over_seeds(scores, [metric])
    display(page.show(figures.bars(rows, page.palette), rows, metric, f"{metric}: mean and sample sd over seeds."))

# %% [markdown]
# ## Sharpness
# Committing to one mode costs likelihood: held-out NLL should rise while entropy falls.

# %%
table = page.table(["entropy", "nll", "kl", "log-q-mode"], ["none"])
table = table[table.objective != "closed-form"]
html_table.comparison(page.study, table, "metric", "The model's probabilities; kl is KL[P‖Q].")

# %%
entropy = effects.over_seeds(scores, ["entropy"])
page.show(figures.bars(entropy, page.palette), entropy, "entropy", "Entropy of the predictions on the test references.")

# %% [markdown]
# ## Speed
# Measured in one process, in turn. The objective does not change the cost of decoding.

# %%
speeds = effects.speed_ups(page.speeds(), "transformer", ["beam5", "greedy"])
html_table.plain(speeds, "× beam5: times faster than the Transformer with beam search.")

# %%
display(*page.learning_curves())
