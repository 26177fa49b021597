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
study = "config/default.yaml"
results = "results/default"
name = "adversarial"

# %%
from pathlib import Path

import pandas as pd
from IPython.display import display

from beyond_mle.config import load_resolved
from beyond_mle.report import duels, html_table, plane_pictures, selections
from beyond_mle.report.figures import lines, plane_duels, training
from beyond_mle.report.page import Page
from beyond_mle.tasks.plane import PlaneData

page = Page(name, load_resolved(study), Path(results))
scores, mixtures = page.scores(), plane_pictures.mixtures(page.data(PlaneData))
competitors, jobs = duels.competitors(scores), [page.jobs[run.key] for run in page.runs]
points = duels.drawn(jobs, page.outputs, plane_pictures.fits(scores), mixtures, pis=[0.05, 0.5, 0.99])
for seed, rows in competitors.groupby("mixture_seed"):
    caption = f"Mixture {seed}: covering against seeking. A line for the mean, a mark for each seed."
    display(page.show(plane_duels.along_pi(rows), rows, f"along_pi_{seed}", caption))
for seed, rows in points.groupby("mixture_seed"):
    caption = f"Mixture {seed}: samples of q (colour) over samples of p (grey), of the first seed."
    display(page.show(plane_duels.samples(rows), rows, f"samples_{seed}", caption))

# %%
table = duels.means(pd.concat([duels.of_p(page.study, mixtures), competitors]))
display(html_table.plain(table, "Means over seeds, of the runs that did not diverge. Nats, or shares."))
html_table.plain(page.skipped().query("why.str.contains('diverged')"), "Diverged.", empty="No run diverged.")

# %% [markdown]
# ## Text
# Words cannot be differentiated: the model follows the reward $\log(1 - \pi + \pi e^{s})$ by REINFORCE, from MLE on.
# Beside it: `js` and `reverse-kl`, which are told $p$, and MLE in the settings of each: `mle-slow` is the control of
# adversarial runs, `mle-brief` that of exact ones. All of these objectives are proper: a model that can match $p$ ends
# there whatever $\pi$ is, and this Transformer comes close. Collapse: samples stay valid while entropy and different
# outputs fall and $\mathrm{KL}[P \| Q]$ rises; if `js` keeps clear of it, discriminator or gradient are at fault.

# %%
found = duels.elsewhere(selections.trained(scores))
measured = pd.concat([found[found.decoder == "none"], selections.sampled(found)])
metrics = ["nll", "kl", "js", "total-variation", "entropy", "validity", "bleu", "distinct-outputs", "support-coverage"]
means = page.means(measured, metrics)
rows = selections.swept(means, "pi")
figure = lines.lines(rows, "pi", "objective", means[~means.objective.isin(rows.objective)], page.palette)
page.show(figure, means, "text", "Text, over π: the model's probabilities and its samples. Mean and sd over seeds.")

# %%
table = duels.elsewhere(page.table(metrics[1:5], ["none"])).query("model != 'oracle' or objective == 'mle'")
display(page.comparison(table, "metric", "Probabilities."))
display(page.comparison(page.table(metrics[5:], measured.decoder.unique()), "metric", "Samples."))
shown = ["validation", "reward", "discriminator_accuracy"]
logs = page.logs(shown, second_stage=True)
page.show(training.compare(logs, page.palette, shown), logs, "training", "Text: training, means over seeds.")
