"""The pages of the report."""

INDEX = "index"
TITLES = {
    INDEX: "Which objective should train a generative model?",
    "table1_autoregressive": "Autoregressive translation (Table 1)",
    "table2_summarization": "Summarization (Table 2)",
    "table3_nonautoregressive": "Non-autoregressive translation (Table 3)",
    "convex_functions": "The choice of the convex function",
    "sharpness_and_diversity": "Sharpness and diversity",
    "modality_and_length": "How many ways to say it, and how long",
    "scheduled_sampling": "Scheduled sampling",
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
    "adversarial": ["tables/adversarial_plane.csv", "adversarial/samples.csv"],
    "sharpening_theory": ["tables/sharpening_theory.csv", "tables/scheduled_sampling_theory.csv", "tables/errata.csv"],
}
"""Page → the files below results/{preset} that it shows of exact fits and of the worlds where no text is trained on."""
