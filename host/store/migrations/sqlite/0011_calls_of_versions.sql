-- Which version of a connector without code ran.
ALTER TABLE calls ADD COLUMN connector_version INTEGER;
