"""Errors that a user can mend become one line."""

import errno

import pytest

from beyond_mle.errors import UserError, exit_cleanly, nearest


def test_the_nearest_name_is_offered() -> None:
    assert nearest("convex", ["mle", "convex-exp"]) == "did you mean 'convex-exp'? Valid: convex-exp, mle"
    assert nearest("zzz", ["mle"]) == "Valid: mle"


@pytest.mark.parametrize(
    ("raised", "line"),
    [
        (UserError("a.yaml: no such file"), "error: a.yaml: no such file"),
        (OSError(errno.ENOSPC, "No space left on device"), "error: the disk is full; make room"),
    ],
)
def test_a_known_error_is_one_line(raised: Exception, line: str) -> None:
    def main() -> None:
        raise raised

    with pytest.raises(SystemExit) as stopped:
        exit_cleanly(main)
    assert str(stopped.value).startswith(line)


def test_a_defect_keeps_its_traceback() -> None:
    def main() -> None:
        raise OSError(errno.EPERM, "not permitted")

    with pytest.raises(OSError, match="not permitted"):
        exit_cleanly(main)
