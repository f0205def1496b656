"""Measures the suite against its yardsticks. Run it as `ops/bench`; `ops/bench --help` says how."""

import argparse
import json
import pathlib
import signal
import sys
import textwrap

import machine
import rows
from harness import Bench, NotMeasured

DESCRIPTION = """\
Prints a table of ratios. Every row is measured against its yardstick, alternated A B A B in this run, and shows the
medians of the rounds (the ratio is the median of the rounds' ratios). Only ratios mean anything: the same machine can
be twice as fast an hour later. Rounds in which other guests of the host stole more than 5 % of the CPU are discarded
and repeated."""
EPILOG = """\
examples:
  ops/bench                          every row; about a quarter of an hour, without the builds
  ops/bench echo-64 sqlite           two rows
  ops/bench events --events 10000000 one row, of ten million events
  ops/bench --json figures.json      the table, and an array of {name, ours, yardstick, unit, ratio, aim, met}
  ops/bench --calibrate echo-64      the yardstick against itself: how far from 1.0 this machine's noise reaches"""


class OutOfTime(Exception):
    """The run took longer than it may."""


def parse_arguments():
    parser = argparse.ArgumentParser(prog="ops/bench", description=DESCRIPTION, epilog=EPILOG,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="rows to measure (default: all)")
    parser.add_argument("--list", action="store_true", help="print the rows and their aims, measure nothing")
    parser.add_argument("--json", metavar="FILE", type=pathlib.Path, help="also write the figures as JSON")
    parser.add_argument("--pairs", type=int, default=5, metavar="N", help="rounds a row (default: 5)")
    parser.add_argument("--seconds", type=float, default=3, metavar="S", help="length of a round's half (default: 3)")
    parser.add_argument("--messages", type=int, default=100_000, metavar="N",
                        help="length of a half that writes to disk (default: 100,000)")
    parser.add_argument("--history", type=int, default=1_000_000, metavar="N",
                        help="rows a database holds before it is measured, ours and theirs (default: 1,000,000)")
    parser.add_argument("--events", type=int, default=1_000_000, metavar="N",
                        help="events of experiments that a round aggregates (default: 1,000,000)")
    parser.add_argument("--minutes", type=float, default=60, metavar="M", help="end after so long (default: 60)")
    parser.add_argument("--directory", metavar="DIR", help="where to put databases (default: the temporary directory)")
    parser.add_argument("--calibrate", action="store_true", help="measure yardsticks against themselves")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in rows.BY_NAME]
    if unknown:
        parser.error(f"no row {', '.join(unknown)}; ops/bench --list shows them")
    if min(arguments.pairs, arguments.seconds, arguments.messages, arguments.history, arguments.events,
           arguments.minutes) <= 0:
        parser.error("every number must be positive")
    return arguments


def figure(value):
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def print_table(measured):
    titles = ("name", "ours", "yardstick", "unit", "ratio", "aim", "met")
    lines = [titles]
    for row, result in measured:
        met = "–" if result["met"] is None else "yes" if result["met"] else "NO"
        lines.append((row.name, figure(result["ours"]), figure(result["yardstick"]), row.unit,
                      figure(result["ratio"]), str(row.aim), met))
    widths = [max(len(line[column]) for line in lines) for column in range(len(titles))]
    for number, line in enumerate(lines):
        cells = [cell.rjust(width) if column in (1, 2, 4) else cell.ljust(width)
                 for column, (cell, width) in enumerate(zip(line, widths))]
        print("  ".join(cells).rstrip())
        if number == 0:
            print("  ".join("─" * width for width in widths))


def measure(row, bench):
    """One row as the JSON file holds it. What could not be measured says so on standard error and has no figures."""
    print(f"{row.name}: {row.title} …", file=sys.stderr, flush=True)
    ours = yardstick = ratio = met = None
    try:
        ours, yardstick, ratio = row.measure(bench)
        met = row.is_met(ours, ratio)
    except NotMeasured as reason:
        print(textwrap.indent(f"not measured: {reason}", "  "), file=sys.stderr, flush=True)
    return {"name": row.name, "ours": ours, "yardstick": yardstick, "unit": row.unit, "ratio": ratio,
            "aim": str(row.aim), "met": met}


def out_of_time(*_):
    raise OutOfTime("out of time: --minutes allows more")


def terminated(*_):
    raise KeyboardInterrupt


def main():
    arguments = parse_arguments()
    chosen = [row for row in rows.ROWS if not arguments.names or row.name in arguments.names]
    if arguments.list:
        for row in chosen:
            print(f"{row.name:16} {str(row.aim):9} {row.title}; against {row.against}")
        return 0
    signal.signal(signal.SIGALRM, out_of_time)
    signal.signal(signal.SIGTERM, terminated)  # so that what was started is ended
    signal.setitimer(signal.ITIMER_REAL, arguments.minutes * 60)
    measured = []
    status = 0
    with machine.Workshop(arguments.directory) as workshop:
        if machine.filesystem_of(workshop.directory) == "tmpfs":
            print(f"{workshop.directory} is in memory, where durability costs nothing: use --directory on a disk",
                  file=sys.stderr)
        bench = Bench(workshop, arguments)
        try:
            for row in chosen:
                measured.append((row, measure(row, bench)))
        except (OutOfTime, KeyboardInterrupt) as reason:
            print(f"stopped: {reason or 'interrupted'}", file=sys.stderr)
            status = 1
        signal.setitimer(signal.ITIMER_REAL, 0)
    print_table(measured)
    if arguments.json:
        arguments.json.write_text(json.dumps([result for _, result in measured], indent=2, ensure_ascii=False) + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
