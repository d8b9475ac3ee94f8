-- Sixteen tables of a shop that lends films, 47,273 rows: as many tables, rows and foreign keys, a
-- circle of two among them, as the sample database "sakila" of MySQL's has.  Made by MariaDB's
-- sequences, the same at each run.
SET foreign_key_checks = 0;
CREATE TABLE country (id INT UNSIGNED PRIMARY KEY, name VARCHAR(50) NOT NULL, changed TIMESTAMP NOT NULL);
CREATE TABLE city (id INT UNSIGNED PRIMARY KEY, name VARCHAR(50) NOT NULL, country INT UNSIGNED NOT NULL, changed TIMESTAMP NOT NULL,
  FOREIGN KEY (country) REFERENCES country (id) ON UPDATE CASCADE);
CREATE TABLE address (id INT UNSIGNED PRIMARY KEY, street VARCHAR(50) NOT NULL, district VARCHAR(20) NOT NULL, city INT UNSIGNED NOT NULL,
  code VARCHAR(10), phone VARCHAR(20) NOT NULL, changed TIMESTAMP NOT NULL, FOREIGN KEY (city) REFERENCES city (id) ON UPDATE CASCADE);
CREATE TABLE store (id INT UNSIGNED PRIMARY KEY, manager INT UNSIGNED NOT NULL, address INT UNSIGNED NOT NULL, changed TIMESTAMP NOT NULL,
  FOREIGN KEY (manager) REFERENCES staff (id) ON UPDATE CASCADE, FOREIGN KEY (address) REFERENCES address (id) ON UPDATE CASCADE);
CREATE TABLE staff (id INT UNSIGNED PRIMARY KEY, first VARCHAR(45) NOT NULL, last VARCHAR(45) NOT NULL, address INT UNSIGNED NOT NULL, picture BLOB,
  mail VARCHAR(50), store INT UNSIGNED NOT NULL, active TINYINT NOT NULL, changed TIMESTAMP NOT NULL,
  FOREIGN KEY (address) REFERENCES address (id) ON UPDATE CASCADE, FOREIGN KEY (store) REFERENCES store (id) ON UPDATE CASCADE);
CREATE TABLE customer (id INT UNSIGNED PRIMARY KEY, store INT UNSIGNED NOT NULL, first VARCHAR(45) NOT NULL, last VARCHAR(45) NOT NULL, mail VARCHAR(50),
  address INT UNSIGNED NOT NULL, active TINYINT NOT NULL, made DATETIME NOT NULL, changed TIMESTAMP NOT NULL, KEY by_last (last),
  FOREIGN KEY (address) REFERENCES address (id) ON UPDATE CASCADE, FOREIGN KEY (store) REFERENCES store (id) ON UPDATE CASCADE);
CREATE TABLE actor (id INT UNSIGNED PRIMARY KEY, first VARCHAR(45) NOT NULL, last VARCHAR(45) NOT NULL, changed TIMESTAMP NOT NULL, KEY by_last (last));
CREATE TABLE category (id INT UNSIGNED PRIMARY KEY, name VARCHAR(25) NOT NULL, changed TIMESTAMP NOT NULL);
CREATE TABLE language (id INT UNSIGNED PRIMARY KEY, name CHAR(20) NOT NULL, changed TIMESTAMP NOT NULL);
CREATE TABLE film (id INT UNSIGNED PRIMARY KEY, title VARCHAR(128) NOT NULL, text TEXT, year YEAR, language INT UNSIGNED NOT NULL, original INT UNSIGNED,
  days TINYINT UNSIGNED NOT NULL, rate DECIMAL(4,2) NOT NULL, length SMALLINT UNSIGNED, cost DECIMAL(5,2) NOT NULL, rating ENUM('G','PG','PG-13','R','NC-17'),
  features SET('Trailers','Commentaries','Deleted Scenes','Behind the Scenes'), changed TIMESTAMP NOT NULL, KEY by_title (title),
  FOREIGN KEY (language) REFERENCES language (id) ON UPDATE CASCADE, FOREIGN KEY (original) REFERENCES language (id) ON UPDATE CASCADE);
CREATE TABLE film_actor (actor INT UNSIGNED, film INT UNSIGNED, changed TIMESTAMP NOT NULL, PRIMARY KEY (actor, film),
  FOREIGN KEY (actor) REFERENCES actor (id) ON UPDATE CASCADE, FOREIGN KEY (film) REFERENCES film (id) ON UPDATE CASCADE);
CREATE TABLE film_category (film INT UNSIGNED, category INT UNSIGNED, changed TIMESTAMP NOT NULL, PRIMARY KEY (film, category),
  FOREIGN KEY (film) REFERENCES film (id) ON UPDATE CASCADE, FOREIGN KEY (category) REFERENCES category (id) ON UPDATE CASCADE);
