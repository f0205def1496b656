-- Which services made their database of a brand. One that came later makes it when tenancy starts; one that made it
-- makes none again: whose database was lost must hear of it.
CREATE TABLE brand_files (
    brand BLOB NOT NULL REFERENCES brands (id),
    service TEXT NOT NULL,
    PRIMARY KEY (brand, service)
) STRICT, WITHOUT ROWID;

-- Until now signals was the only one.
INSERT INTO brand_files (brand, service) SELECT id, 'signals' FROM brands WHERE status IN ('active', 'suspended');
