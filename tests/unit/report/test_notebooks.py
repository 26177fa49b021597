def test_x(finished, scores):
    import shutil; shutil.rmtree("/tmp/pt/tiny",ignore_errors=True); shutil.copytree(finished,"/tmp/pt/tiny")
    print(scores.groupby(["task","model","objective"]).size()); print(list(scores))
