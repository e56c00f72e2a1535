"""Registering and listing accounts, and what every answer about them carries."""

from tests.running_api import RunningApi

UNFIT: list[object] = [
    {"workspace": ""},
    {"workspace": "a b"},
    {"workspace": "x" * 65},
    {"label": "x" * 121},
    {"label": "bell\u0007"},
    {"label": "nothing\u0000"},
    {"site": "mars"},
    {"policy": {"initialize_s": 0}},
    {"policy": {"no_such_limit": 1}},
    {"id": "acc_mine"},
    [],
    "text",
]


async def test_registers_under_a_new_sortable_id(api: RunningApi) -> None:
    first, second = await api.register(), await api.register()
    assert first.startswith("acc_")
    assert first < second


async def test_says_where_the_new_account_is(api: RunningApi) -> None:
    answered = await api.client.post("/v1/accounts", json={"workspace": "acme"})
    account = answered.json()["account"]
    assert answered.status_code == 201
    assert answered.headers["location"] == account["links"]["self"]
    assert set(account["next"]) == {"link", "link_by_pairing_code"}
    assert (account["status"], account["attempt"], account["code"]) == ("NOT_CREATED", None, None)


async def test_lists_page_by_page_without_gap_or_double(api: RunningApi) -> None:
    registered = [await api.register(label=str(number)) for number in range(7)]
    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        page = (await api.client.get(f"/v1/accounts?limit=3&cursor={cursor}")).json()
        seen += [account["id"] for account in page["accounts"]]
        cursor = page["next_cursor"]
    assert seen == registered


async def test_lists_one_workspace_and_some_statuses(api: RunningApi) -> None:
    mine = await api.register(workspace="acme")
    await api.register(workspace="other")
    linking = await api.register(workspace="acme")
    await api.link(linking)

    async def ids(query: str) -> list[str]:
        page = (await api.client.get(f"/v1/accounts?{query}")).json()
        return [account["id"] for account in page["accounts"]]

    assert await ids("workspace=acme") == [mine, linking]
    assert await ids("workspace=acme&status=INITIALIZING") == [linking]
    assert len(await ids("status=INITIALIZING&status=NOT_CREATED")) == 3
    assert await ids("workspace=nobody") == []


async def test_an_answer_names_a_position_that_a_feed_may_start_from(api: RunningApi) -> None:
    account_id = await api.register()
    shown = await api.client.get(f"/v1/accounts/{account_id}")
    position = shown.json()["position"]
    assert shown.headers["linkwright-position"] == str(position)
    assert position == await api.services.log.head()
    await api.link(account_id)
    page = (await api.client.get(f"/v1/events?after={position}&account={account_id}")).json()
    assert [item["type"] for item in page["items"]] == ["link.requested"]


async def test_polling_reads_on_where_it_ended(api: RunningApi) -> None:
    for _ in range(5):
        await api.register()
    seen: list[int] = []
    after, more = 0, True
    while more:
        page = (await api.client.get(f"/v1/events?after={after}&limit=2")).json()
        seen += [item["id"] for item in page["items"]]
        after, more = page["next_after"], page["more"]
    assert seen == [1, 2, 3, 4, 5]


async def test_a_failure_says_why_whose_turn_it_is_and_what_to_do(api: RunningApi) -> None:
    account_id = await api.register()
    await api.link(account_id)
    await api.client.post(f"/v1/accounts/{account_id}/cancel")
    reason = (await api.client.get(f"/v1/accounts/{account_id}")).json()["account"]["reason"]
    assert reason["code"] == "cancelled"
    assert reason["sentence"]
    assert reason["next_step"]
    assert reason["actor"] == "nobody"


async def test_times_are_utc(api: RunningApi) -> None:
    account_id = await api.register()
    account = (await api.client.get(f"/v1/accounts/{account_id}")).json()["account"]
    assert account["since"].endswith("Z")
    assert account["registered_at"].endswith("Z")


async def test_refuses_a_body_that_does_not_fit(api: RunningApi) -> None:
    for body in UNFIT:
        answered = await api.client.post("/v1/accounts", json=body)
        assert answered.status_code == 422, body
        assert answered.json()["errors"], body


async def test_a_destroyed_account_keeps_its_story(api: RunningApi) -> None:
    account_id, _ = await api.ready_account()
    gone = (await api.client.delete(f"/v1/accounts/{account_id}")).json()
    assert gone["account"]["status"] == "NOT_CREATED"
    again = (await api.client.delete(f"/v1/accounts/{account_id}")).json()
    assert (again["outcome"], again["rule"]) == ("ignored", "nothing_to_destroy")
    attempts = (await api.client.get(f"/v1/accounts/{account_id}/attempts")).json()["attempts"]
    assert [attempt["outcome"] for attempt in attempts] == ["destroyed"]
