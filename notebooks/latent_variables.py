# ---
# jupyter:
#   kernelspec: {name: python3, display_name: Python 3, language: python}
# ---

# %% [markdown]
# # Hidden variables
# A model with a hidden variable $z$ has the likelihood $q(x) = \sum_z q(x, z)$, whose logarithm is a maximum:
#
# $$\log q(x) = \max_{r} \sum_z r(z) \log \frac{q(x, z)}{r(z)}, \qquad \text{at } r(z) = q(z \mid x),$$
#
# and any other $r$ falls short of it by $\mathrm{KL}[r(z) \| q(z \mid x)]$. **EM** takes the best $r$
# (`gaussian-mixture`, `hidden-markov`; `bigram` has no $z$), a **variational auto-encoder** has a network for it
# (`vae`, `text-vae`), in **diffusion** it is fixed (`plane-diffusion`; in `small-cmlm` $z$ is the order of words),
# and a **flow** has an invertible map, which leaves one $z$ (`plane-flow`). A bound is printed with its sign. `mle`
# of a VAE is its bound; `elbo-weighted` a tighter one, of 8 weighted draws; `elbo-as-printed` the loss that the
# lecture notes which this page follows print, in which the KL lacks its ½: $\beta = 2$.

# %% tags=["parameters"]
study = "config/default.yaml"
results = "results/default"
name = "latent_variables"

# %%
from pathlib import Path

from IPython.display import display

from beyond_mle.config import load_resolved
from beyond_mle.report import bounds, clouds, html_table
from beyond_mle.report.figures import marks, plane_clouds, training
from beyond_mle.report.page import Page
from beyond_mle.tasks.plane import PlaneData

page = Page(name, load_resolved(study), Path(results))
used = ["latent-kl", "mutual-information", "active-units"]
scores, jobs, plane = page.scores(), [page.jobs[run.key] for run in page.runs], list(page.data(PlaneData))
rows = clouds.drawn(page.seeds(scores, ["kl"]), jobs, page.outputs, page.data(PlaneData))
figure = plane_clouds.clouds(rows, page.palette, "Which models find all of p, and what does k sharpen?")
page.show(figure, rows, "samples", plane_clouds.READING)

# %%
rows = bounds.beside_exact(page.seeds(scores, list(bounds.KINDS)).query("order.isna()"))
figure = marks.marks(rows, page.palette, "How far are bounds from the likelihood?", differences=False, zero=False)
page.show(figure, rows, "bounds", f"The exact value by quadrature over z and x. {marks.READING}")

# %%
reading = "posterior-kl is what the bound falls short by; noise-error the distance from the best denoiser."
for metrics in (["kl", "reverse-kl", "quality"], [*bounds.KINDS], ["posterior-kl", *used, "noise-error"]):
    display(page.comparison(page.table(metrics, ["none"]).query("task in @plane"), "metric", reading))

# %% [markdown]
# ## EM climbs: the likelihood never falls, nor does the loss of the convex objective rise

# %%
logs = page.logs(["log_likelihood", "loss"])
by_em = logs.query("quantity == 'log_likelihood'").model.unique()
for model, rows in logs.query("model in @by_em").groupby("model", sort=False):
    figure = training.learning_curves(rows, page.palette, f"EM: {model}", ["log_likelihood", "loss"])
    display(page.show(figure, rows, f"em_{model}", f"{model}: the mean log q of an item, in nats, and the loss."))

# %% [markdown]
# ## Sentences
# `hidden-markov` and `bigram` do not see the source. `text-vae` can do without $z$; a KL that is annealed, or free up
# to a point, is to prevent that. `small-cmlm` has an exact likelihood of all words at once (`nll`) and a bound of words
# in random order (`diffusion-nll`), which `masked-diffusion` raises and `mle-masked`, with other weights, does not.

# %%
for metrics in (["nll", "nll-importance", "diffusion-nll", "entropy"], used, ["validity", "bleu", "distinct-outputs"]):
    display(page.comparison(page.table(metrics).query("task not in @plane"), "metric", "Means over test items."))

# %% [markdown]
# ## The convex objective on each model, and the price of each approximation

# %%
gains = bounds.named(page.gains(scores, ["kl", "quality", "entropy", "nll", "diffusion-nll", "validity"]))
for task, rows in gains.query("order.notna()").groupby("task", sort=False):
    figure = marks.marks(rows, page.palette, "What does the convex objective change, by its control?")
    display(page.show(figure, rows, f"gains_{task}", marks.READING))
html_table.plain(page.trainings()[["model", "objective", "steps", "parameters", "seconds"]], "What one seed took.")
