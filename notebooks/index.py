# ---
# jupyter:
#   kernelspec: {name: python3, display_name: Python 3, language: python}
# ---

# %% [markdown]
# # Which objective should train a generative model?
# The same networks, data and steps; only the objective differs. Beside every gain stands that of a **control**, the
# plain objective trained on for as long, and the number that the paper prints.

# %% tags=["parameters"]
study = "config/default.yaml"
results = "results/default"
name = "index"

# %%
from pathlib import Path

from beyond_mle.config import load_resolved
from beyond_mle.report import figure_html, html_table, plane_pictures
from beyond_mle.report.figures import gain_parts, plane_fits
from beyond_mle.report.page import Page
from beyond_mle.tasks.plane import PlaneData

page = Page(name, load_resolved(study), Path(results))
parts = page.gain_parts("bleu").query("paper == paper").drop_duplicates(["model", "seed"])  # one task and decoder each
figure = gain_parts.gain_parts(parts, page.palette, "What longer training brings, and what the convex loss adds")
gains = page.show(figure, parts, "gains", gain_parts.READING, "Shao et al. 2023, Tables 1 and 3")
minima, mixtures = plane_pictures.fits(page.scores()), plane_pictures.mixtures(page.data(PlaneData))
shown = minima.query("objective == 'js' and is_global and pi in [0.1, 0.5, 0.99] and mixture_seed == 15")
drawn = plane_pictures.histogram({seed: mixture for seed, mixture in mixtures.items() if seed == 15})
figure = plane_fits.fits(drawn, shown, "From covering all modes to seeking one")
fits = page.show(figure, shown, "js", "A round Gaussian fitted to a mixture, for three π.", "Huszár 2015, Figure 1")
figure_html.beside(gains, fits)

# %%
page.example("vanilla-nat")

# %% [markdown]
# ## What the sources claim
# A dot is what was measured, the bar its 95 % interval: would it come out again with new training seeds and a new
# test set? The blue tick is the paper's number. **Replicated**: the interval lies where the claim expects it, at a
# false discovery rate of 5 % within the family. **No effect**: it holds only differences too small to matter.
# **Contradicted**: it lies on the other side. **Inconclusive**: beside it stands what would decide it.

# %%
page.claims("source")

# %% [markdown]
# ## Our own questions
# %%
page.claims("ours")

# %% [markdown]
# ## Mathematics: theorems, identities and closed forms, as they are printed
# %%
page.claims("mathematics")

# %% [markdown]
# ## What was run, what was not, and what it cost
# The way of a number, and how many jobs each rule has. A second stage starts from the weights of the objective that it
# names; steps are optimiser steps, seconds those for which one seed held its device.

# %%
page.pipeline()
# %%
html_table.plain(page.trainings(), f"All trainings together took {page.device_seconds}.")

# %%
html_table.plain(page.objectives(), "P: the data, Q: the model. `leads to`: a model that can be any distribution.")
# %%
html_table.plain(page.skipped(), "Not measured, and why: yardsticks by model.", empty="Everything was measured.")

# %%
html_table.plain(page.cleaning(), "The data: sentence pairs read, kept and dropped.")

# %% [markdown]
# ## Limits, and how to make it again
# What holds of small models need not hold of large ones. `./run snakemake --cores all` makes everything; the command
# below a figure makes just its page.
