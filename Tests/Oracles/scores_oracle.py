"""An independent judge for scores: each figure from its definition, over whole lists, with Python's fractions.

Prints a corpus with fixed seed, one case a line; "-" where there is none:

    s <day>:<amount>,… <end> <first> <last> <frequency> <recency> <age> <silence> <average> <value> <unsummed>
    t <new days> <at risk days> <churned days> <first> <last> <end> <stage>
    q <value>,… <score>,…

An amount x was paid in another currency; one below 0 was given back. Quintiles are counted value by value.

Usage: scores_oracle.py [number of cases]
"""

import random
import sys
from fractions import Fraction

SEED = 1_905


def summary(chance):
    days = sorted(chance.randint(9_000, 9_000 + chance.choice((3, 30, 600))) for _ in range(chance.randint(0, 12)))
    amounts = [chance.choice(("x", 0, -chance.randint(1, 10 ** 6), chance.randint(1, 10 ** chance.choice((1, 6, 18)))))
               for _ in days]
    end = (days[-1] if days else 9_000) + chance.randint(0, 400)
    bought = [(day, amount) for day, amount in zip(days, amounts) if amount == "x" or amount >= 0]
    summed = [amount for amount in amounts if amount != "x"]
    distinct = sorted({day for day, _ in bought})
    figures = ["-"] * 6 + ["-"]
    if distinct:
        again = distinct[1:]
        totals = [sum(amount for on, amount in bought if on == day and amount != "x") for day in again
                  if any(on == day and amount != "x" for on, amount in bought)]
        # Python's round is half to even.
        average = round(Fraction(sum(totals), len(totals))) if totals else "-"
        figures = [distinct[0], distinct[-1], len(again), distinct[-1] - distinct[0], end - distinct[0],
                   end - distinct[-1], average]
    text = ",".join(f"{day}:{amount}" for day, amount in zip(days, amounts)) or "-"
    return ["s", text, end, *figures, sum(summed), amounts.count("x")]


def stage(chance):
    new, risk = chance.randint(1, 60), chance.randint(1, 60)
    churned = risk + chance.randint(1, 60)
    first = chance.randint(0, 150)
    last = chance.randint(first, 150)
    end = last + chance.choice((0, risk, risk + 1, churned, churned + 1, chance.randint(0, 150)))
    name = ("churned" if end - last > churned else "atRisk" if end - last > risk
            else "new" if end - first <= new else "active")
    return ["t", new, risk, churned, first, last, end, name]


def quintiles(chance):
    values = [chance.randint(0, chance.choice((1, 4, 50, 10 ** 9))) for _ in range(chance.randint(1, 60))]
    scores = [1 + 5 * sum(other < value for other in values) // len(values) for value in values]
    return ["q", ",".join(map(str, values)), ",".join(map(str, scores))]


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    chance = random.Random(SEED)
    for kind in (summary, stage, quintiles):
        for _ in range(count):
            print(*kind(chance))


main()
