# One fit. Killed, it keeps its state beside its outputs (undeclared, so that Snakemake lets it be) and resumes.


rule train:
    input:
        prepared=prepared_of,
        start=start_of,
    output:
        weights=f"{RUN}/model.safetensors",
        log=f"{RUN}/training.jsonl",
        summary=f"{RUN}/training.json",
    log:
        f"{RESULTS}/logs/{{run}}/train.log",
    benchmark:
        f"{RESULTS}/benchmarks/{{run}}.tsv"
    conda:
        "../../envs/conda.yaml"
    threads: threads_of
    resources:
        gpu=gpus_of,
    params:
        settings=lambda wildcards: text_of(job_of(wildcards).settings),
        code=lambda wildcards: code_of_run(job_of(wildcards), "train"),
    shell:
        f"python -m beyond_mle train {STUDY_ARGUMENTS} --run {{wildcards.run}} > {{log}} 2>&1"
