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
# and has no density: its divergences are kernel estimates, which are biased and do not compare with exact ones. A low
# $\mathrm{KL}[Q \| P]$ or a high quality alone says little: a model on a single mode has both. They belong beside
# coverage and $\mathrm{KL}[P \| Q]$. In the table the row `p` measures samples of $p$ itself: what remains there is
# the bias of the kernel estimate.

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
from beyond_mle.report.figures import marks, plane_duels
from beyond_mle.report.page import Page
from beyond_mle.tasks.plane import PlaneData

page = Page(name, load_resolved(study), Path(results))
scores, mixtures = page.scores(), plane_pictures.mixtures(page.data(PlaneData))
competitors, jobs = duels.competitors(scores), [page.jobs[run.key] for run in page.runs]
points = duels.drawn(jobs, page.outputs, plane_pictures.fits(scores), mixtures, pis=[0.05, 0.5, 0.99])
measured = pd.concat([duels.of_p(page.study, mixtures), competitors])
for seed, rows in measured.groupby("mixture_seed"):
    figure = plane_duels.along_pi(rows, page.palette, "Does training against a discriminator follow exact descent?")
    display(page.show(figure, rows, f"along_pi_{seed}", f"Mixture {seed}. Marks: means; dots: seeds."))
for seed, rows in points.groupby("mixture_seed"):
    figure = plane_duels.samples(rows, page.palette, "Which parts of p (grey) have samples of q (colour)?")
    display(page.show(figure, rows, f"samples_{seed}", f"Mixture {seed}: samples of the first seed."))

# %%
table = duels.means(measured)
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
samples, shown = selections.sampled(found), ["kl", "total-variation", "validity", "distinct-outputs"]
rows = page.gains(pd.concat([found[found.decoder == "none"], samples]), shown)
figure = marks.marks(rows, page.palette, "Does π change anything? Compare the rows of js-adversarial")
page.show(figure, rows, "text", f"Differences from MLE in the same settings. {marks.READING}")

# %%
metrics = ["kl", "js", "total-variation", "entropy", "validity", "bleu", "distinct-outputs", "support-coverage"]
table = duels.elsewhere(page.table(metrics[:4], ["none"])).query("model != 'oracle' or objective == 'mle'")
display(page.comparison(table, "metric", "Probabilities."))
page.comparison(page.table(metrics[4:], samples.decoder.unique()), "metric", "Samples.")
