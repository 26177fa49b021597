# Source files → cleaned splits (and p, where it is known) → joint vocabulary → token ids.


rule download:
    output:
        "results/sources/{file}",
    log:
        "results/logs/download/{file}.log",
    benchmark:
        "results/benchmarks/download/{file}.tsv"
    conda:
        "../../envs/conda.yaml"
    params:
        mirror=MIRROR,
        code=code_id("beyond_mle.stages.download"),
    shell:
        "python -m beyond_mle.stages.download --catalogue config/sources.yaml --name {wildcards.file}"
        " {params.mirror} --output {output} > {log} 2>&1"


rule prepare:
    input:
        source_files_of,
        study=ancient(STUDY_FILE),
    output:
        train=f"{DATA}/train.jsonl",
        dev=f"{DATA}/dev.jsonl",
        test=f"{DATA}/test.jsonl",
        truth=f"{DATA}/truth.jsonl",
        cleaning=f"{DATA}/cleaning.json",
    log:
        f"{RESULTS}/logs/{{task}}/prepare.log",
    benchmark:
        f"{RESULTS}/benchmarks/{{task}}/prepare.tsv"
    conda:
        "../../envs/conda.yaml"
    params:
        data=data_folder,
        settings=task_settings,
        code=task_code("beyond_mle.stages.prepare"),
    shell:
        "python -m beyond_mle.stages.prepare --config {input.study} --task {wildcards.task}"
        " --sources results/sources --output {params.data} > {log} 2>&1"


rule vocabulary:
    input:
        train=rules.prepare.output.train,
        study=ancient(STUDY_FILE),
    output:
        f"{DATA}/vocabulary.json",
    log:
        f"{RESULTS}/logs/{{task}}/vocabulary.log",
    benchmark:
        f"{RESULTS}/benchmarks/{{task}}/vocabulary.tsv"
    conda:
        "../../envs/conda.yaml"
    params:
        settings=task_settings,
        code=task_code("beyond_mle.stages.vocabulary"),
    shell:
        "python -m beyond_mle.stages.vocabulary --config {input.study} --task {wildcards.task}"
        " --train {input.train} --output {output} > {log} 2>&1"


rule encode:
    input:
        rules.prepare.output.train,
        rules.prepare.output.dev,
        rules.prepare.output.test,
        vocabulary=rules.vocabulary.output,
    output:
        f"{DATA}/train.npz",
        f"{DATA}/dev.npz",
        f"{DATA}/test.npz",
    log:
        f"{RESULTS}/logs/{{task}}/encode.log",
    benchmark:
        f"{RESULTS}/benchmarks/{{task}}/encode.tsv"
    conda:
        "../../envs/conda.yaml"
    params:
        data=data_folder,
        code=code_id("beyond_mle.stages.encode"),
    shell:
        "python -m beyond_mle.stages.encode --data {params.data} --vocabulary {input.vocabulary}"
        " --output {params.data} > {log} 2>&1"
