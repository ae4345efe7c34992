CREATE TABLE products (sku VARCHAR(64) PRIMARY KEY, stock INTEGER NOT NULL);
CREATE TABLE orders (
  number VARCHAR(64) PRIMARY KEY,
  sku VARCHAR(64) NOT NULL REFERENCES products (sku),
  quantity INTEGER NOT NULL
);
INSERT INTO products (sku, stock) VALUES ('desk-oak', 5), ('lamp-brass', 40);
