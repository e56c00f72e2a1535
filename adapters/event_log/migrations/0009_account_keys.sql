-- A key for each account, under which the log and the read models seal what tells of a person.

create table account_keys (
    account_id text collate "C" primary key,
    wrapped bytea,  -- by the master key; null for ever once the account was erased
    made_at timestamptz not null default clock_timestamp(),
    destroyed_at timestamptz,
    check ((wrapped is null) = (destroyed_at is not null))
) with (
    -- A destroyed key's old row goes with the next autovacuum (every minute), not with the 51st.
    autovacuum_vacuum_threshold = 0,
    autovacuum_vacuum_scale_factor = 0
);

-- A destroyed key never comes back, whoever asks for it.
create function keep_destroyed() returns trigger
language plpgsql as $$
begin
    raise exception 'the key of % was destroyed and stays so', old.account_id
        using errcode = 'restrict_violation';
end
$$;

create trigger keep_destroyed before update or delete on account_keys
    for each row when (old.wrapped is null) execute function keep_destroyed();

-- In the transaction that says so in the log: both are there, or neither.
create function erase_account() returns trigger
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
    delete from qr_vault where account_id = new.originator_id;
    return null;
end
$$;

create trigger erase_account after insert on events
    for each row when (new.topic = 'AccountErased') execute function erase_account();
