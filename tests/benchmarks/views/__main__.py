"""The benchmark on real conflicts: forecast each country and window, and score it beside its rivals.

`make bench-views DATA=<folder> WINDOWS=2018,2019,2020,2021 [COUNTRIES=all] [OUT=<folder>]`; see docs/backtest.md.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from benchmarks.views.folder import DataError, read_folder
from benchmarks.views.report import print_report, write_report
from benchmarks.views.run import run_benchmark

DATA = Path(__file__).parent / "data"
_CACHE = Path(__file__).parents[3] / ".cache" / "compile"


def main() -> int:
    """Run it; 1 where the data cannot be read or the scoring does not reproduce the benchmarks' own scores."""
    arguments = _arguments()
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"  {time.monotonic() - began:5.0f} s  {text}", file=sys.stderr, flush=True)

    try:
        folder = read_folder(arguments.data)
        result = run_benchmark(
            folder,
            windows=arguments.windows,
            everywhere=arguments.countries == "all",
            processes=arguments.processes,
            cache=_CACHE,
            say=say,
        )
    except DataError as error:
        print(f"bench-views: {error}", file=sys.stderr)
        return 1
    say("done")
    print_report(result)
    if arguments.out is not None:
        write_report(result, arguments.out)
        print(f"written to {arguments.out}")
    return 0 if result.proof.holds else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench-views", description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="folder with ucdp/ and views/")
    parser.add_argument("--windows", type=_years, required=True, help="years, such as 2018,2019")
    parser.add_argument("--countries", choices=["12", "all"], default="12", help="the 12 or all; 12 where left out")
    parser.add_argument("--processes", type=int, default=2, help="fits at a time; 2 where left out")
    parser.add_argument("--out", type=Path, help="folder for table.csv, forecasts.csv.gz, draws.npz, calibration.csv")
    return parser.parse_args()


def _years(text: str) -> tuple[int, ...]:
    try:
        return tuple(sorted({int(year) for year in text.split(",")}))
    except ValueError:
        wanted = f"{text!r}: wanted are years with commas between them, such as 2018,2019"
        raise argparse.ArgumentTypeError(wanted) from None


if __name__ == "__main__":
    sys.exit(main())
