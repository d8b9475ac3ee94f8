-- The table that is carried, and the views of it; @rows is the number of rows, @few a smaller one.
CREATE TABLE facts (
  id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
  kind TINYINT NOT NULL,
  small SMALLINT,
  amount INT NOT NULL,
  big BIGINT,
  code VARCHAR(16) NOT NULL,
  name VARCHAR(64),
  price DECIMAL(12,2) NOT NULL,
  weight DOUBLE NOT NULL,
  ratio DOUBLE,
  changed DATETIME(3) NOT NULL,
  note VARCHAR(80)
) CHARACTER SET utf8mb4;

SET SESSION sql_mode = 'STRICT_ALL_TABLES';
EXECUTE IMMEDIATE CONCAT("
  INSERT INTO facts SELECT
    n,
    n % 100 - 50,
    IF(n % 10 = 0, NULL, n * 7 % 65536 - 32768),
    n * 2654435761 % 4294967296 - 2147483648,
    IF(n % 7 = 0, NULL, n * 1000003 * 65537),
    CONCAT('K-', LPAD(n, 8, '0')),
    CONCAT(ELT(n % 4 + 1, 'Zürich', '東京', 'Sofia', 'São Paulo'), ' ', n % 1000, ' ',
           LEFT(MD5(n), 10)),
    n % 10000000 / 100,
    n / 7,
    IF(n % 5 = 0, NULL, 1 / n),
    TIMESTAMPADD(MICROSECOND, n % 1000 * 1000,
                 TIMESTAMPADD(SECOND, n * 31 % 500000000, '2005-01-01')),
    IF(n % 3 = 0, NULL, REPEAT('abcdefgh ', n % 5))
  FROM (SELECT CAST(seq AS SIGNED) AS n FROM seq_1_to_", @rows, ") AS numbers");

CREATE VIEW fact_view AS SELECT * FROM facts;

-- Fewer and more rows of the same shape, for the peaks of memory.
EXECUTE IMMEDIATE CONCAT("CREATE VIEW few_view AS SELECT * FROM facts WHERE id <= ", @few);
CREATE VIEW many_view AS SELECT facts.* FROM facts CROSS JOIN seq_1_to_5;

-- Rows of 10 MB each.
CREATE VIEW wide_view AS
  SELECT seq AS id, REPEAT(CHAR(65 + seq % 26 USING utf8mb4), 10000000) AS body
  FROM seq_1_to_40;
