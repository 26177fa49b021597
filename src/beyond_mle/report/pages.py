"""The pages of the report."""

INDEX = "index"
TITLES = {
    INDEX: "Which objective should train a generative model?",
    "table1_autoregressive": "Autoregressive translation (Table 1)",
    "table3_nonautoregressive": "Non-autoregressive translation (Table 3)",
    "gaussian_illustration": "Jensen-Shannon divergences between covering and seeking (Figure 1)",
    "sharpening_theory": "What each objective converges to",
    "adversarial": "Adversarial training with a label prior",
}
"""Page → title; a page that shows runs has the table of its name."""
EXACT = {
    "gaussian_illustration": [
        "tables/gaussian_illustration.csv",
        "illustration/histogram.csv",
        "illustration/surface.csv",
        "illustration/monte_carlo.csv",
    ],
    "adversarial": ["tables/adversarial.csv", "adversarial/samples.csv"],
    "sharpening_theory": ["tables/sharpening_theory.csv", "tables/scheduled_sampling_theory.csv", "tables/errata.csv"],
}
"""Page → the files below results/{preset} that it shows of exact fits and of the worlds where no text is trained on."""
