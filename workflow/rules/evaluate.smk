# Scores of a run: of its outputs (by COMET too, where the study names a model of it) and of its probabilities; the
# reference rows of tasks with known p; speed.


rule score:
    input:
        study=ancient(STUDY_FILE),
        decoded=rules.decode.output,
        control=control_of,
        data=data_of_run("test.jsonl", "truth.jsonl"),
    output:
        f"{RUN_FOLDER}/scores/{{decoder}}.json",
    log:
        f"{RESULTS}/logs/{{run}}/score-{{decoder}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/{{run}}/score-{{decoder}}.tsv"
    conda:
        "../../envs/conda.yaml"
    params:
        data=data_folder,
        control=lambda wildcards, input: f"--control {input.control}" if input.control else "",
        bootstrap_samples=STUDY.evaluation.bootstrap_samples,
        task=task_settings,
        code=code_id("beyond_mle.stages.score"),
    shell:
        "python -m beyond_mle.stages.score --config {input.study} --run {wildcards.run} --data {params.data}"
        " --decoded {input.decoded} {params.control} --output {output} > {log} 2>&1"


# Of the runs made together too: COMET has an environment of its own.
if STUDY.evaluation.comet_model is not None:

    rule comet:
        input:
            decoded=f"{RUN_FOLDER}/decoded/{{decoder}}.jsonl",
            data=data_of_run("test.jsonl"),
        output:
            f"{RUN_FOLDER}/scores/{{decoder}}.comet.json",
        log:
            f"{RESULTS}/logs/{{run}}/comet-{{decoder}}.log",
        benchmark:
            f"{RESULTS}/benchmarks/{{run}}/comet-{{decoder}}.tsv"
        wildcard_constraints:
            run="|".join(RUNS),
        conda:
            "../../envs/comet.yaml"
        resources:
            gpu=lambda wildcards: int(training_of(wildcards).device == "cuda"),
        params:
            data=data_folder,
            model=shlex.quote(STUDY.evaluation.comet_model),
            code=code_id("beyond_mle.stages.comet"),
        shell:
            "PYTHONPATH=src python -m beyond_mle.stages.comet --model {params.model} --gpus {resources.gpu}"
            " --data {params.data} --decoded {input.decoded} --output {output} > {log} 2>&1"


rule evaluate:
    input:
        study=ancient(STUDY_FILE),
        weights=rules.train.output.weights,
        data=data_of_run("test.npz", "vocabulary.json", "truth.jsonl"),
    output:
        f"{RUN_FOLDER}/scores/model.json",
    log:
        f"{RESULTS}/logs/{{run}}/evaluate.log",
    benchmark:
        f"{RESULTS}/benchmarks/{{run}}/evaluate.tsv"
    conda:
        "../../envs/conda.yaml"
    threads: lambda wildcards: training_of(wildcards).threads
    resources:
        gpu=lambda wildcards: int(training_of(wildcards).device == "cuda"),
    params:
        data=data_folder,
        settings=STUDY.evaluation.model_dump_json(exclude={"comet_model"}),
        code=run_code("beyond_mle.stages.evaluate"),
    shell:
        "python -m beyond_mle.stages.evaluate --config {input.study} --run {wildcards.run} --data {params.data}"
        " --weights {input.weights} --output {output} > {log} 2>&1"


rule truth:
    input:
        f"{DATA}/test.jsonl",
        f"{DATA}/truth.jsonl",
        study=ancient(STUDY_FILE),
    output:
        f"{RESULTS}/truth/{{task}}.json",
    log:
        f"{RESULTS}/logs/{{task}}/truth.log",
    benchmark:
        f"{RESULTS}/benchmarks/{{task}}/truth.tsv"
    conda:
        "../../envs/conda.yaml"
    params:
        data=data_folder,
        settings=lambda wildcards: truth_settings(wildcards.task),
        code=task_code("beyond_mle.stages.truth"),
    shell:
        "python -m beyond_mle.stages.truth --config {input.study} --task {wildcards.task} --data {params.data}"
        " --output {output} > {log} 2>&1"


# A measurement of this machine, not of the study: its figures differ from one time to the next.
rule speed:
    input:
        study=ancient(STUDY_FILE),
        weights=lambda wildcards: [
            f"{RESULTS}/runs/{key}/model.safetensors" for key in speed_runs(wildcards.task)
        ],
        data=[f"{DATA}/test.npz", f"{DATA}/vocabulary.json"],
    output:
        f"{RESULTS}/speed/{{task}}.json",
    log:
        f"{RESULTS}/logs/{{task}}/speed.log",
    benchmark:
        f"{RESULTS}/benchmarks/{{task}}/speed.tsv"
    conda:
        "../../envs/conda.yaml"
    resources:
        gpu=lambda wildcards: int(
            STUDY.training[RUNS[speed_runs(wildcards.task)[0]].training].device == "cuda"
        ),
    params:
        data=data_folder,
        runs=runs_folder,
        only=lambda wildcards: speed_runs(wildcards.task),
        sentences=STUDY.evaluation.speed_sentences,
        code=task_code("beyond_mle.stages.speed"),
    shell:
        "python -m beyond_mle.stages.speed --config {input.study} --runs {params.runs} --data {params.data}"
        " --only {params.only} --output {output} > {log} 2>&1"
