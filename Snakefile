# The study at a glance. `snakemake --cores all` makes everything of the default preset;
# `--configfile config/NAME.yaml` chooses another one.

from snakemake.utils import min_version

min_version("9.0")


if "preset" not in config:

    configfile: "config/default.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/prepare.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/sample.smk"
include: "workflow/rules/measure.smk"
include: "workflow/rules/report.smk"


rule all:
    default_target: True
    input:
        expand(f"{RESULTS}/report/{{page}}.html", page=PAGES),
        f"{RESULTS}/table.csv",
        f"{RESULTS}/scorecard.json",
