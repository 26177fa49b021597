# ---
# jupyter:
#   kernelspec: {name: python3, display_name: Python 3, language: python}
# ---

# %% [markdown]
# # Non-autoregressive translation (Table 3)
#
# A non-autoregressive model predicts all words at once, each without knowing the others. Under MLE it covers all
# ways of saying the same thing with one product of word distributions, and mixes them. The convex loss
#
# $$\mathcal{L} = -\mathbb{E}_{y \sim p_{\mathrm{data}}} \left[ e^{\,k \log p_\theta(y \mid x) / T} \right]$$
#
# has the gradient of MLE times the weight $k \, p_\theta(y \mid x)^{k/T}$: sentences that the model finds likely
# already count more, so that it settles on one way of saying it. The paper uses $k = 3$. The optimum over all
# distributions, $q \propto p^{1/(1 - k/T)}$ for outputs of one length, is out of reach of these models. What is
# tested is whether they commit, and how much of the distance to the autoregressive Transformer that closes.

# %% tags=["parameters"]
config = "results/default/study.yaml"
results = "results/default"

# %%
from pathlib import Path

from IPython.display import display

from beyond_mle.config import load
from beyond_mle.report import effects, figures, html_table
from beyond_mle.report.page import Page

page = Page("table3_nonautoregressive", load(config), Path(results))
scores, paper = page.scores(), page.paper(["bleu", "comet", "speed-up"])
html_table.printed(
    paper, "metric", "The paper's Table 3 (Shao et al. 2023), of one run each; BLEU is tokenised."
)

# %% [markdown]
# ## Our numbers
# The **control** is MLE continued from the same weights for as many steps. Where $p$ is known, validity is the
# share of outputs that can occur at all, which a mixture of two good sentences mostly cannot.

# %%
ours = page.table(["bleu", "chrf", "validity", "mode-hit"], ["beam5", "single-pass", "none"])
html_table.comparison(page.study, ours, "metric", "BLEU and chrF by sacreBLEU.")

# %%
for metric in ("bleu", "validity"):
    rows = effects.over_seeds(scores[scores.decoder != "exact"], [metric])
    figure = figures.bars(rows[rows.objective != "closed-form"], page.palette, metric)
    display(page.show(figure, rows, metric, f"{metric}: mean and sample sd over seeds."))

# %% [markdown]
# ## Sharpness
# Committing to one mode costs likelihood: held-out NLL should rise while entropy falls.

# %%
own = page.table(["entropy", "nll", "kl", "log-q-mode"], ["none"])
own = own[own.objective != "closed-form"]
html_table.comparison(page.study, own, "metric", "Probabilities that the model gives; KL is KL[P‖Q].")

# %%
entropy = effects.comparable(effects.over_seeds(scores, ["entropy"], "none"))
figure = figures.bars(entropy, page.palette, "entropy (nats per token)")
page.show(figure, entropy, "entropy", "Entropy of the predictions on the test references.")

# %% [markdown]
# ## Speed
# Measured in one process, in turn. The objective does not change the cost of decoding.

# %%
speeds = effects.speed_ups(page.speeds(), "transformer", ["beam5", "greedy"])
html_table.plain(
    speeds, "×: times faster than the Transformer with that search, at this batch size and at batch size 1."
)

# %% [markdown]
# ## Learning curves

# %%
for task, model in page.systems:
    curves = page.curves(task, model)
    figure = figures.learning_curves(curves, page.palette)
    display(page.show(figure, curves, f"learning_{task}_{model}", f"{model} on {task}: a line per seed."))
