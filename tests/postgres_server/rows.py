import psycopg


def add_row(conninfo: str) -> None:
    with psycopg.connect(conninfo) as connection:
        connection.execute("create table if not exists row (at timestamptz default now())")
        connection.execute("insert into row default values")


def count_rows(conninfo: str) -> int:
    with psycopg.connect(conninfo) as connection:
        connection.execute("create table if not exists row (at timestamptz default now())")
        (count,) = connection.execute("select count(*) from row").fetchone() or (0,)
        return count
