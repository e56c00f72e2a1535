-- Folded streams, so that a long one loads as fast as a short one. Mutable and disposable: without
-- these rows everything is the same, only slower.

create table snapshots (
    stream text collate "C" not null,
    version bigint not null,  -- of the last event that was folded
    fold text not null,  -- fingerprint of the code that folded it; other code never uses it
    hash bytea not null,  -- of the last event that was folded: a snapshot of another history is none
    state bytea not null,  -- an account's is sealed under its key
    taken_at timestamptz not null,
    primary key (stream, version)
);

-- What tells of a person goes in the transaction that says so in the log. (Whoever still has a
-- snapshot to save has sealed it under the key that is destroyed then.)
create function forget_snapshots() returns trigger
language plpgsql as $$
begin
    delete from snapshots where stream = new.originator_id;
    return null;
end
$$;

create trigger forget_snapshots after insert on events
    for each row when (new.topic = 'AccountErased') execute function forget_snapshots();
