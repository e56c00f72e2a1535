-- Messages: a read model, and beside it their content, which the log never holds. Content is sealed
-- under the account's key and goes when the setting says so.

create table messages (
    account_id text collate "C" not null,
    message_id text collate "C" not null,
    direction text not null check (direction in ('out', 'in')),
    peer text not null,  -- whom it goes to, or comes from: digits with country code, sealed
    peer_fingerprint text not null,
    name text not null,
    kind text not null,
    template text not null,
    media_type text not null,
    size_bytes bigint not null,
    fingerprint text not null,
    whatsapp_id text collate "C" not null,
    status text not null,
    waits boolean not null,
    tries integer not null,
    sent_by text,
    fallback_used boolean not null,
    reason text,
    detail text not null,
    accepted_at timestamptz not null,
    sent_at timestamptz,
    delivered_at timestamptz,
    read_at timestamptz,
    failed_at timestamptz,
    position bigint not null,
    primary key (account_id, message_id)
);

create index messages_by_status on messages (account_id, status, message_id);
create index messages_waiting on messages (accepted_at) where status = 'queued';

create table message_contents (
    account_id text collate "C" not null,
    message_id text collate "C" not null,
    sealed bytea not null,  -- text, names and file, as adapters/message_contents.py packs them
    kept_at timestamptz not null,
    primary key (account_id, message_id)
);

create index message_contents_by_age on message_contents (kept_at);

create or replace function erase_account() returns trigger
language plpgsql as $$
begin
    insert into account_keys (account_id, wrapped, destroyed_at)
        values (new.originator_id, null, clock_timestamp())
        on conflict (account_id) do update set wrapped = null, destroyed_at = clock_timestamp()
        where account_keys.wrapped is not null;
    update accounts set label = '', phone = null, name = '', detail = ''
        where account_id = new.originator_id
        and (label <> '' or phone is not null or name <> '' or detail <> '');
    update attempts set detail = '' where account_id = new.originator_id and detail <> '';
    update messages set peer = '', name = '', detail = ''
        where account_id = new.originator_id and (peer <> '' or name <> '' or detail <> '');
    delete from message_contents where account_id = new.originator_id;
    delete from qr_vault where account_id = new.originator_id;
    return null;
end
$$;

-- As before, with the rows of messages.
drop function append_to_log(json, json, json, json);

create function append_to_log(
    asked_appends json, asked_events json, asked_accounts json, asked_attempts json,
    asked_messages json
)
returns table (
    ordinal integer,
    outcome text,
    input_id bigint,
    first_position bigint,
    recorded_at timestamptz
)
language plpgsql
-- One plan is made and kept for as long as a connection lives, perhaps on empty tables. So the
-- tables are looked up by index, row by row (`lateral ... limit 1` cannot become a join, which once
-- was a scan of all inputs), and the parts of the batch are joined by hashing.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_nestloop = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
    _last_input bigint;
    _last_position bigint;
    _input_link bytea;
    _event_link bytea;
    _now timestamptz;
    _stamp text;
