# One training. Killed, it keeps its state beside its outputs (undeclared, so that Snakemake lets it be) and resumes.


rule train:
    input:
        study=ancient(STUDY_FILE),
        data=data_of_run("train.npz", "dev.npz", "dev.jsonl", "vocabulary.json"),
        start=start_of,
    output:
        weights=f"{RUN_FOLDER}/model.safetensors",
        metrics=f"{RUN_FOLDER}/training.jsonl",
        summary=f"{RUN_FOLDER}/training.json",
    log:
        f"{RESULTS}/logs/{{run}}/train.log",
    benchmark:
        f"{RESULTS}/benchmarks/{{run}}/train.tsv"
    conda:
        "../../envs/conda.yaml"
    threads: lambda wildcards: training_of(wildcards).threads
    resources:
        gpu=lambda wildcards: int(training_of(wildcards).device == "cuda"),
    params:
        data=data_folder,
        folder=run_folder,
        start=lambda wildcards, input: f"--start-from {input.start}" if input.start else "",
        settings=settings_of,
        code=run_code("beyond_mle.stages.train"),
    shell:
        "python -m beyond_mle.stages.train --config {input.study} --run {wildcards.run} --data {params.data}"
        " {params.start} --output {params.folder} > {log} 2>&1"


# Runs of one model and seed on one task, one after the other in one process, with everything that is made of them:
# for runs so short that starting Python would cost more than training.
for (task, model, seed), keys in SERIES.items():

    rule:
        name:
            f"series_{task}_{model}_{seed}".replace("-", "_")
        input:
            study=ancient(STUDY_FILE),
            data=expand(f"{RESULTS}/data/{task}/{{file}}", file=SERIES_DATA),
        output:
            series_files(keys),
        log:
            f"{RESULTS}/logs/{task}/{model}/seed{seed}.log",
        benchmark:
            f"{RESULTS}/benchmarks/{task}/{model}/seed{seed}.tsv"
        conda:
            "../../envs/conda.yaml"
        threads: max(STUDY.training[RUNS[key].training].threads for key in keys)
        resources:
            gpu=int(any(STUDY.training[RUNS[key].training].device == "cuda" for key in keys)),
        params:
            data=lambda wildcards, input: Path(input.data[0]).parent.as_posix(),
            runs=runs_folder,
            only=keys,
            settings=series_settings(keys),
        shell:
            "python -m beyond_mle.stages.series --config {input.study} --data {params.data} --runs {params.runs}"
            " --only {params.only} > {log} 2>&1"
