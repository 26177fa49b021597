# Results that need no data: exact fits where p is known.


rule illustrate:
    input:
        study=ancient(STUDY_FILE),
    output:
        f"{RESULTS}/tables/gaussian_illustration.csv",
        f"{RESULTS}/illustration/histogram.csv",
        f"{RESULTS}/illustration/monte_carlo.csv",
        f"{RESULTS}/illustration/surface.csv",
    log:
        f"{RESULTS}/logs/illustrate.log",
    benchmark:
        f"{RESULTS}/benchmarks/illustrate.tsv"
    conda:
        "../../envs/conda.yaml"
    params:
        results=results_folder,
        settings=STUDY.illustration.model_dump_json(),
        code=code_id("beyond_mle.stages.illustrate"),
    shell:
        "python -m beyond_mle.stages.illustrate --config {input.study} --output {params.results} > {log} 2>&1"


rule sharpen:
    input:
        study=ancient(STUDY_FILE),
    output:
        f"{RESULTS}/tables/sharpening_theory.csv",
        f"{RESULTS}/tables/scheduled_sampling_theory.csv",
        f"{RESULTS}/tables/errata.csv",
    log:
        f"{RESULTS}/logs/sharpen.log",
    benchmark:
        f"{RESULTS}/benchmarks/sharpen.tsv"
    conda:
        "../../envs/conda.yaml"
    params:
        tables=tables_folder,
        settings=STUDY.theory.model_dump_json(),
        code=code_id("beyond_mle.stages.sharpen", "beyond_mle.objectives.likelihood"),
    shell:
        "python -m beyond_mle.stages.sharpen --config {input.study} --output {params.tables} > {log} 2>&1"


rule compete:
    input:
        study=ancient(STUDY_FILE),
    output:
        f"{RESULTS}/tables/adversarial_plane.csv",
        f"{RESULTS}/adversarial/samples.csv",
    log:
        f"{RESULTS}/logs/adversarial.log",
    benchmark:
        f"{RESULTS}/benchmarks/adversarial.tsv"
    conda:
        "../../envs/conda.yaml"
    params:
        results=results_folder,
        settings=STUDY.adversarial.model_dump_json(),
        code=code_id("beyond_mle.stages.adversarial"),
    shell:
        "python -m beyond_mle.stages.adversarial --config {input.study} --output {params.results} > {log} 2>&1"
