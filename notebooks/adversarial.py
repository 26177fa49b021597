# ---
# jupyter:
#   kernelspec: {name: python3, display_name: Python 3, language: python}
# ---

# %% [markdown]
# # Adversarial training with a label prior
# $\mathrm{JS}_\pi$ can be minimised from samples alone. A discriminator that sees as many samples of $p$ as of $q$ has
# the optimal logit $s = \log p/q$, and
#
# $$\nabla\, \mathrm{JS}_\pi[P \| Q] = -(1 - \pi)\, \nabla\, \mathbb{E}_q\big[\log(1 - \pi + \pi e^{s})\big]
# \quad \text{with } s \text{ held fixed,}$$
#
# so one balanced discriminator serves every $\pi$, the prior probability of the label "real". Note that $\pi > 1/2$
# shows it more real samples and seeks modes; the text of Huszár (2015) has it the other way round.
#
# ## In the plane
# `isotropic-gaussian` cannot match the mixture; beside it stand the exact minima of $\mathrm{JS}_\pi$, the global one
# and the one that exact descent reaches from the same start. `plane-generator` is a network that nearly can match it,
# and has no density: its divergences are kernel estimates. A low $\mathrm{KL}[Q \| P]$ or a high quality alone says
# little: a model on a single mode has both. They belong beside coverage and $\mathrm{KL}[P \| Q]$. In the table the
# row `p` measures samples of $p$ itself: what remains there is the error of the kernel estimate, which has a floor.

# %% tags=["parameters"]
config = "results/default/study.yaml"
results = "results/default"

# %%
from pathlib import Path

import pandas as pd
from IPython.display import display

from beyond_mle.config import load_resolved
from beyond_mle.report import adversarial_figures, curve_figures, curves, effects, frontier, html_table, knob_figures
from beyond_mle.report.knobs import join, objective_sweep
from beyond_mle.report.page import Page

page = Page("adversarial", load_resolved(config), Path(results))
figures, points = page.csv("tables/adversarial_plane.csv"), page.csv("adversarial/samples.csv")
for seed, rows in figures.groupby("mixture_seed"):
    caption = f"Mixture {seed}: covering against seeking. A line for the mean, a mark for each seed."
    display(page.show(adversarial_figures.knob(rows), rows, f"knob_{seed}", caption))
for seed, rows in points.groupby("mixture_seed"):
    caption = f"Mixture {seed}: samples of q (colour) over samples of p (grey), of the first seed."
    display(page.show(adversarial_figures.samples(rows), rows, f"samples_{seed}", caption))

# %%
columns = ["mixture_seed", "model", "pi"]
means = figures.pivot_table(index=columns, columns="metric", values="value", dropna=False).dropna(how="all")
display(html_table.plain(means.reset_index(), "Means over seeds, of the runs that did not diverge. Nats, or shares."))
lost = figures[figures.value.isna()][[*columns, "seed"]].drop_duplicates()
html_table.plain(lost, "Diverged: samples that are not finite.", empty="No run diverged.")

# %% [markdown]
# ## Text
# Words cannot be differentiated: the model follows the reward $\log(1 - \pi + \pi e^{s})$ by REINFORCE, from MLE on.
# Beside it: `js` and `reverse-kl`, which are told $p$, and MLE in the settings of each: `mle-slow` is the control of
# adversarial runs, `mle-brief` that of exact ones. All of these objectives are proper: a model that can match $p$ ends
# there whatever $\pi$ is, and this Transformer comes close. Collapse: samples stay valid while entropy and different
# outputs fall and $\mathrm{KL}[P \| Q]$ rises; if `js` keeps clear of it, discriminator or gradient are at fault.

# %%
scores = page.scores()
measured = pd.concat([scores[scores.decoder == "none"], frontier.sampled(page.study, scores)])
metrics = ["nll", "kl", "js", "total-variation", "entropy", "validity", "bleu", "distinct-outputs", "support-coverage"]
found = effects.over_seeds(measured[measured.model != "truth"], metrics)
rows = join(found, objective_sweep(page.study, page.runs, "pi"))
levels = found[~found.objective.isin(rows.objective)]
figure = knob_figures.lines(rows.assign(line="js-adversarial"), "pi", "line", levels, page.palette)
page.show(figure, found, "text", "Text, over π: the model's probabilities and its samples. Mean and sd over seeds.")

# %%
display(html_table.comparison(page.study, page.table(metrics[:5], ["none"]), "metric", "Probabilities."))
html_table.comparison(page.study, page.table(metrics[5:], measured.decoder.unique()), "metric", "Samples.")

# %%
shown = ["validation", "reward", "discriminator_accuracy"]
logs = curves.read_curves([run for run in page.runs if run.start_from], page.results / "runs", shown)
page.show(curve_figures.compare(logs, page.palette, shown), logs, "training", "Text: training, means over seeds.")
