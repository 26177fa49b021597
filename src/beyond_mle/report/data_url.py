"""Addresses that hold a whole text file, for pages that open without any other file."""

from urllib.parse import quote

_PLAIN = " ;:/=(),.-?!*+@$|[]{}^~_"
"""Characters that may stand as they are between double quotes; base64 would take a third more room."""


def data_url(text: str, kind: str) -> str:
    """The address of a text file.

    Args:
        text: what the file holds.
        kind: its media type, such as `text/csv`.

    >>> data_url("a,b\\n", "text/csv")
    'data:text/csv;charset=utf-8,a,b%0A'
    """
    return f"data:{kind};charset=utf-8,{quote(text, safe=_PLAIN)}"
