# What is measured: every run by every yardstick; outputs by COMET, where the study names a model of it; speed; and the
# mathematics that needs no run.


rule measure:
    input:
        prepared=prepared_of,
        weights=rules.train.output.weights,
        summary=rules.train.output.summary,
        outputs=outputs_of,
    output:
        scores=f"{RUN}/scores.json",
        per_item=f"{RUN}/items.npz",
    log:
        f"{RESULTS}/logs/{{run}}/measure.log",
    conda:
        "../../envs/conda.yaml"
    threads: threads_of
    resources:
        gpu=gpus_of,
    params:
        yardsticks=text_of({kind: entry.settings for kind, entry in study_jobs.yardsticks(STUDY).items()}),
        evaluation=STUDY.evaluation.model_dump_json(include={"batch_tokens"}),
        objective=lambda wildcards: text_of(job_of(wildcards).objective.settings),
        code=lambda wildcards: code_of_measuring(STUDY, job_of(wildcards)),
    shell:
        f"python -m beyond_mle measure {STUDY_ARGUMENTS} --run {{wildcards.run}} > {{log}} 2>&1"


if STUDY.evaluation.comet_model is not None:

    rule comet:
        input:
            prepared=prepared_of,
            outputs=rules.sample.output,
        output:
            f"{RUN}/comet/{{decoder}}.json",
        log:
            f"{RESULTS}/logs/{{run}}/comet-{{decoder}}.log",
        conda:
            "../../envs/comet.yaml"
        resources:
            gpu=gpus_of,
        params:
            data=lambda wildcards: LAYOUT.data(job_of(wildcards).run.task.label).as_posix(),
            model=shlex.quote(STUDY.evaluation.comet_model),
            code=code_id("beyond_mle.stages.comet"),
        shell:
            "PYTHONPATH=src python -m beyond_mle comet --model {params.model} --gpus {resources.gpu}"
            " --data {params.data} --outputs {input.outputs} --output {output} > {log} 2>&1"


# A measurement of this machine, not of the study: its figures differ from one time to the next.
rule speed:
    input:
        weights=lambda wildcards: [LAYOUT.weights(key).as_posix() for key in SPEED_RUNS[wildcards.task]],
        prepared=f"{RESULTS}/data/{{task}}/prepared.json",
    output:
        f"{RESULTS}/speed/{{task}}.json",
    log:
        f"{RESULTS}/logs/{{task}}/speed.log",
    conda:
        "../../envs/conda.yaml"
    resources:
        gpu=lambda wildcards: max(
            int(JOBS[key].solver.options.device == "cuda") for key in SPEED_RUNS[wildcards.task]
        ),
    params:
        only=lambda wildcards: SPEED_RUNS[wildcards.task],
        sentences=STUDY.evaluation.speed_sentences,
        code=lambda wildcards: code_of(
            "speed",
            [
                entry
                for key in SPEED_RUNS[wildcards.task]
                for entry in (JOBS[key].model, *JOBS[key].decoders.values())
            ],
        ),
    shell:
        f"python -m beyond_mle speed {STUDY_ARGUMENTS} --task {{wildcards.task}} --only {{params.only}}"
        " > {log} 2>&1"


rule identities:
    output:
        rows=f"{RESULTS}/identities.csv",
        errata=f"{RESULTS}/tables/errata.csv",
    log:
        f"{RESULTS}/logs/identities.log",
    conda:
        "../../envs/conda.yaml"
    params:
        checks=STUDY.checks.model_dump_json(),
        code=code_of("identities"),
    shell:
        f"python -m beyond_mle identities {STUDY_ARGUMENTS} > {{log}} 2>&1"
