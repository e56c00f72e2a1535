-- The newest sealed session of each account, and who may write it.

create table session_copies (
    copy_id uuid primary key,
    account_id text collate "C" not null,
    sealed bytea not null
);

-- Compressed before they were sealed; another attempt would only cost time.
alter table session_copies alter column sealed set storage external;

create index session_copies_by_account on session_copies (account_id);

-- Apart from the bytes: writing those takes a second for the largest, and an event that ends a
-- session, which is written under the log's lock, must not wait for it.
create table sealed_sessions (
    account_id text collate "C" primary key,
    holder text not null,  -- whoever opened the account last; nobody else may write
    earlier_holder text,
    copy_id uuid,  -- null: none is kept
    attempt text,
    digest text,  -- SHA-256 of the copy
    size_bytes bigint,
    sealed_at timestamptz
);

-- In the transaction that says so in the log: a session that is over is not there any more, and
-- whoever held it cannot bring it back. After SessionRejected and QrScanned the same browser goes
-- on to a new session, and only the old one is worthless.
create function end_sealed_session() returns trigger
language plpgsql as $$
begin
    update sealed_sessions
        set copy_id = null, attempt = null, digest = null, size_bytes = null, sealed_at = null
        where account_id = new.originator_id;
    if new.topic not in ('SessionRejected', 'QrScanned') then
        update sealed_sessions
            set earlier_holder = null, holder = 'event ' || new.notification_id
            where account_id = new.originator_id;
    end if;
    delete from session_copies where account_id = new.originator_id;
    return null;
end
$$;

create trigger end_sealed_session after insert on events
    for each row when (
        new.topic in (
            'LoggedOut', 'AccountSuperseded', 'AccountDestroyed', 'AccountErased',
            'SessionRejected', 'QrScanned'
        )
    )
    execute function end_sealed_session();
