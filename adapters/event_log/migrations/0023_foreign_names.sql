-- What systems that moved over to Linkwright call its accounts: their own ids, kept because they
-- use nothing else, and because what they are told must name them.

create table foreign_accounts (
    system text collate "C" not null,  -- such as 'blazz': each has names of its own
    workspace text collate "C" not null,
    name text collate "C" not null,
    account_id text collate "C" not null unique,
    session text collate "C" not null,  -- the one that they gave last
    primary key (system, workspace, name)
);

-- Every session that was ever given: a late word about an earlier one is about no other.
create table foreign_sessions (
    system text collate "C" not null,
    session text collate "C" not null,
    account_id text collate "C" not null,
    primary key (system, session)
);
