"""Copies a query's rows from MariaDB into an SQLite table the way pandas users do."""

import sys

import pandas
import sqlalchemy


def main():
    port, query, path, table = sys.argv[1:]
    source = sqlalchemy.create_engine(
        "mysql+pymysql://bench:bench@127.0.0.1:" + port + "/bench?charset=utf8mb4"
    )
    target = sqlalchemy.create_engine("sqlite:///" + path)
    with source.connect() as connection:
        frame = pandas.read_sql(sqlalchemy.text(query), connection)
    frame.to_sql(table, target, index=False, if_exists="replace")


main()
