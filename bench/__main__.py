"""`python -m bench`: runs every scenario, shows what was found beside the last run, and keeps it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench.report import run


def main() -> None:
    """Runs the command line."""
    parser = argparse.ArgumentParser(prog="bench", description="What Callisto costs on this machine, beside a naive variant.")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results here too")
    parser.add_argument("--quick", action="store_true", help="a few sockets and short windows: does it work, not how fast")
    parser.add_argument("--only", default="", metavar="NAMES", help="these scenarios, separated by commas; nothing is kept")
    options = parser.parse_args()
    sys.exit(run(options.json, options.quick, options.only))


if __name__ == "__main__":
    main()
