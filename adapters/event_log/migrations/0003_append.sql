-- The only two ways into the log. Both take the same lock until they commit, and only then look at
-- the end of the log, so positions are visible in order and without holes.
-- Lock key: 0x4C574C4F47 ("LWLOG").

create function append_to_log(batch json)
returns table (
    ordinal integer,
    conflict boolean,
    input_id bigint,
    first_position bigint,
    recorded_at timestamptz
)
language plpgsql
-- Plans are kept for as long as a connection lives, and the first ones are made on empty tables.
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    _last_input bigint;
    _last_position bigint;
    _now timestamptz;
    _stamp text;
begin
    perform pg_advisory_xact_lock(327882133319);
    -- From here on every statement sees what the lock's previous holder committed.
    select coalesce(max(i.input_id), 0) into _last_input from inputs i;
    select coalesce(max(e.notification_id), 0) into _last_position from events e;
    _now := clock_timestamp();
    _stamp := to_char(_now at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

    if json_array_length(batch -> 'events') > 0 then
        perform pg_notify('events', '');
    end if;

    return query
    with asked as (
        select a.*, row_number() over (partition by a.stream order by a.ordinal) as turn
        from json_to_recordset(batch -> 'appends') as a (
            ordinal integer, token uuid, stream text, expected bigint, attempt text, kind text,
            shape smallint, payload json, at timestamptz, origin json, outcome text, rule text,
            idempotency_key text
        )
    ),
    judged as (
        select a.*, head.version as head_version,
            known.input_id as known_input, known.recorded_at as known_recorded_at
        from asked a
        cross join lateral (
            select coalesce(max(e.originator_version), 0) as version
            from events e where e.originator_id = a.stream
        ) head
        left join lateral (
            select i.input_id, i.recorded_at from inputs i where i.append_token = a.token
        ) known on true
    ),
    -- Of several appends to one stream in a batch the first wins, as if they had come one by one.
    fresh as (
        select j.*, _last_input + row_number() over (order by j.ordinal) as new_input
        from judged j
        where j.known_input is null and j.head_version = j.expected and j.turn = 1
    ),
    decided as (
        select f.ordinal, f.stream, v.version, v.topic,
            _last_position + row_number() over (order by f.ordinal, v.version) as new_position,
            convert_to(
                '{"input":' || f.new_input || ',"recorded":"' || _stamp || '","origin":'
                || f.origin::text
                || case when v.shape > 1 then ',"shape":' || v.shape else '' end
                || ',"body":' || v.body::text || '}',
                'UTF8'
            ) as state
        from fresh f
        join json_to_recordset(batch -> 'events') as v (
            ordinal integer, version bigint, topic text, shape smallint, body json
        ) on v.ordinal = f.ordinal
    ),
    span as (
        select d.ordinal, min(d.new_position) as first_position, max(d.new_position) as last_position
        from decided d group by d.ordinal
    ),
    written_inputs as (
        insert into inputs
        select f.new_input, f.token, f.stream, f.expected, f.attempt, f.kind, f.shape,
            convert_to(f.payload::text, 'UTF8'), f.at, _now,
            coalesce(f.origin ->> 'actor', ''), coalesce(f.origin ->> 'correlation_id', ''),
            coalesce(f.origin ->> 'trace_parent', ''), f.outcome, f.rule, f.idempotency_key
        from fresh f
    ),
    written_events as (
        insert into events
        select d.stream, d.version, d.topic, d.state, d.new_position from decided d
    ),
    written_accounts as (
        insert into accounts
        select distinct on (r.account_id)
            r.account_id, r.workspace, r.label, r.site, r.status, r.since, r.reason, r.detail,
            r.attempt_id, r.attempt_number, r.attempt_kind, r.phone, r.phone_fingerprint, r.name,
            r.is_primary, r.deadline_awaited, r.deadline_at, r.ready_at, r.registered_at,
            r.version, coalesce(s.last_position, _last_position)
        from json_to_recordset(batch -> 'accounts') as r (
            ordinal integer, account_id text, workspace text, label text, site text, status text,
            since timestamptz, reason text, detail text, attempt_id text, attempt_number integer,
            attempt_kind text, phone text, phone_fingerprint text, name text, is_primary boolean,
            deadline_awaited text, deadline_at timestamptz, ready_at timestamptz,
            registered_at timestamptz, version bigint
        )
        join fresh f on f.ordinal = r.ordinal
        left join span s on s.ordinal = r.ordinal
        order by r.account_id, r.version desc
        on conflict (account_id) do update set
            workspace = excluded.workspace, label = excluded.label, site = excluded.site,
            status = excluded.status, since = excluded.since, reason = excluded.reason,
            detail = excluded.detail, attempt_id = excluded.attempt_id,
            attempt_number = excluded.attempt_number, attempt_kind = excluded.attempt_kind,
            phone = excluded.phone, phone_fingerprint = excluded.phone_fingerprint,
            name = excluded.name, is_primary = excluded.is_primary,
            deadline_awaited = excluded.deadline_awaited, deadline_at = excluded.deadline_at,
            ready_at = excluded.ready_at, registered_at = excluded.registered_at,
            version = excluded.version, position = excluded.position
    ),
    written_attempts as (
        insert into attempts
        select distinct on (r.account_id, r.number)
            r.account_id, r.number, r.attempt_id, r.kind, r.method, r.started_at, r.ended_at,
            r.outcome, r.reason, r.detail, r.codes_issued, r.codes_fetched, r.first_code_at,
            r.first_fetched_at, r.scanned_at, r.ready_at, coalesce(s.last_position, _last_position)
        from json_to_recordset(batch -> 'attempts') as r (
            ordinal integer, nth integer, account_id text, number integer, attempt_id text,
            kind text, method text, started_at timestamptz, ended_at timestamptz, outcome text,
            reason text, detail text, codes_issued integer, codes_fetched integer,
            first_code_at timestamptz, first_fetched_at timestamptz, scanned_at timestamptz,
            ready_at timestamptz
        )
        join fresh f on f.ordinal = r.ordinal
        left join span s on s.ordinal = r.ordinal
        order by r.account_id, r.number, r.nth desc
        on conflict (account_id, number) do update set
            attempt_id = excluded.attempt_id, kind = excluded.kind, method = excluded.method,
            started_at = excluded.started_at, ended_at = excluded.ended_at,
            outcome = excluded.outcome, reason = excluded.reason, detail = excluded.detail,
            codes_issued = excluded.codes_issued, codes_fetched = excluded.codes_fetched,
            first_code_at = excluded.first_code_at, first_fetched_at = excluded.first_fetched_at,
            scanned_at = excluded.scanned_at, ready_at = excluded.ready_at,
            position = excluded.position
    )
    select
        j.ordinal,
        j.known_input is null and f.new_input is null,
        coalesce(j.known_input, f.new_input),
        coalesce(
            s.first_position,
            (
                select e.notification_id from events e
                where e.originator_id = j.stream and e.originator_version = j.expected + 1
            )
        ),
        coalesce(j.known_recorded_at, _now)
    from judged j
    left join fresh f on f.ordinal = j.ordinal
    left join span s on s.ordinal = j.ordinal
    order by j.ordinal;
end
$$;

-- For eventsourcing's own writers (adapters/event_log/recorder.py): events without inputs.
create function append_stored_events(
    ids text[], versions bigint[], topics text[], states bytea[]
)
returns table (notification_id bigint)
language plpgsql as $$
#variable_conflict use_column
declare
    _last_position bigint;
begin
    perform pg_advisory_xact_lock(327882133319);
    select coalesce(max(e.notification_id), 0) into _last_position from events e;
    perform pg_notify('events', '');
    return query
    insert into events
    select u.id, u.version, u.topic, u.state, _last_position + u.nth
    from unnest(ids, versions, topics, states) with ordinality as u (id, version, topic, state, nth)
    order by u.nth
    returning notification_id;
end
$$;
