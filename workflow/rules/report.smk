# Tables, the scorecard, and the notebooks rendered to pages that open offline.


rule tabulate:
    input:
        scores=scores_of(RUNS),
        truth=expand(RESULTS + "/truth/{task}.json", task=TASKS),
        published="config/published.yaml",
    output:
        RESULTS + "/tables/{table}.csv",
    params:
        runs=RESULTS + "/runs",
        study=study_outline(),
        code=code_id("beyond_mle.stages.tabulate"),
    log:
        RESULTS + "/logs/tabulate-{table}.log",
    conda:
        "../../envs/conda.yaml"
    shell:
        "python -m beyond_mle.stages.tabulate --config {STUDY_FILE} --runs {params.runs} --truth {input.truth}"
        " --published {input.published} --table {wildcards.table} --output {output} > {log} 2>&1"


rule scorecard:
    input:
        scores=scores_of(RUNS),
        claims="config/claims.yaml",
    output:
        RESULTS + "/scorecard.json",
    params:
        runs=RESULTS + "/runs",
        study=study_outline(),
        code=code_id("beyond_mle.stages.scorecard"),
    log:
        RESULTS + "/logs/scorecard.log",
    conda:
        "../../envs/conda.yaml"
    shell:
        "python -m beyond_mle.stages.scorecard --config {STUDY_FILE} --runs {params.runs} --claims {input.claims}"
        " --output {output} > {log} 2>&1"


rule render:
    input:
        notebook="notebooks/{notebook}.py",
        tables=expand(RESULTS + "/tables/{table}.csv", table=TABLES),
        scorecard=rules.scorecard.output,
        speed=expand(RESULTS + "/speed/{task}.json", task=TASKS),
        training=[f"{RESULTS}/runs/{key}/training.jsonl" for key in RUNS],
    output:
        RESULTS + "/report/{notebook}.html",
    params:
        results=RESULTS,
        study=study_outline(),
        code=code_id("beyond_mle.stages.render", "beyond_mle.report.figures"),
    log:
        RESULTS + "/logs/render-{notebook}.log",
    benchmark:
        RESULTS + "/benchmarks/render-{notebook}.tsv"
    conda:
        "../../envs/conda.yaml"
    shell:
        "python -m beyond_mle.stages.render --notebook {input.notebook} --config {STUDY_FILE}"
        " --results {params.results} --output {output} > {log} 2>&1"
