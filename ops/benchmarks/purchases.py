"""The import row: the same purchases into the suite, and into one table with the sqlite3 command."""

import json
import random
import shutil
import time

from harness import HERE, ROOT, NotMeasured

# 23,570 customers of a CD shop, 1997 to 1998 (Fader and Hardie, 2001), where this checkout has them beside it.
PUBLISHED = ROOT.parent / "shared" / "data" / "cdnow.csv"
CUSTOMERS, PURCHASES = 23_570, 69_659
MAPPING = HERE / "inputs" / "purchases.yaml"


def source(directory):
    """The CSV file to import: the published purchases, or generated ones of the same shape."""
    if PUBLISHED.exists():
        return PUBLISHED
    path = directory / "purchases.csv"
    chance = random.Random(1)
    buyers = list(range(1, CUSTOMERS + 1)) + [chance.randint(1, CUSTOMERS) for _ in range(PURCHASES - CUSTOMERS)]
    with open(path, "w") as file:
        file.write("customer_id,date,quantity,amount_usd\n")
        for buyer in sorted(buyers):
            date = f"{chance.choice((1997, 1998))}-{chance.randint(1, 6):02}-{chance.randint(1, 28):02}"
            quantity = min(1 + int(chance.expovariate(0.7)), 99)
            file.write(f"{buyer:05},{date},{quantity},{quantity * chance.uniform(8, 20):.2f}\n")
    return path


def import_with_gyre(bench, path):
    """Rows a second, into a brand of its own: in one that has them already, every row would be a duplicate."""
    suite = bench.suite()
    _, key = suite.new_brand()
    begun = time.monotonic()
    printed = bench.call(suite.gyre, "import", path, "--mapping", MAPPING, "--key", key, "--data", suite.directory,
                         "--json")
    elapsed = time.monotonic() - begun
    if json.loads(printed)["import"]["accepted"] != PURCHASES:
        raise NotMeasured(f"not every purchase was taken: {printed}")
    return PURCHASES / elapsed


def import_with_sqlite(bench, path):
    """Rows a second, durable like ours, process start and all."""
    directory = bench.workshop.directory / "sqlite-import"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    script = f"""
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE purchases (customer_id TEXT, date TEXT, quantity INTEGER, amount_usd TEXT);
.import --csv --skip 1 "{path}" purchases
SELECT count(*) FROM purchases;
"""
    begun = time.monotonic()
    printed = bench.call("sqlite3", directory / "purchases.db", text=script)
    elapsed = time.monotonic() - begun
    if printed.split()[-1] != str(PURCHASES):
        raise NotMeasured(f"not every purchase was taken: {printed}")
    return PURCHASES / elapsed
