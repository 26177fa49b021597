# One training. Killed, it keeps its state beside its outputs (undeclared, so that Snakemake lets it be) and resumes.


rule train:
    input:
        train=RESULTS + "/data/{task}/train.npz",
        dev=[RESULTS + "/data/{task}/dev.npz", RESULTS + "/data/{task}/dev.jsonl"],
        vocabulary=RESULTS + "/data/{task}/vocabulary.json",
        start=start_of,
    output:
        weights=f"{RESULTS}/runs/{RUN}/model.safetensors",
        metrics=f"{RESULTS}/runs/{RUN}/training.jsonl",
        summary=f"{RESULTS}/runs/{RUN}/training.json",
    params:
        data=RESULTS + "/data/{task}",
        run=RUN,
        folder=f"{RESULTS}/runs/{RUN}",
        start=lambda wildcards, input: f"--start-from {input.start}" if input.start else "",
        settings=settings_of,
        code=run_code("beyond_mle.stages.train"),
    threads: lambda wildcards: training_of(wildcards).threads
    resources:
        gpu=lambda wildcards: int(training_of(wildcards).device == "cuda"),
    log:
        f"{RESULTS}/logs/{RUN}/train.log",
    benchmark:
        f"{RESULTS}/benchmarks/{RUN}/train.tsv"
    conda:
        "../../envs/conda.yaml"
    shell:
        "python -m beyond_mle.stages.train --config {STUDY_FILE} --run {params.run} --data {params.data}"
        " {params.start} --output {params.folder} > {log} 2>&1"
