# Test outputs of one run under one decoder.


rule decode:
    input:
        study=ancient(STUDY_FILE),
        weights=rules.train.output.weights,
        data=data_of_run("test.npz", "vocabulary.json"),
    output:
        f"{RUN_FOLDER}/decoded/{{decoder}}.jsonl",
    log:
        f"{RESULTS}/logs/{{run}}/decode-{{decoder}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/{{run}}/decode-{{decoder}}.tsv"
    conda:
        "../../envs/conda.yaml"
    threads: lambda wildcards: training_of(wildcards).threads
    resources:
        gpu=lambda wildcards: int(training_of(wildcards).device == "cuda"),
    params:
        data=data_folder,
        decoder=lambda wildcards: study_config.entry(STUDY, "decoders", wildcards.decoder).settings,
        batch_size=STUDY.evaluation.batch_size,
        code=run_code("beyond_mle.stages.decode"),
    shell:
        "python -m beyond_mle.stages.decode --config {input.study} --run {wildcards.run} --decoder {wildcards.decoder}"
        " --data {params.data} --weights {input.weights} --output {output} > {log} 2>&1"
