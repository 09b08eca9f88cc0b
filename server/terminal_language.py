"""Which language the terminal is set to, as the BCP 47 tag a client names its language by."""

from __future__ import annotations

import os


def terminal_language() -> str:
    """The tag of the first that is set of LC_ALL, LC_MESSAGES and LANG: "de_AT.UTF-8" is "de-AT". Empty for none, and for "C"."""
    named = next((each for each in map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG")) if each), "")
    tag = named.partition(".")[0].partition("@")[0].replace("_", "-")
    return "" if tag in ("C", "POSIX") else tag[:35]
