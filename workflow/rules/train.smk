# One training. Killed, it keeps its state beside its outputs (undeclared, so that Snakemake lets it be) and resumes.


rule train:
    input:
        study=ancient(STUDY_FILE),
        train=f"{DATA}/train.npz",
        dev=[f"{DATA}/dev.npz", f"{DATA}/dev.jsonl"],
        vocabulary=f"{DATA}/vocabulary.json",
        start=start_of,
    output:
        weights=f"{RUN_FOLDER}/model.safetensors",
        metrics=f"{RUN_FOLDER}/training.jsonl",
        summary=f"{RUN_FOLDER}/training.json",
    log:
        f"{RESULTS}/logs/{RUN}/train.log",
    benchmark:
        f"{RESULTS}/benchmarks/{RUN}/train.tsv"
    conda:
        "../../envs/conda.yaml"
    threads: lambda wildcards: training_of(wildcards).threads
    resources:
        gpu=lambda wildcards: int(training_of(wildcards).device == "cuda"),
    params:
        data=data_folder,
        run=RUN,
        folder=run_folder,
        start=lambda wildcards, input: f"--start-from {input.start}" if input.start else "",
        settings=settings_of,
        code=run_code("beyond_mle.stages.train"),
    shell:
        "python -m beyond_mle.stages.train --config {input.study} --run {params.run} --data {params.data}"
        " {params.start} --output {params.folder} > {log} 2>&1"
