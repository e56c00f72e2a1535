-- The log: whatever reached a stream (inputs) and what was decided (events). Append-only.

create table inputs (
    input_id bigint primary key,
    append_token uuid not null unique,  -- made by the writer; a repeated append is recognised by it
    stream text collate "C" not null,
    stream_version bigint not null,  -- the version that the command was decided on
    attempt text,
    kind text not null,
    shape smallint not null,
    payload bytea not null,  -- JSON
    at timestamptz not null,
    recorded_at timestamptz not null,
    actor text not null,
    correlation_id text not null,
    trace_parent text not null,
    outcome text not null check (outcome in ('accepted', 'ignored', 'refused')),
    rule text not null,
    idempotency_key text
);

create index inputs_by_stream on inputs (stream, input_id);

-- The table of eventsourcing's recorders, with text ids. Unlike theirs, notification_id has no
-- default: only the two functions that hold the log's lock hand out positions.
create table events (
    originator_id text collate "C" not null,
    originator_version bigint not null,
    topic text not null,
    state bytea not null,  -- JSON: input, recorded, origin, shape (unless 1), body
    notification_id bigint not null,
    primary key (originator_id, originator_version)
);

create unique index events_notification_id_idx on events (notification_id);

create function refuse_change() returns trigger
language plpgsql as $$
begin
    raise exception 'the table % is append-only: % is refused', tg_table_name, tg_op
        using errcode = 'restrict_violation';
end
$$;

create trigger append_only before update or delete or truncate on inputs
    for each statement execute function refuse_change();

create trigger append_only before update or delete or truncate on events
    for each statement execute function refuse_change();
