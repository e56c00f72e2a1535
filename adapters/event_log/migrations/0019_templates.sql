-- The layouts that workspaces write for their messages. They are not part of the log: a message is
-- rendered when it is taken, and what was rendered then is what is sent.

create table templates (
    workspace text collate "C" not null,
    name text collate "C" not null,
    description text not null,
    body text not null,  -- Liquid
    updated_at timestamptz not null,
    primary key (workspace, name)
);
