# ---
# jupyter:
#   kernelspec: {name: python3, display_name: Python 3, language: python}
# ---

# %% [markdown]
# # The choice of the convex function
# Every likelihood objective here has the gradient of MLE, $\nabla g$ with $g = \log p_\theta(y \mid x) / T$, times a
# weight per sentence, the slope of its convex function at what the model says of that sentence:
#
# | objective | $f(g)$ | weight $f'(g)$ |
# |---|---|---|
# | `mle` | $g$ | $1$ |
# | `convex-exp` | $e^{kg}$ | $k\, e^{kg}$: tends to MLE as $k \to 0$ |
# | `convex-power` | $-(-g)^k$ | $k\, (-g)^{k-1}$: grows without bound as $g \to 0$ |
# | `convex-pure` | $e^{g}$, here with $g = \log p_\theta(y \mid x)$ | $p_\theta(y \mid x)$: next to nothing for most |
#
# A larger $k$ should give better single outputs and worse likelihood; too large a $k$ may leave few sentences to
# learn from. The **control** continues MLE from the same weights for as many steps. Two more tell apart what else
# differs: `mle-sentence` averages over sentences, not tokens, as these convex losses of non-autoregressive models do,
# and `convex-exp-hidden` scores only those tokens that CMLM's input hides, as its MLE does.

# %% tags=["parameters"]
study = "config/default.yaml"
results = "results/default"
name = "convex_functions"

# %%
from pathlib import Path

from IPython.display import display

from beyond_mle.config import load_resolved
from beyond_mle.report import curves, selections
from beyond_mle.report.figures import lines, marks
from beyond_mle.report.page import Page

page = Page(name, load_resolved(study), Path(results))
scores = selections.searched(selections.trained(page.scores()), page.jobs)
orders = selections.along(scores, "order", page.controls, at_control=0)
quality, sharpness = ["bleu", "validity", "mode-hit"], ["entropy", "nll", "log-q-mode"]
rows = page.seeds(orders, ["bleu", "validity", "nll"])
figure = lines.lines(rows, "order", "model", page.palette, "Better outputs and a worse likelihood, the larger k?")
page.show(figure, rows, "by_order", lines.READING)

# %%
page.worlds()

# %% [markdown]
# ## All functions, beside their controls
# Gains are paired by seed. A mark right of zero is better than training on with MLE; `convex-pure-scratch` never had
# a first stage, and is compared with it.

# %%
rows = page.gains(scores, quality[:2])
figure = marks.marks(rows, page.palette, "Right of zero: better than training on with MLE")
page.show(figure, rows, "gains", f"Gains over the control. {marks.READING}")

# %%
table = selections.trained(page.table(quality, scores.decoder.unique()))
display(page.comparison(table, "metric", "BLEU by sacreBLEU."))
table = page.table([*sharpness, "kl"], ["none"])
page.comparison(selections.trained(table), "metric", "The model's probabilities; kl is KL[P‖Q].")

# %% [markdown]
# ## Why: what a sentence weighs
# Adam takes steps of a size that does not depend on the scale of the gradient. What matters is how *unevenly* the
# sentences of a batch weigh. Their effective share is $m^2 / (m^2 + s^2)$ for weights of mean $m$ and standard
# deviation $s$: 100 % if all weigh the same, as under MLE; near 0 if a few have nearly all the weight.

# %%
rows = curves.effective_share(page.logs(["weight", "weight_sd"]))
figure = marks.marks(
    rows, page.palette, "Of what share of its sentences does a batch in effect consist?", differences=False
)
page.show(figure, rows, "effective_share", f"Means over the steps of each training. {marks.READING}")
