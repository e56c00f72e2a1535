-- Who is told of what happens, and how far each of them has been told. An endpoint is a cursor over
-- the log: nothing that is to be delivered is copied here. See docs/decisions/webhooks.md.

create sequence webhook_changes;  -- orders what people change, for the process that delivers

create table webhook_endpoints (
    endpoint_id text collate "C" primary key,
    workspace text collate "C" not null,
    sealed_url bytea not null,  -- it often holds a token
    description text not null,
    profile text not null,
    account_id text collate "C",
    types text[],
    statuses text[],
    disabled text not null default '' check (disabled in ('', 'asked', 'gone', 'failing')),
    disabled_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    change bigint not null default nextval('webhook_changes'),
    position bigint not null,  -- up to here only held-up accounts still have something to be told
    saves bigint not null default 0,  -- fences off a deliverer that has lost its lease
    delivered_at timestamptz,
    failing_since timestamptz,
    last_error text not null default '',
    delivered bigint not null default 0,
    failed_tries bigint not null default 0
);

create index webhook_endpoints_by_workspace on webhook_endpoints (workspace, endpoint_id);
create index webhook_endpoints_by_change on webhook_endpoints (change);

create table webhook_secrets (
    endpoint_id text collate "C" not null references webhook_endpoints on delete cascade,
    secret_id text collate "C" not null,
    sealed bytea not null,
    created_at timestamptz not null,
    expires_at timestamptz,
    primary key (endpoint_id, secret_id)
);

create table webhook_held (  -- accounts whose next item could not be delivered
    endpoint_id text collate "C" not null references webhook_endpoints on delete cascade,
    account_id text collate "C" not null,
    position bigint not null,  -- what is behind it waits in the log
    tries integer not null,
    first_tried_at timestamptz,
    next_at timestamptz not null,
    told boolean not null,
    error text not null,
    primary key (endpoint_id, account_id)
);

create table webhook_set_aside (  -- items that were given up; their content is in the log
    endpoint_id text collate "C" not null references webhook_endpoints on delete cascade,
    position bigint not null,
    account_id text collate "C" not null,
    at timestamptz not null,
    tries integer not null,
    error text not null,
    primary key (endpoint_id, position)
);

create table webhook_redeliveries (  -- what a person asked to be sent again
    redelivery_id text collate "C" primary key,
    endpoint_id text collate "C" not null references webhook_endpoints on delete cascade,
    asked_at timestamptz not null,
    only_set_aside boolean not null,
    position bigint not null,  -- the first that is still to be sent
    until bigint not null,
    tries integer not null default 0,
    next_at timestamptz not null,
    delivered integer not null default 0,
    failed integer not null default 0,
    done_at timestamptz
);

create index webhook_redeliveries_by_endpoint on webhook_redeliveries (endpoint_id, redelivery_id);

create table webhook_tries (  -- the delivery log: bounded in days and in rows of each endpoint
    try_id bigint generated always as identity primary key,
    endpoint_id text collate "C" not null references webhook_endpoints on delete cascade,
    position bigint not null,
    account_id text collate "C" not null,
    type text not null,
    at timestamptz not null,
    try integer not null,
    outcome text not null check (outcome in ('delivered', 'failed', 'set_aside')),
    redelivery text collate "C",
    status integer,
    error text not null,
    duration_ms integer not null,
    next_at timestamptz
);

create index webhook_tries_by_endpoint on webhook_tries (endpoint_id, try_id);
create index webhook_tries_by_age on webhook_tries (at);
