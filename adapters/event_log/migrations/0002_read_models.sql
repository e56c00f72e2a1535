-- What people ask for all the time, written in the transaction that appends the events.
-- `position` is the log position that a row is true for. Everything here can be rebuilt.

create table accounts (
    account_id text collate "C" primary key,
    workspace text collate "C" not null,
    label text not null,
    site text not null,
    status text not null,
    since timestamptz not null,
    reason text,
    detail text not null,
    attempt_id text,
    attempt_number integer not null,
    attempt_kind text,
    phone text,
    phone_fingerprint text,
    name text not null,
    is_primary boolean not null,
    deadline_awaited text,
    deadline_at timestamptz,
    ready_at timestamptz,
    registered_at timestamptz not null,
    version bigint not null,
    position bigint not null
);

create index accounts_by_workspace on accounts (workspace, account_id);
create index accounts_by_deadline on accounts (deadline_at) where deadline_at is not null;
create index accounts_by_status on accounts (status);

create table attempts (
    account_id text collate "C" not null,
    number integer not null,
    attempt_id text collate "C" not null unique,
    kind text not null,
    method text not null,
    started_at timestamptz not null,
    ended_at timestamptz,
    outcome text not null,
    reason text,
    detail text not null,
    codes_issued integer not null,
    codes_fetched integer not null,
    first_code_at timestamptz,
    first_fetched_at timestamptz,
    scanned_at timestamptz,
    ready_at timestamptz,
    position bigint not null,
    primary key (account_id, number)
);

-- How far each reader of the log has come.
create table cursors (
    name text collate "C" primary key,
    position bigint not null,
    saved_at timestamptz not null
);
