"""Migrated databases that tests take and give back: emptying one takes a tenth of copying one.

One that a test has changed otherwise than by its rows, or that does not answer, is dropped.
"""

import uuid
from collections.abc import Callable
from typing import LiteralString

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

LEAVE_MS = 5000
"""How long whoever a test has left behind may take to be gone."""
OTHERS: LiteralString = """
    select pg_terminate_backend(pid, %s) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()
"""
# Whatever a migration, or a test, may have made in it, except rows.
SHAPE: LiteralString = """
    with ours as (
        select oid from pg_namespace where nspname !~ '^(pg_|information_schema)'
    ), parts(line) as (
        select 'schema ' || nspname from pg_namespace where oid in (select oid from ours)
        union all
        select format('%s %s %s', c.relkind, c.relname, c.reloptions) from pg_class c
        where relnamespace in (select oid from ours)
        union all
        select format('%s %s %s %s', attrelid::regclass, attname, atttypid, attnotnull)
        from pg_attribute a join pg_class c on c.oid = a.attrelid
        where attnum > 0 and relnamespace in (select oid from ours)
        union all
        select format('%s %s %s', tgrelid::regclass, tgname, tgenabled) from pg_trigger
        where not tgisinternal
        union all
        select format('%s %s', conrelid::regclass, pg_get_constraintdef(oid)) from pg_constraint
        where connamespace in (select oid from ours)
        union all
        select proname || prosrc from pg_proc where pronamespace in (select oid from ours)
        union all
        select extname from pg_extension
        union all
        select setconfig::text from pg_db_role_setting where setdatabase <> 0
        union all
        select to_jsonb(m)::text from schema_migrations m
    )
    select md5(string_agg(line, E'\n' order by line)) from parts
"""
# As a replica would: the log's own triggers, which forbid it, are not asked.
EMPTY: LiteralString = """
    do $$
    declare name regclass; holds boolean;
    begin
        set local session_replication_role = replica;
        for name in select oid from pg_class where relnamespace = 'public'::regnamespace
            and relkind = 'r' and relname <> 'schema_migrations'
        loop
            execute format('select exists (select 1 from %s)', name) into holds;
            if holds then execute format('delete from %s', name); end if;
        end loop;
        perform setval(seqrelid, seqstart, false) from pg_sequence;
    end $$
"""


class DatabasePool:
    """Databases of one server, each a copy of the one that `prepare` migrates first."""

    def __init__(self, server: str, prepare: Callable[[str], object]) -> None:
        self._server = server
        self._free: list[str] = []
        self._template = self.create("template1")
        prepare(self.conninfo(self._template))
        with psycopg.connect(self.conninfo(self._template)) as connection:
            self._shape = connection.execute(SHAPE).fetchone()

    def conninfo(self, name: str) -> str:
        """Say how to reach a database."""
        return make_conninfo(self._server, dbname=name)

    def take(self) -> str:
        """Name a migrated database without a row."""
        return self._free.pop() if self._free else self.create(self._template)

    def give_back(self, name: str) -> None:
        """Empty a database for the next test, or drop it."""
        try:
            usable = self._emptied(name)
        except psycopg.Error:
            usable = False
        if usable:
            self._free.append(name)
        else:
            self.drop(name)

    def close(self) -> None:
        """Drop every database."""
        for name in [*self._free, self._template]:
            self.drop(name)

    def drop(self, name: str) -> None:
        """Drop a database, whoever still uses it."""
        self._run(sql.SQL("drop database {} with (force)"), name)

    def _emptied(self, name: str) -> bool:
        with psycopg.connect(self.conninfo(name), autocommit=True) as connection:
            connection.execute(OTHERS, [LEAVE_MS])
            if connection.execute(SHAPE).fetchone() != self._shape:
                return False
            connection.execute(EMPTY)
            return True

    def create(self, template: str) -> str:
        """Make a database from a template, and name it."""
        name = f"test_{uuid.uuid4().hex}"
        self._run(sql.SQL("create database {} template {}"), name, template)
        return name

    def _run(self, statement: sql.SQL, *names: str) -> None:
        with psycopg.connect(self._server, autocommit=True) as connection:
            connection.execute(statement.format(*map(sql.Identifier, names)))
