"""The purchases that are imported: 18 months of a CD shop's customers (Fader and Hardie, 2001), or their like."""

import base64
import hashlib
import pathlib
import random
from decimal import Decimal

ROOT = pathlib.Path(__file__).resolve().parents[2]
PUBLISHED = ROOT.parent / "shared" / "data" / "cdnow.csv"
# What is published of a sample of its customers, by their order there, at the end of a day, with weeks as the unit.
SUMMARY = PUBLISHED.with_name("cdnow-customers-summary.csv")
SUMMARY_END = "1997-09-30"
# What is known of the published file.
PUBLISHED_TOTALS = (23_570, 69_659, "2500315.63")
PUBLISHED_DUPLICATES = 255
MAPPING = """\
source: cdnow
source_fields:
  customer_id: identifier.customerId
  date: timestamp
  quantity: properties.quantity:number
  amount_usd: revenue
constants:
  event: Order Completed
  currency: USD
timestamp_format: yyyy-MM-dd
"""


class Purchases:
    """A file of purchases, and what must come out of it."""

    def __init__(self, directory):
        self.mapping = directory / "purchases.yaml"
        self.mapping.write_text(MAPPING)
        self.is_published = PUBLISHED.exists()
        self.path = PUBLISHED if self.is_published else directory / "purchases.csv"
        if not self.is_published:
            self.path.write_text(generated())
        self.header, *self.rows = self.path.read_text().splitlines()

    @property
    def totals(self):
        """Customers, purchases, and the exact sum, counted here."""
        customers = {row.split(",")[0] for row in self.rows}
        total = sum(Decimal(row.split(",")[3]) for row in self.rows)
        return len(customers), len(self.rows), f"{total:.2f}"

    @property
    def duplicates(self):
        """Rows that are exactly like one before them."""
        return len(self.rows) - len(set(self.rows))

    def shuffled(self, seed):
        """The same file with its rows in another order, as bytes."""
        rows = list(self.rows)
        random.Random(seed).shuffle(rows)
        return "\n".join([self.header, *rows]).encode() + b"\n"


def published_summary():
    """Frequency, and recency and age in weeks, as they are published of a sample of the customers; not of which."""
    rows = [row.split(",") for row in SUMMARY.read_text().splitlines()[1:]]
    return [(int(frequency), float(recency), float(age)) for _, frequency, recency, age in rows]


def generated():
    """A file of the same shape: as many customers and purchases, some of them exactly alike."""
    chance = random.Random(1)
    customers, purchases = PUBLISHED_TOTALS[0], PUBLISHED_TOTALS[1] - PUBLISHED_DUPLICATES
    # Half of what is bought again is bought by a tenth of the customers.
    again = [chance.randint(1, customers // chance.choice((1, 10))) for _ in range(purchases - customers)]
    buyers = list(range(1, customers + 1)) + again
    rows = {}
    for buyer in sorted(buyers):
        row = None
        while row is None or row in rows:
            date = f"{chance.choice((1997, 1998))}-{chance.randint(1, 6):02}-{chance.randint(1, 28):02}"
            quantity = min(1 + int(chance.expovariate(0.7)), 99)
            row = f"{buyer:05},{date},{quantity},{quantity * chance.uniform(8, 20):.2f}"
        rows[row] = None
    rows = [*rows, *chance.sample(list(rows), PUBLISHED_DUPLICATES)]
    return "\n".join(["customer_id,date,quantity,amount_usd", *rows]) + "\n"


def cut(data, seed, largest):
    """The same bytes in pieces of any size, single bytes and pieces that end inside a row among them."""
    chance = random.Random(seed)
    pieces, start = [], 0
    while start < len(data):
        size = chance.choice((1, 2, 37, chance.randint(1, largest), largest))
        pieces.append(data[start:start + size])
        start += size
    return pieces


def send(connection, source, mapping, pieces):
    """Imports pieces of a file by hand; the import as it stood at the end."""
    begun = connection.call("imports.create", {"source": source, "mapping": mapping})
    offset = 0
    for index, piece in enumerate(pieces):
        begun = append(connection, begun["id"], offset, piece, index == len(pieces) - 1)
        offset += len(piece)
    return begun


def append(connection, import_id, offset, piece, is_last):
    return connection.call("imports.append", {
        "id": import_id, "offset": offset, "sha256": hashlib.sha256(piece).hexdigest(),
        "data": base64.b64encode(piece).decode(), "last": is_last})
