# Test outputs of one run under one decoder.


rule decode:
    input:
        weights=rules.train.output.weights,
        test=RESULTS + "/data/{task}/test.npz",
        vocabulary=RESULTS + "/data/{task}/vocabulary.json",
    output:
        f"{RESULTS}/runs/{RUN}/decoded/{{decoder}}.jsonl",
    params:
        data=RESULTS + "/data/{task}",
        run=RUN,
        decoder=lambda wildcards: study_config.entry(STUDY, "decoders", wildcards.decoder).settings,
        batch_size=STUDY.evaluation.batch_size,
        code=run_code("beyond_mle.stages.decode"),
    threads: lambda wildcards: training_of(wildcards).threads
    resources:
        gpu=lambda wildcards: int(training_of(wildcards).device == "cuda"),
    log:
        f"{RESULTS}/logs/{RUN}/decode-{{decoder}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/{RUN}/decode-{{decoder}}.tsv"
    conda:
        "../../envs/conda.yaml"
    shell:
        "python -m beyond_mle.stages.decode --config {STUDY_FILE} --run {params.run} --decoder {wildcards.decoder}"
        " --data {params.data} --weights {input.weights} --output {output} > {log} 2>&1"