CREATE TABLE film_text (film INT UNSIGNED PRIMARY KEY, title VARCHAR(255) NOT NULL, text TEXT);
CREATE TABLE inventory (id INT UNSIGNED PRIMARY KEY, film INT UNSIGNED NOT NULL, store INT UNSIGNED NOT NULL, changed TIMESTAMP NOT NULL,
  FOREIGN KEY (film) REFERENCES film (id) ON UPDATE CASCADE, FOREIGN KEY (store) REFERENCES store (id) ON UPDATE CASCADE);
CREATE TABLE rental (id INT UNSIGNED PRIMARY KEY, lent DATETIME NOT NULL, item INT UNSIGNED NOT NULL, customer INT UNSIGNED NOT NULL, back DATETIME,
  staff INT UNSIGNED NOT NULL, changed TIMESTAMP NOT NULL, UNIQUE KEY once (lent, item, customer), FOREIGN KEY (item) REFERENCES inventory (id) ON UPDATE CASCADE,
  FOREIGN KEY (customer) REFERENCES customer (id) ON UPDATE CASCADE, FOREIGN KEY (staff) REFERENCES staff (id) ON UPDATE CASCADE);
CREATE TABLE payment (id INT UNSIGNED PRIMARY KEY, customer INT UNSIGNED NOT NULL, staff INT UNSIGNED NOT NULL, rental INT UNSIGNED, amount DECIMAL(5,2) NOT NULL,
  paid DATETIME NOT NULL, changed TIMESTAMP NOT NULL, FOREIGN KEY (customer) REFERENCES customer (id) ON UPDATE CASCADE,
  FOREIGN KEY (staff) REFERENCES staff (id) ON UPDATE CASCADE, FOREIGN KEY (rental) REFERENCES rental (id) ON DELETE SET NULL ON UPDATE CASCADE);
SET foreign_key_checks = 1;

SET @then = '2006-02-15 04:34:33', @words = 'A drama of a technical writer and a composer who must fight a monkey in an ancient city';
START TRANSACTION;
INSERT INTO country SELECT seq, CONCAT('Country ', seq), @then FROM seq_1_to_109;
INSERT INTO city SELECT seq, CONCAT('City ', seq), 1 + seq % 109, @then FROM seq_1_to_600;
INSERT INTO address SELECT seq, CONCAT(seq, ' High Street'), CONCAT('District ', seq % 40), 1 + seq % 600, LPAD(seq * 17, 5, '0'), LPAD(seq * 7919, 12, '0'), @then FROM seq_1_to_603;
SET foreign_key_checks = 0;
INSERT INTO store VALUES (1, 1, 1, @then), (2, 2, 2, @then);
INSERT INTO staff VALUES (1, 'Mike', 'Hill', 3, REPEAT(X'00ff27', 5000), 'mike@example.org', 1, 1, @then), (2, 'Jon', 'Ford', 4, NULL, NULL, 2, 1, @then);
SET foreign_key_checks = 1;
INSERT INTO customer SELECT seq, 1 + seq % 2, CONCAT('First', seq), CONCAT('Last', seq % 300), CONCAT('c', seq, '@example.org'), 5 + seq % 590, seq % 15 > 0, @then, @then FROM seq_1_to_599;
INSERT INTO actor SELECT seq, CONCAT('First', seq), CONCAT('Last', seq % 120), @then FROM seq_1_to_200;
INSERT INTO category SELECT seq, CONCAT('Category ', seq), @then FROM seq_1_to_16;
INSERT INTO language SELECT seq, CONCAT('Language ', seq), @then FROM seq_1_to_6;
INSERT INTO film SELECT seq, CONCAT('Film ', seq), CONCAT(@words, ' ', seq), 2006, 1, IF(seq % 9 = 0, 2, NULL), 3 + seq % 5, (seq % 3) * 2 + 0.99, 46 + seq % 140,
  9.99 + seq % 20, 1 + seq % 5, seq % 16, @then FROM seq_1_to_1000;
INSERT INTO film_actor SELECT 1 + seq % 200, 1 + seq DIV 6, @then FROM seq_1_to_5462;
INSERT INTO film_category SELECT seq, 1 + seq % 16, @then FROM seq_1_to_1000;
INSERT INTO film_text SELECT id, title, text FROM film;
INSERT INTO inventory SELECT seq, 1 + seq % 1000, 1 + seq % 2, @then FROM seq_1_to_4581;
INSERT INTO rental SELECT seq, @then + INTERVAL seq * 7 MINUTE, 1 + seq * 31 % 4581, 1 + seq % 599, IF(seq % 90 = 0, NULL, @then + INTERVAL seq * 7 + 6000 MINUTE), 1 + seq % 2, @then FROM seq_1_to_16044;
INSERT INTO payment SELECT seq, 1 + seq % 599, 1 + seq % 2, IF(seq > 16044, NULL, seq), (seq % 10) + 0.99, @then + INTERVAL seq * 7 MINUTE, @then FROM seq_1_to_16049;
COMMIT;
