# ---
# jupyter:
#   kernelspec: {name: python3, display_name: Python 3, language: python}
# ---

# %% [markdown]
# # Energy-based regression with a learned proposal
# An energy-based model (EBM) $e^{f(x, y)} / Z(x)$ takes any shape, but $Z$ has to be estimated from $M$ draws of a
# proposal $q$. Gustafsson et al. (2022) learn that too, a mixture of $K$ Gaussians, by descending
#
# $$J_{\mathrm{KL}} = \log \frac1M \sum_m e^{f(x, y_m)} / q(y_m \mid x), \qquad y_m \sim q \text{ held fixed.}$$
#
# The EBM descends $J_{\mathrm{KL}} - f(x, y)$ (`is-ml`) or tells $y$ from the draws (`nce`). By hand (`nce-manual`),
# $q$ is Gaussians around the true target: no help with predictions. Here $p$ and, by an integral, $Z$ are known.

# %% tags=["parameters"]
study = "config/default.yaml"
results = "results/default"
name = "energy_regression"

# %%
from pathlib import Path

from IPython.display import display

from beyond_mle.config import load_resolved
from beyond_mle.report import html_table, regression_pictures, selections
from beyond_mle.report.figures import lines, marks, regression_maps
from beyond_mle.report.page import Page
from beyond_mle.tasks.regression import KnownRegressionData

page = Page(name, load_resolved(study), Path(results))
scores, data = page.scores(), page.data(KnownRegressionData)
kl = page.seeds(scores, ["kl"])
drawn = regression_pictures.maps(kl, [page.jobs[run.key] for run in page.runs], page.outputs, data)
for task, rows in drawn.items():
    figure = regression_maps.maps(rows, data[task].split("train"), f"Which shapes of p does each model find? ({task})")
    display(page.show(figure, rows, f"densities_{task}", regression_maps.READING))

# %% [markdown]
# ## How many draws?
# With few draws `is-ml` is biased; its loss may have no least value. Around the true target `nce` learns something else
# than $p$, as the place of the draws gives it away. Level line: the same network with its exact likelihood.

# %%
rows = regression_pictures.along_draws(kl, exact="ebm-quadrature", most=10.0)
figure = lines.lines(rows, "samples", "line", page.palette, "Do draws lead to the exact fit?", logarithmic=True)
page.show(figure, rows, "draws", f"Greater values, of runs that diverge, are drawn at 10. {lines.READING}")

# %% [markdown]
# ## How many components?
# The proposal need not match the EBM, as draws are weighted. But the nearer it is, the more they are worth.

# %%
swept = selections.swept(scores, "components").query("model == 'ebm'")
rows = page.seeds(swept, ["kl", "proposal-kl", "effective-sample-size"])
figure = lines.lines(rows, "components", "objective", page.palette, "A better proposal: a better EBM too?")
page.show(figure, rows, "components", lines.READING)

# %% [markdown]
# ## Quality beside cost, counted in operations for an item in a step

# %%
for task, shown in drawn.items():
    rows = page.seeds(scores[scores.system.isin(shown.system)], ["kl", "training-cost"])
    figure = marks.marks(rows, page.palette, f"What does a small KL[P‖Q] cost? ({task})", differences=False)
    display(page.show(figure, rows, f"cost_{task}", marks.READING))

# %%
table = page.table(["nll", "nll-floor", "kl", "training-cost"], ["none"])
page.comparison(table, "metric", "Densities; nll-floor is the NLL of p itself.")

# %% [markdown]
# ## Predictions
# By gradient ascent, by the weighted mean of draws and by draws drawn again, beside the exact mode, mean, distribution.

# %%
table = page.table(["squared-error", "mean-error", "mode-gap", "sample-distance"])
display(page.comparison(table, "metric", "Predictions of test targets."))
html_table.plain(page.skipped().query("why.str.contains('diverged')"), "Diverged.", empty="No run diverged.")
