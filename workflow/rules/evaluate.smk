# Scores of a run: of its outputs, of its probabilities; the reference rows of tasks with known p; speed.


rule score:
    input:
        decoded=rules.decode.output,
        control=control_of,
        data=[RESULTS + "/data/{task}/test.jsonl", RESULTS + "/data/{task}/truth.jsonl"],
    output:
        f"{RESULTS}/runs/{RUN}/scores/{{decoder}}.json",
    params:
        data=RESULTS + "/data/{task}",
        run=RUN,
        control=lambda wildcards, input: f"--control {input.control}" if input.control else "",
        bootstrap_samples=STUDY.evaluation.bootstrap_samples,
        tokenize=lambda wildcards: study_config.entry(STUDY, "tasks", wildcards.task).cls.bleu_tokenize,
        code=code_id("beyond_mle.stages.score"),
    log:
        f"{RESULTS}/logs/{RUN}/score-{{decoder}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/{RUN}/score-{{decoder}}.tsv"
    conda:
        "../../envs/conda.yaml"
    shell:
        "python -m beyond_mle.stages.score --config {STUDY_FILE} --run {params.run} --data {params.data}"
        " --decoded {input.decoded} {params.control} --output {output} > {log} 2>&1"


rule evaluate:
    input:
        weights=rules.train.output.weights,
        data=[
            RESULTS + "/data/{task}/test.npz",
            RESULTS + "/data/{task}/vocabulary.json",
            RESULTS + "/data/{task}/truth.jsonl",
        ],
    output:
        f"{RESULTS}/runs/{RUN}/scores/model.json",
    params:
        data=RESULTS + "/data/{task}",
        run=RUN,
        settings=STUDY.evaluation.model_dump_json(),
        code=run_code("beyond_mle.stages.evaluate"),
    threads: lambda wildcards: training_of(wildcards).threads
    resources:
        gpu=lambda wildcards: int(training_of(wildcards).device == "cuda"),
    log:
        f"{RESULTS}/logs/{RUN}/evaluate.log",
    benchmark:
        f"{RESULTS}/benchmarks/{RUN}/evaluate.tsv"
    conda:
        "../../envs/conda.yaml"
    shell:
        "python -m beyond_mle.stages.evaluate --config {STUDY_FILE} --run {params.run} --data {params.data}"
        " --weights {input.weights} --output {output} > {log} 2>&1"


rule truth:
    input:
        RESULTS + "/data/{task}/test.jsonl",
        RESULTS + "/data/{task}/truth.jsonl",
    output:
        RESULTS + "/truth/{task}.json",
    params:
        data=RESULTS + "/data/{task}",
        settings=lambda wildcards: truth_settings(wildcards.task),
        code=task_code("beyond_mle.stages.truth"),
    log:
        RESULTS + "/logs/{task}/truth.log",
    benchmark:
        RESULTS + "/benchmarks/{task}/truth.tsv"
    conda:
        "../../envs/conda.yaml"
    shell:
        "python -m beyond_mle.stages.truth --config {STUDY_FILE} --task {wildcards.task} --data {params.data}"
        " --output {output} > {log} 2>&1"


# A measurement of this machine, not of the study: its figures differ from one time to the next.
rule speed:
    input:
        weights=lambda wildcards: [f"{RESULTS}/runs/{key}/model.safetensors" for key in speed_runs(wildcards.task)],
        data=[RESULTS + "/data/{task}/test.npz", RESULTS + "/data/{task}/vocabulary.json"],
    output:
        RESULTS + "/speed/{task}.json",
    params:
        data=RESULTS + "/data/{task}",
        runs=RESULTS + "/runs",
        keys=lambda wildcards: speed_runs(wildcards.task),
        sentences=STUDY.evaluation.speed_sentences,
        code=task_code("beyond_mle.stages.speed"),
    resources:
        gpu=lambda wildcards: int(any(STUDY.training[RUNS[k].training].device == "cuda" for k in speed_runs(wildcards.task))),
    log:
        RESULTS + "/logs/{task}/speed.log",
    conda:
        "../../envs/conda.yaml"
    shell:
        "python -m beyond_mle.stages.speed --config {STUDY_FILE} --runs {params.runs} --data {params.data}"
        " --only {params.keys} --output {output} > {log} 2>&1"
