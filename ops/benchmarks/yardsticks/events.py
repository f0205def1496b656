"""Events of experiments into DuckDB, and the sums that Gyre keeps of them.

    events.py scan|keep EVENTS DATABASE

`scan` is what DuckDB is best at: the file is read at once, and the sums are reckoned once. `keep` is Gyre's own work:
500 events in a transaction, each taken once, and the sums are right after each. Both end with everything on disk.
Prints seconds, and of each experiment and arm units, mean revenue, events and their revenue:
`{"seconds": 1.2, "sums": [16667, 480.1, …]}`.
"""

import json
import sys
import time

import duckdb

EVENTS_IN_TRANSACTION = 500
COLUMNS = """{type: 'VARCHAR', unitType: 'VARCHAR', unit: 'VARCHAR',
    experiments: 'STRUCT(experiment VARCHAR, variant VARCHAR)[]', metrics: 'STRUCT(revenue DOUBLE, items DOUBLE)',
    context: 'JSON', "at": 'TIMESTAMP', messageId: 'VARCHAR'}"""
EVENTS = "events (unit VARCHAR, message VARCHAR, occurred TIMESTAMP, type VARCHAR, context JSON, experiment VARCHAR, " \
    "variant VARCHAR, revenue DOUBLE, items DOUBLE{})"
FLAT = """unit, messageId AS message, "at" AS occurred, type, context, experiments[1].experiment AS experiment,
    experiments[1].variant AS variant, metrics.revenue AS revenue, metrics.items AS items"""
UNITS = "units (experiment VARCHAR, variant VARCHAR, unit VARCHAR, orders BIGINT, revenue DOUBLE, items DOUBLE{})"
OF_UNITS = "SELECT experiment, variant, unit, count(*) AS orders, sum(revenue) AS revenue, sum(items) AS items"
ARMS = "arms (experiment VARCHAR, variant VARCHAR, units BIGINT, buyers BIGINT, revenue DOUBLE, revenue2 DOUBLE, " \
    "items DOUBLE, items2 DOUBLE{})"
HOURS = "hours (experiment VARCHAR, variant VARCHAR, hour TIMESTAMP, count BIGINT, revenue DOUBLE, revenue2 DOUBLE, " \
    "least DOUBLE, most DOUBLE, items DOUBLE, items2 DOUBLE, fewest DOUBLE, greatest DOUBLE{})"
OF_HOURS = """SELECT experiment, variant, date_trunc('hour', occurred) AS hour, count(*), sum(revenue), sum(revenue * revenue),
    min(revenue), max(revenue), sum(items), sum(items * items), min(items), max(items)"""


def scan(database, path):
    database.execute(f"CREATE TABLE {EVENTS.format('')}")
    database.execute(f"INSERT INTO events SELECT {FLAT} FROM read_json(?, format = 'newline_delimited', "
                     f"columns = {COLUMNS})", [path])
    for table in (UNITS, ARMS, HOURS):
        database.execute(f"CREATE TABLE {table.format('')}")
    database.execute(f"INSERT INTO units {OF_UNITS} FROM events GROUP BY ALL")
    database.execute("""INSERT INTO arms SELECT experiment, variant, count(*), count_if(orders > 0), sum(revenue),
        sum(revenue * revenue), sum(items), sum(items * items) FROM units GROUP BY ALL""")
    database.execute(f"INSERT INTO hours {OF_HOURS} FROM events GROUP BY ALL")


def keep(database, path):
    database.execute(f"CREATE TABLE {EVENTS.format(', PRIMARY KEY (unit, message)')}")
    database.execute(f"CREATE TABLE {UNITS.format(', PRIMARY KEY (unit, experiment)')}")
    database.execute(f"CREATE TABLE {ARMS.format(', PRIMARY KEY (experiment, variant)')}")
    database.execute(f"CREATE TABLE {HOURS.format(', PRIMARY KEY (experiment, variant, hour)')}")
    with open(path) as lines:
        while batch := [line for _, line in zip(range(EVENTS_IN_TRANSACTION), lines)]:
            keep_batch(database, "[" + ",".join(batch) + "]")


def keep_batch(database, text):
    structure = json.dumps([{
        "unit": "VARCHAR", "messageId": "VARCHAR", "at": "TIMESTAMP", "type": "VARCHAR", "context": "JSON",
        "experiments": [{"experiment": "VARCHAR", "variant": "VARCHAR"}],
        "metrics": {"revenue": "DOUBLE", "items": "DOUBLE"}}])
    database.execute("BEGIN")
    database.execute(f"""CREATE OR REPLACE TEMP TABLE fresh AS SELECT {FLAT}
        FROM (SELECT unnest(event) FROM (SELECT unnest(from_json(?, '{structure}')) AS event))
        WHERE (unit, messageId) NOT IN (SELECT (unit, message) FROM events)""", [text])
    database.execute("INSERT INTO events SELECT * FROM fresh")
    database.execute(f"CREATE OR REPLACE TEMP TABLE change AS {OF_UNITS} FROM fresh GROUP BY ALL")
    database.execute("""INSERT INTO arms
        SELECT change.experiment, change.variant, count(*) - count(units.unit), count(*) - count(units.unit),
            sum(change.revenue), sum(change.revenue * change.revenue + 2 * change.revenue * coalesce(units.revenue, 0)),
            sum(change.items), sum(change.items * change.items + 2 * change.items * coalesce(units.items, 0))
        FROM change LEFT JOIN units ON units.unit = change.unit AND units.experiment = change.experiment GROUP BY ALL
        ON CONFLICT DO UPDATE SET units = units + excluded.units, buyers = buyers + excluded.buyers,
            revenue = revenue + excluded.revenue, revenue2 = revenue2 + excluded.revenue2,
            items = items + excluded.items, items2 = items2 + excluded.items2""")
    database.execute("""INSERT INTO units SELECT * FROM change ON CONFLICT DO UPDATE SET
        orders = orders + excluded.orders, revenue = revenue + excluded.revenue, items = items + excluded.items""")
    database.execute(f"""INSERT INTO hours {OF_HOURS} FROM fresh GROUP BY ALL ON CONFLICT DO UPDATE SET
        count = count + excluded.count, revenue = revenue + excluded.revenue, revenue2 = revenue2 + excluded.revenue2,
        least = least(least, excluded.least), most = greatest(most, excluded.most), items = items + excluded.items,
        items2 = items2 + excluded.items2, fewest = least(fewest, excluded.fewest),
        greatest = greatest(greatest, excluded.greatest)""")
    database.execute("COMMIT")


def main():
    how, path, place = sys.argv[1:]
    database = duckdb.connect(place)
    begin = time.perf_counter()
    {"scan": scan, "keep": keep}[how](database, path)
    database.execute("CHECKPOINT")
    seconds = time.perf_counter() - begin
    sums = database.execute("""SELECT any_value(units), any_value(arms.revenue / units), sum(count)::BIGINT, sum(hours.revenue)
        FROM arms JOIN hours USING (experiment, variant) GROUP BY experiment, variant ORDER BY experiment, variant""").fetchall()
    print(json.dumps({"seconds": seconds, "sums": [number for row in sums for number in row]}))


if __name__ == "__main__":
    main()
