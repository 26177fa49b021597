# Source files → the folder of a task: splits, vocabulary, token ids, p where it is known.


rule download:
    output:
        "results/sources/{file}",
    log:
        "results/logs/download/{file}.log",
    conda:
        "../../envs/conda.yaml"
    params:
        mirror=MIRROR,
        code=code_of("download"),
    shell:
        "python -m beyond_mle download --catalogue config/sources.yaml --name {wildcards.file}"
        " {params.mirror} --output {output} > {log} 2>&1"


rule prepare:
    input:
        source_files_of,
    output:
        f"{RESULTS}/data/{{task}}/prepared.json",
    log:
        f"{RESULTS}/logs/{{task}}/prepare.log",
    conda:
        "../../envs/conda.yaml"
    params:
        settings=lambda wildcards: text_of(TASKS[wildcards.task].settings),
        code=lambda wildcards: code_of("prepare", [TASKS[wildcards.task]]),
    shell:
        f"python -m beyond_mle prepare {STUDY_ARGUMENTS} --task {{wildcards.task}}"
        " --sources results/sources > {log} 2>&1"
