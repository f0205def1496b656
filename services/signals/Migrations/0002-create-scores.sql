-- What counts as a purchase, and from when on customers are at risk or churned; no row: as in a new brand. Scores are
-- computed when they are asked for, and stand nowhere. `purchase_events` is a JSON array.
CREATE TABLE score_rules (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    purchase_events TEXT NOT NULL,
    currency TEXT,
    new_days INTEGER NOT NULL,
    at_risk_days INTEGER NOT NULL,
    churned_days INTEGER NOT NULL CHECK (churned_days > at_risk_days)
) STRICT;
