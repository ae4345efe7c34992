-- At most one row: what tells a host that its keys are those under which the values of this store are sealed.
CREATE TABLE vault (check_value BYTEA NOT NULL);
