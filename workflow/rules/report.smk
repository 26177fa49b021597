# The long table, the tables of the pages, the scorecard, and the notebooks rendered to pages that open offline.


rule collect:
    input:
        scores=scores_of(JOBS),
        identities=rules.identities.output.rows,
    output:
        f"{RESULTS}/table.csv",
    log:
        f"{RESULTS}/logs/collect.log",
    conda:
        "../../envs/conda.yaml"
    params:
        study=RESOLVED,
        code=code_of("collect"),
    shell:
        f"python -m beyond_mle collect {STUDY_ARGUMENTS} > {{log}} 2>&1"


rule tabulate:
    input:
        lambda wildcards: scores_of(run.key for run in page_of(wildcards).runs),
        published="config/published.yaml",
    output:
        f"{RESULTS}/tables/{{page}}.csv",
    log:
        f"{RESULTS}/logs/tabulate-{{page}}.log",
    wildcard_constraints:
        page="|".join(page for page in PAGES if page != INDEX) or "-",
    conda:
        "../../envs/conda.yaml"
    params:
        outline=lambda wildcards: page_of(wildcards).outline,
        code=code_of("tabulate"),
    shell:
        f"python -m beyond_mle tabulate {STUDY_ARGUMENTS} --page {{wildcards.page}} > {{log}} 2>&1"


rule scorecard:
    input:
        table=rules.collect.output,
        per_item=[LAYOUT.items(key).as_posix() for key in JOBS],
        claims=STUDY.claims,
    output:
        f"{RESULTS}/scorecard.json",
    log:
        f"{RESULTS}/logs/scorecard.log",
    conda:
        "../../envs/conda.yaml"
    params:
        substitutes=text_of(STUDY.substitutes),
        verdicts=STUDY.verdicts.model_dump_json(),
        checks=STUDY.checks.model_dump_json(),
        code=code_of("scorecard"),
    shell:
        f"python -m beyond_mle scorecard {STUDY_ARGUMENTS} > {{log}} 2>&1"


rule render:
    input:
        lambda wildcards: [file.as_posix() for file in page_of(wildcards).inputs()],
        speed=lambda wildcards: [
            LAYOUT.speed(task).as_posix() for task in page_of(wildcards).tasks if task in SPEED_RUNS
        ],
        notebook=lambda wildcards: notebook_of(wildcards.page).as_posix(),
    output:
        f"{RESULTS}/report/{{page}}.html",
    log:
        f"{RESULTS}/logs/render-{{page}}.log",
    conda:
        "../../envs/conda.yaml"
    params:
        outline=lambda wildcards: page_of(wildcards).outline,
        code=lambda wildcards: code_of_notebook(notebook_of(wildcards.page)),
    shell:
        f"python -m beyond_mle render {STUDY_ARGUMENTS} --page {{wildcards.page}} --notebook {{input.notebook}}"
        " > {log} 2>&1"
