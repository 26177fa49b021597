"""The file of decoding speeds."""

import json


def test_every_decoder_of_every_run_is_measured(finished):
    keys = ["g/transformer/mle/seed1", "g/transformer/convex-exp,order=1/seed1"]
    finished.run("speed", task="g", only=keys)
    rows = json.loads(finished.layout.speed("g").read_text())
    assert {(row["model"], row["objective"], row["decoder"]) for row in rows} == {
        ("transformer", objective, decoder)
        for objective in ("mle", "convex-exp,order=1")
        for decoder in ("greedy", "sample")
    }
    assert all(row["sentences_per_second"] > 0 and row["latency_ms"] > 0 and row["batch"] == 2 for row in rows)
    assert {row["device"].split()[0] for row in rows} == {"CPU"}


def test_unknown_and_untrained_runs_are_one_line(finished):
    assert "has no run 'g/mle'" in finished.refused("speed", task="g", only=["g/mle"])
    finished.layout.weights("g/transformer/mle/seed1").unlink()
    assert "no such checkpoint" in finished.refused("speed", task="g", only=["g/transformer/mle/seed1"])
    assert not finished.layout.speed("g").exists()
