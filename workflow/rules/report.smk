# Tables, the scorecard, and the notebooks rendered to pages that open offline.


rule tabulate:
    input:
        study=ancient(STUDY_FILE),
        scores=reported_scores(),
        truth=expand(f"{RESULTS}/truth/{{task}}.json", task=TASKS),
        published="config/published.yaml",
    output:
        f"{RESULTS}/tables/{{table}}.csv",
    log:
        f"{RESULTS}/logs/tabulate-{{table}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/tabulate-{{table}}.tsv"
    conda:
        "../../envs/conda.yaml"
    params:
        runs=runs_folder,
        study=study_outline(),
        code=code_id("beyond_mle.stages.tabulate"),
    shell:
        "python -m beyond_mle.stages.tabulate --config {input.study} --runs {params.runs} --truth {input.truth}"
        " --published {input.published} --table {wildcards.table} --output {output} > {log} 2>&1"


rule scorecard:
    input:
        study=ancient(STUDY_FILE),
        scores=reported_scores(),
        claims="config/claims.yaml",
        exact=[*rules.illustrate.output, *rules.sharpen.output, *rules.compete.output],
    output:
        f"{RESULTS}/scorecard.json",
    log:
        f"{RESULTS}/logs/scorecard.log",
    benchmark:
        f"{RESULTS}/benchmarks/scorecard.tsv"
    conda:
        "../../envs/conda.yaml"
    params:
        runs=runs_folder,
        study=study_outline(),
        code=code_id("beyond_mle.stages.scorecard"),
    shell:
        "python -m beyond_mle.stages.scorecard --config {input.study} --runs {params.runs} --claims {input.claims}"
        " --exact {input.exact} --output {output} > {log} 2>&1"


rule render:
    input:
        study=ancient(STUDY_FILE),
        notebook="notebooks/{notebook}.py",
        published="config/published.yaml",
        cleaning=expand(f"{DATA}/cleaning.json", task=TASKS),
        truth=expand(f"{RESULTS}/truth/{{task}}.json", task=TASKS),
        scores=reported_scores(),
        tables=expand(f"{RESULTS}/tables/{{table}}.csv", table=PAGES),
        exact=[*rules.illustrate.output, *rules.sharpen.output, *rules.compete.output],
        scorecard=rules.scorecard.output,
        speed=expand(f"{RESULTS}/speed/{{task}}.json", task=SPEED_TASKS),
        training=[
            f"{RESULTS}/runs/{key}/{name}" for key in RUNS for name in ("training.json", "training.jsonl")
        ],
    output:
        f"{RESULTS}/report/{{notebook}}.html",
    log:
        f"{RESULTS}/logs/render-{{notebook}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/render-{{notebook}}.tsv"
    conda:
        "../../envs/conda.yaml"
    params:
        results=results_folder,
        study=study_outline(),
        code=code_id(
            "beyond_mle.stages.render",
            "beyond_mle.report.html_table",
            "beyond_mle.report.effects",
            "beyond_mle.report.plane_figures",
            "beyond_mle.report.theory_figures",
            "beyond_mle.report.adversarial_figures",
            "beyond_mle.report.knob_figures",
            "beyond_mle.report.frontier_figures",
            "beyond_mle.report.curve_figures",
            "beyond_mle.report.frontier",
            "beyond_mle.report.gains",
        ),
    shell:
        "python -m beyond_mle.stages.render --notebook {input.notebook} --config {input.study}"
        " --results {params.results} --output {output} > {log} 2>&1"
