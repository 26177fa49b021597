"""Errors that a user can mend: one clear line each, naming what is wrong and the remedy."""

import difflib
import errno
import sys
from collections.abc import Callable, Iterable


class UserError(Exception):
    """Something outside the code is wrong (a key, a file, a line); the message is all the user needs."""


def nearest(name: str, valid: Iterable[str]) -> str:
    """The advice that follows an unknown name: the nearest valid one, and all of them.

    >>> nearest("convex", ["mle", "convex-exp"])
    "did you mean 'convex-exp'? Valid: convex-exp, mle"
    """
    choices = sorted(valid)
    close = difflib.get_close_matches(name, choices, n=1, cutoff=0.5)
    hint = f"did you mean '{close[0]}'? " if close else ""
    return f"{hint}Valid: {', '.join(choices)}"


def exit_cleanly(main: Callable[[], None]) -> None:
    """Run a command line; a `UserError` or a full disk becomes one line on stderr and exit status 1."""
    try:
        main()
    except UserError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        sys.exit("error: the disk is full; make room and run the same command again")
