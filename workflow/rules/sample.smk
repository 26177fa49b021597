# The outputs of one run by one decoder, for the test split.


rule sample:
    input:
        prepared=prepared_of,
        weights=rules.train.output.weights,
        summary=rules.train.output.summary,
    output:
        f"{RUN}/outputs/{{decoder}}.jsonl",
    log:
        f"{RESULTS}/logs/{{run}}/sample-{{decoder}}.log",
    conda:
        "../../envs/conda.yaml"
    threads: threads_of
    resources:
        gpu=gpus_of,
    params:
        decoder=lambda wildcards: text_of(job_of(wildcards).decoders[wildcards.decoder].settings),
        batch_size=STUDY.evaluation.batch_size,
        code=lambda wildcards: code_of_run(job_of(wildcards), "sample", wildcards.decoder),
    shell:
        f"python -m beyond_mle sample {STUDY_ARGUMENTS} --run {{wildcards.run}} --decoder {{wildcards.decoder}}"
        " > {log} 2>&1"
