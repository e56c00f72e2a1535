-- What was seen at a failure, under the hash of its content, which the log names. Not part of the
-- log: it is sealed under the account's key and deleted after a while.

create table evidence (
    account_id text collate "C" not null,
    digest text collate "C" not null,  -- SHA-256 of the content, hexadecimal
    kind text not null check (kind in ('screenshot', 'console', 'browser')),
    attempt text collate "C" not null,
    sealed bytea not null,
    kept_at timestamptz not null,
    primary key (account_id, digest)
);

create index evidence_by_age on evidence (kept_at);