begin
    perform pg_advisory_xact_lock(327882133319);
    -- From here on every statement sees what the lock's previous holder committed.
    select i.input_id, i.hash into _last_input, _input_link
    from inputs i order by i.input_id desc limit 1;
    select e.notification_id, e.hash into _last_position, _event_link
    from events e order by e.notification_id desc limit 1;
    _last_input := coalesce(_last_input, 0);
    _last_position := coalesce(_last_position, 0);
    _input_link := coalesce(_input_link, chain_start());
    _event_link := coalesce(_event_link, chain_start());
    _now := clock_timestamp();
    _stamp := to_char(_now at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

    if json_array_length(asked_events) > 0 then
        perform pg_notify('events', '');
    end if;

    return query
    with judged as materialized (
        select a.*, convert_to(a.payload::text, 'UTF8') as payload_text,
            coalesce(a.origin ->> 'actor', '') as actor,
            coalesce(a.origin ->> 'correlation_id', '') as correlation_id,
            coalesce(a.origin ->> 'trace_parent', '') as trace_parent,
            row_number() over (partition by a.stream order by a.ordinal) as turn,
            case when a.claim is not null then row_number() over (
                partition by a.claim ->> 'owner', a.claim ->> 'key' order by a.ordinal
            ) else 1 end as claim_turn,
            a.claim ->> 'owner' as claim_owner, a.claim ->> 'request' as claim_request,
            taken.input_id is not null as claimed,
            coalesce(head.version, 0) as head_version,
            known.input_id as known_input, known.recorded_at as known_recorded_at
        from json_to_recordset(asked_appends) as a (
            ordinal integer, token uuid, stream text, expected bigint, attempt text, kind text,
            shape smallint, payload json, at timestamptz, origin json, outcome text, rule text,
            idempotency_key text, claim json, parks json
        )
        left join lateral (
            select e.originator_version as version from events e
            where e.originator_id = a.stream order by e.originator_version desc limit 1
        ) head on true
        left join lateral (
            select i.input_id, i.recorded_at from inputs i where i.append_token = a.token limit 1
        ) known on true
        left join lateral (
            select k.input_id from idempotency_keys k
            where k.owner = a.claim ->> 'owner' and k.key = a.claim ->> 'key' limit 1
        ) taken on true
    ),
    -- Of several appends to one stream in a batch the first wins, as if they had come one by one.
    fresh as materialized (
        select j.*, _last_input + row_number() over (order by j.ordinal) as new_input
        from judged j
        where j.known_input is null and not j.claimed and j.head_version = j.expected
            and j.turn = 1 and j.claim_turn = 1
    ),
    decided as materialized (
        select f.ordinal, f.stream, v.version, v.topic,
            _last_position + row_number() over (order by f.ordinal, v.version) as new_position,
            convert_to(
                '{"input":' || f.new_input || ',"recorded":"' || _stamp || '","origin":'
                || f.origin::text
                || case when v.shape > 1 then ',"shape":' || v.shape else '' end
                || ',"body":' || v.body::text || '}',
                'UTF8'
            ) as state
        from json_to_recordset(asked_events) as v (
            ordinal integer, version bigint, topic text, shape smallint, body json
        )
        join fresh f on v.ordinal = f.ordinal
    ),
    span as materialized (
        select d.ordinal, min(d.new_position) as first_position, max(d.new_position) as last_position
        from decided d group by d.ordinal
    ),
    written_inputs as (
        insert into inputs
        select f.new_input, f.token, f.stream, f.expected, f.attempt, f.kind, f.shape,
            f.payload_text, f.at, _now, f.actor, f.correlation_id, f.trace_parent, f.outcome,
            f.rule, f.idempotency_key,
            chain_hash(_input_link, input_form(
                f.new_input, f.token, f.stream, f.expected, f.attempt, f.kind, f.shape,
                f.payload_text, f.at, _now, f.actor, f.correlation_id, f.trace_parent, f.outcome,
                f.rule, f.idempotency_key
            )) over (order by f.new_input)
        from fresh f
    ),
    written_claims as (
        insert into idempotency_keys
        select f.claim_owner, f.idempotency_key, f.claim_request, f.stream, f.new_input, _now
        from fresh f where f.claim_owner is not null
    ),
    written_parks as (
        insert into parked_partitions
        select k.projection, f.stream, coalesce(d.new_position, earlier.position, _last_position),
            k.error, _now, 0
        from fresh f
        cross join lateral json_to_recordset(f.parks) as k (
            projection text, version bigint, error text
        )
        left join decided d on d.ordinal = f.ordinal and d.version = k.version
        left join lateral (
            select e.notification_id as position from events e
            where e.originator_id = f.stream and e.originator_version = k.version limit 1
        ) earlier on true
        where f.parks is not null
        on conflict (projection, stream) do nothing
    ),
    written_events as (
        insert into events
        select d.stream, d.version, d.topic, d.state, d.new_position,
            chain_hash(
                _event_link, event_form(d.new_position, d.stream, d.version, d.topic, d.state)
            ) over (order by d.new_position)
        from decided d
    ),
    written_accounts as (
        insert into accounts
        select distinct on (r.account_id)
            r.account_id, r.workspace, r.label, r.site, r.status, r.since, r.reason, r.detail,
            r.attempt_id, r.attempt_number, r.attempt_kind, r.phone, r.phone_fingerprint, r.name,
            r.is_primary, r.deadline_awaited, r.deadline_at, r.ready_at, r.registered_at,
            r.version, coalesce(s.last_position, _last_position)
        from json_to_recordset(asked_accounts) as r (
            ordinal integer, account_id text, workspace text, label text, site text, status text,
            since timestamptz, reason text, detail text, attempt_id text, attempt_number integer,
            attempt_kind text, phone text, phone_fingerprint text, name text, is_primary boolean,
            deadline_awaited text, deadline_at timestamptz, ready_at timestamptz,
            registered_at timestamptz, version bigint
        )
        join fresh f on f.ordinal = r.ordinal
        left join span s on s.ordinal = r.ordinal
        left join lateral (
            select true as yes from parked_partitions p
            where p.projection = 'accounts' and p.stream = r.account_id limit 1
        ) parked on true
        where parked.yes is null
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
            r.first_fetched_at, r.scanned_at, r.ready_at, coalesce(s.last_position, _last_position),
            r.began_version, r.ended_version, r.whatsapp, r.linking, r.linking_since,
            r.initializing_us, r.waiting_qr_us, r.authenticating_us
        from json_to_recordset(asked_attempts) as r (
            ordinal integer, nth integer, account_id text, number integer, attempt_id text,
            kind text, method text, started_at timestamptz, ended_at timestamptz, outcome text,
            reason text, detail text, codes_issued integer, codes_fetched integer,
            first_code_at timestamptz, first_fetched_at timestamptz, scanned_at timestamptz,
            ready_at timestamptz, began_version bigint, ended_version bigint, whatsapp text,
            linking text, linking_since timestamptz, initializing_us bigint, waiting_qr_us bigint,
            authenticating_us bigint
        )
        join fresh f on f.ordinal = r.ordinal
        left join span s on s.ordinal = r.ordinal
        left join lateral (
            select true as yes from parked_partitions p
            where p.projection = 'attempts' and p.stream = r.account_id limit 1
        ) parked on true
        where parked.yes is null
        order by r.account_id, r.number, r.nth desc
        on conflict (account_id, number) do update set
            attempt_id = excluded.attempt_id, kind = excluded.kind, method = excluded.method,
            started_at = excluded.started_at, ended_at = excluded.ended_at,
            outcome = excluded.outcome, reason = excluded.reason, detail = excluded.detail,
            codes_issued = excluded.codes_issued, codes_fetched = excluded.codes_fetched,
            first_code_at = excluded.first_code_at, first_fetched_at = excluded.first_fetched_at,
            scanned_at = excluded.scanned_at, ready_at = excluded.ready_at,
            began_version = excluded.began_version, ended_version = excluded.ended_version,
            whatsapp = excluded.whatsapp, linking = excluded.linking,
            linking_since = excluded.linking_since, initializing_us = excluded.initializing_us,
            waiting_qr_us = excluded.waiting_qr_us, authenticating_us = excluded.authenticating_us,
            position = excluded.position
    ),
    written_messages as (
        insert into messages
        select distinct on (r.account_id, r.message_id)
            r.account_id, r.message_id, r.direction, r.peer, r.peer_fingerprint, r.name, r.kind,
            r.template, r.media_type, r.size_bytes, r.fingerprint, r.whatsapp_id, r.status, r.waits,
            r.tries, r.sent_by, r.fallback_used, r.reason, r.detail, r.accepted_at, r.sent_at,
            r.delivered_at, r.read_at, r.failed_at, coalesce(s.last_position, _last_position)
        from json_to_recordset(asked_messages) as r (
            ordinal integer, nth integer, account_id text, message_id text, direction text,
            peer text, peer_fingerprint text, name text, kind text, template text, media_type text,
            size_bytes bigint, fingerprint text, whatsapp_id text, status text, waits boolean,
            tries integer, sent_by text, fallback_used boolean, reason text, detail text,
            accepted_at timestamptz, sent_at timestamptz, delivered_at timestamptz,
            read_at timestamptz, failed_at timestamptz
        )
        join fresh f on f.ordinal = r.ordinal
        left join span s on s.ordinal = r.ordinal
        left join lateral (
            select true as yes from parked_partitions p
            where p.projection = 'messages' and p.stream = r.account_id limit 1
        ) parked on true
        where parked.yes is null
        order by r.account_id, r.message_id, r.nth desc
        -- Only what an event may change: what a message is stays as it was accepted.
        on conflict (account_id, message_id) do update set
            whatsapp_id = excluded.whatsapp_id, status = excluded.status, tries = excluded.tries,
            sent_by = excluded.sent_by, fallback_used = excluded.fallback_used,
            reason = excluded.reason, detail = excluded.detail, sent_at = excluded.sent_at,
            delivered_at = excluded.delivered_at, read_at = excluded.read_at,
            failed_at = excluded.failed_at, position = excluded.position
    )
    select
        j.ordinal,
        case
            when j.known_input is not null or f.new_input is not null then 'written'
            when j.claimed then 'claimed'
            else 'conflict'
        end,
        coalesce(j.known_input, f.new_input),
        coalesce(
            s.first_position,
            case when j.known_input is not null then (
                select e.notification_id from events e
                where e.originator_id = j.stream and e.originator_version = j.expected + 1
            ) end
        ),
        coalesce(j.known_recorded_at, _now)
    from judged j
    left join fresh f on f.ordinal = j.ordinal
    left join span s on s.ordinal = j.ordinal
    order by j.ordinal;
end
$$;
