-- What was answered to a request with an Idempotency-Key, where the log cannot tell it.

create table idempotent_answers (
    owner text collate "C" not null,
    key text collate "C" not null,
    runner uuid,  -- who carries the request out; null where the log did
    running_until timestamptz,  -- later than that it has been given up
    sealed bytea,  -- the answer; null until there is one
    primary key (owner, key),
    foreign key (owner, key) references idempotency_keys on delete cascade
);

-- Takes a key for a request that leaves nothing in the log, or tells what it was taken for.
create function begin_request(
    _owner text, _key text, _request text, _runner uuid, _kept interval, _limit interval,
    _again boolean
)
returns table (
    request text, stream text, input_id bigint, sealed bytea, mine boolean, running boolean
)
language plpgsql
as $$
#variable_conflict use_column
begin
    -- The log's own: an append that takes the same key looks for it under this lock.
    perform pg_advisory_xact_lock(327882133319);
    delete from idempotency_keys k
    where k.owner = _owner and k.key = _key and k.claimed_at < clock_timestamp() - _kept;
    insert into idempotency_keys (owner, key, request, stream, input_id, claimed_at)
    values (_owner, _key, _request, '', 0, clock_timestamp())
    on conflict do nothing;
    if found then
        insert into idempotent_answers (owner, key, runner, running_until)
        values (_owner, _key, _runner, clock_timestamp() + _limit);
    elsif _again then
        update idempotent_answers a
        set runner = _runner, running_until = clock_timestamp() + _limit
        where a.owner = _owner and a.key = _key
            and a.sealed is null and a.running_until < clock_timestamp();
    end if;
    return query
    select k.request, k.stream, k.input_id, a.sealed,
        coalesce(a.runner = _runner, false), coalesce(a.running_until > clock_timestamp(), false)
    from idempotency_keys k
    left join idempotent_answers a on a.owner = k.owner and a.key = k.key
    where k.owner = _owner and k.key = _key;
end
$$;
