"""What a back end and a phone do, over HTTP alone."""

from typing import Any

import httpx

from tests.waiting import wait_until

SETTLED = ("READY", "FAILED", "DISCONNECTED", "NOT_CREATED")
PHONE = "4915112345678"


class Story:
    """One account of the sandbox."""

    def __init__(self, client: httpx.Client, **register: object) -> None:
        self.client = client
        body = {"workspace": "acme", "label": "Branch", "site": "sandbox", **register}
        self.id: str = self._ok(client.post("/v1/accounts", json=body))["account"]["id"]

    def scene(self, name: str, times: int | None = 1, **params: object) -> None:
        """Choose what the sandbox does on the next pages of this account."""
        body = {"name": name, "params": params, "times": times}
        self._ok(self.client.put(f"/v1/sandbox/accounts/{self.id}/scene", json=body))

    def link(
        self, how: str = "link", *, wait_s: int = 25, pairing_phone: str = ""
    ) -> dict[str, Any]:
        """Start an attempt and wait for its first code or its end."""
        by_code = {"method": "pairing_code", "phone": pairing_phone}
        body = by_code if pairing_phone else {}
        answer = self.client.post(
            f"/v1/accounts/{self.id}/{how}", params={"wait": wait_s}, json=body
        )
        return self._ok(answer)["account"]

    def scan(self, phone: str = PHONE, *, refused: bool = False) -> None:
        """Let the simulated phone scan the code that Linkwright hands out.

        On a busy machine a code of two seconds may have gone before the phone looks: then the next.
        """
        answer = wait_until(lambda: self._scanned(phone))
        assert answer is not None
        assert answer.status_code == (409 if refused else 200), answer.text
        assert not refused or answer.json()["cause"] == "rejected", answer.text

    def _scanned(self, phone: str) -> httpx.Response | None:
        answer = self.client.post(f"/v1/sandbox/accounts/{self.id}/scan", json={"phone": phone})
        late = not answer.is_success and answer.json().get("cause") in ("stale", "nothing_on_show")
        return None if late else answer

    def phone(self, what: str) -> None:
        """Something else that the phone does: reject, logout, offline, online."""
        self._ok(self.client.post(f"/v1/sandbox/accounts/{self.id}/{what}"))

    def post(self, what: str) -> dict[str, Any]:
        """Send a wish: cancel, logout, reconnect."""
        return self._ok(self.client.post(f"/v1/accounts/{self.id}/{what}"))["account"]

    def show(self) -> dict[str, Any]:
        """The account as the API shows it."""
        return self._ok(self.client.get(f"/v1/accounts/{self.id}"))["account"]

    def until(self, *statuses: str, limit_s: float = 40.0) -> dict[str, Any]:
        """Wait until the account has one of the statuses."""
        seen: dict[str, Any] = {}

        def arrived() -> bool:
            seen.clear()
            seen.update(self.show())
            return seen["status"] in statuses

        try:
            wait_until(arrived, limit_s)
        except AssertionError as error:
            raise AssertionError(f"{statuses} not reached: {seen}\n{self.told()}") from error
        return seen

    def link_to_ready(self, how: str = "link", phone: str = PHONE) -> dict[str, Any]:
        """Link with a scan; reuses no kept session."""
        account = self.link(how)
        assert account["status"] == "WAITING_QR", account
        self.scan(phone)
        return self.until(*SETTLED)

    def timeline(self) -> list[dict[str, Any]]:
        """All rows of all attempts, oldest first."""
        answer = self._ok(self.client.get(f"/v1/accounts/{self.id}/timeline"))
        return [row for part in answer["timeline"]["attempts"] for row in part["rows"]]

    def names(self) -> list[str]:
        """The events of the account's story by name."""
        return [row["name"] for row in self.timeline() if row["what"] == "event"]

    def told(self) -> str:
        """The story in sentences, for a failing test."""
        return "\n".join(f"{row['at']} {row['sentence']}" for row in self.timeline())

    def _ok(self, answer: httpx.Response) -> dict[str, Any]:
        assert answer.is_success, f"{answer.request.url}: {answer.status_code} {answer.text}"
        decoded: dict[str, Any] = answer.json()
        return decoded
