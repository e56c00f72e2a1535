"""The statements of adapters/webhook_outbox.py."""

from typing import LiteralString

TRY_COLUMNS: LiteralString = (
    "position, account_id, type, at, try, outcome, redelivery, status, error, duration_ms, next_at"
)
SAVE: LiteralString = f"""
    with saved as (
        update webhook_endpoints set position = greatest(position, %(position)s),
            saves = saves + 1, delivered_at = %(delivered_at)s,
            failing_since = %(failing_since)s, last_error = %(last_error)s,
            delivered = delivered + %(n_delivered)s, failed_tries = failed_tries + %(n_failed)s
        where endpoint_id = %(endpoint)s and saves = %(number)s returning endpoint_id
    ), held as (
        insert into webhook_held
        select endpoint_id, h.* from saved, unnest(%(h_account)s::text[], %(h_position)s::bigint[],
            %(h_tries)s::int[], %(h_first)s::timestamptz[], %(h_next)s::timestamptz[],
            %(h_told)s::bool[], %(h_error)s::text[]) h
        on conflict (endpoint_id, account_id) do update set position = excluded.position,
            tries = excluded.tries, first_tried_at = excluded.first_tried_at,
            next_at = excluded.next_at, told = excluded.told, error = excluded.error
    ), freed as (
        delete from webhook_held h using saved
        where h.endpoint_id = saved.endpoint_id and account_id = any(%(freed)s::text[])
    ), set_aside as (
        insert into webhook_set_aside
        select endpoint_id, a.* from saved, unnest(%(a_position)s::bigint[], %(a_account)s::text[],
            %(a_at)s::timestamptz[], %(a_tries)s::int[], %(a_error)s::text[]) a
        on conflict (endpoint_id, position) do nothing
    ), taken_back as (
        delete from webhook_set_aside a using saved
        where a.endpoint_id = saved.endpoint_id and a.position = any(%(taken_back)s::bigint[])
    ), redelivered as (
        update webhook_redeliveries r set position = %(r_position)s, tries = %(r_tries)s,
            next_at = %(r_next)s, delivered = %(r_delivered)s, failed = %(r_failed)s,
            done_at = %(r_done)s
        from saved where r.endpoint_id = saved.endpoint_id and redelivery_id = %(r_id)s
    ), tried as (
        insert into webhook_tries (endpoint_id, {TRY_COLUMNS})
        select endpoint_id, t.* from saved, unnest(%(t_position)s::bigint[],
            %(t_account)s::text[], %(t_type)s::text[], %(t_at)s::timestamptz[], %(t_number)s::int[],
            %(t_outcome)s::text[], %(t_redelivery)s::text[], %(t_status)s::int[],
            %(t_error)s::text[], %(t_duration)s::int[], %(t_next)s::timestamptz[]) t
    )
    select count(*) from saved
"""  # noqa: S608
REDELIVERY_COLUMNS: LiteralString = (
    "redelivery_id, asked_at, only_set_aside, position, until, tries, next_at, delivered, failed,"
    " done_at"
)
TRIES: LiteralString = f"""
    select try_id, {TRY_COLUMNS} from webhook_tries
    where endpoint_id = %(endpoint)s and (%(before)s::bigint is null or try_id < %(before)s)
      and (%(outcome)s::text is null or outcome = %(outcome)s)
      and (%(account)s::text is null or account_id = %(account)s)
      and (%(position)s::bigint is null or position = %(position)s)
    order by try_id desc limit %(limit)s
"""  # noqa: S608
SWEEP: LiteralString = """
    with last as (
        select endpoint_id, (
            select try_id from webhook_tries t where t.endpoint_id = e.endpoint_id
            order by try_id desc offset %(rows)s limit 1
        ) as try_id from webhook_endpoints e
    ), gone as (
        delete from webhook_tries where try_id in (
            select try_id from webhook_tries where at < %(before)s
            union all
            select t.try_id from webhook_tries t join last using (endpoint_id)
            where t.try_id <= last.try_id
            limit %(most)s
        ) returning 1
    )
    select count(*) from gone
"""
STANDINGS: LiteralString = """
    select endpoint_id, disabled, position, delivered, failed_tries,
        (select count(*) from webhook_held h where h.endpoint_id = e.endpoint_id),
        (select count(*) from webhook_set_aside a where a.endpoint_id = e.endpoint_id),
        coalesce(extract(epoch from clock_timestamp() - failing_since), 0)::float8
    from webhook_endpoints e order by endpoint_id
"""
