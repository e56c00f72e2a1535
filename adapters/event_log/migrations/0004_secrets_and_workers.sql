-- Sealed codes, keys of clients, and the workers' signs of life.

create table qr_vault (
    account_id text collate "C" primary key,
    attempt text not null,
    kind text not null check (kind in ('qr', 'pairing_code')),
    fingerprint text not null,
    sealed bytea,  -- null once the code has expired
    expires_at timestamptz not null
);

create index qr_vault_by_expiry on qr_vault (expires_at) where sealed is not null;

create table api_keys (
    id text collate "C" primary key,
    keyed_hash bytea not null unique,
    label text not null,
    created_at timestamptz not null,
    last_used_at timestamptz,
    revoked_at timestamptz
);

create table workers (
    worker_id text collate "C" primary key,
    started_at timestamptz not null,
    beat_at timestamptz not null
);
