# Source files → cleaned splits (and p, where it is known) → joint vocabulary → token ids.


rule download:
    output:
        "results/sources/{file}",
    params:
        mirror="--mirror " + shlex.quote(STUDY.mirror) if STUDY.mirror else "",
        code=code_id("beyond_mle.stages.download"),
    log:
        "results/logs/download/{file}.log",
    conda:
        "../../envs/conda.yaml"
    shell:
        "python -m beyond_mle.stages.download --catalogue config/sources.yaml --name {wildcards.file}"
        " {params.mirror} --output {output} > {log} 2>&1"


rule prepare:
    input:
        source_files_of,
    output:
        train=RESULTS + "/data/{task}/train.jsonl",
        dev=RESULTS + "/data/{task}/dev.jsonl",
        test=RESULTS + "/data/{task}/test.jsonl",
        truth=RESULTS + "/data/{task}/truth.jsonl",
        cleaning=RESULTS + "/data/{task}/cleaning.json",
    params:
        folder=RESULTS + "/data/{task}",
        settings=task_settings,
        code=task_code("beyond_mle.stages.prepare"),
    log:
        RESULTS + "/logs/{task}/prepare.log",
    benchmark:
        RESULTS + "/benchmarks/{task}/prepare.tsv"
    conda:
        "../../envs/conda.yaml"
    shell:
        "python -m beyond_mle.stages.prepare --config {STUDY_FILE} --task {wildcards.task}"
        " --sources results/sources --output {params.folder} > {log} 2>&1"


rule vocabulary:
    input:
        rules.prepare.output.train,
    output:
        RESULTS + "/data/{task}/vocabulary.json",
    params:
        settings=task_settings,
        code=task_code("beyond_mle.stages.vocabulary"),
    log:
        RESULTS + "/logs/{task}/vocabulary.log",
    benchmark:
        RESULTS + "/benchmarks/{task}/vocabulary.tsv"
    conda:
        "../../envs/conda.yaml"
    shell:
        "python -m beyond_mle.stages.vocabulary --config {STUDY_FILE} --task {wildcards.task}"
        " --train {input} --output {output} > {log} 2>&1"


rule encode:
    input:
        rules.prepare.output.train,
        rules.prepare.output.dev,
        rules.prepare.output.test,
        vocabulary=rules.vocabulary.output,
    output:
        RESULTS + "/data/{task}/train.npz",
        RESULTS + "/data/{task}/dev.npz",
        RESULTS + "/data/{task}/test.npz",
    params:
        folder=RESULTS + "/data/{task}",
        code=code_id("beyond_mle.stages.encode"),
    log:
        RESULTS + "/logs/{task}/encode.log",
    benchmark:
        RESULTS + "/benchmarks/{task}/encode.tsv"
    conda:
        "../../envs/conda.yaml"
    shell:
        "python -m beyond_mle.stages.encode --data {params.folder} --vocabulary {input.vocabulary}"
        " --output {params.folder} > {log} 2>&1"
