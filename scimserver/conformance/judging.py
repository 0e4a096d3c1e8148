"""A process of its own for another judge: ``python -m scimserver.conformance.judging NAME`` (see ``judges.py``).

Judges are synchronous and other people's code. Here they can hold up nothing, and can be ended at any moment. The
address and the token come in on standard input, so that no list of processes shows them; what goes out on standard
output is one JSON object a line: ``{"created": path}``, ``{"deleted": path}`` and at the end ``{"check": {…}}``.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any, TextIO

import httpx

from .cleaning import Ledger

TIMEOUT_SECONDS = 30


class Journal(Ledger):
    """A ledger that tells each change at once: the process may end before it can tidy up."""

    def __init__(self, out: TextIO) -> None:
        super().__init__()
        self._out = out

    def add(self, path: str) -> None:
        """Tell of a new resource."""
        super().add(path)
        self.tell({"created": path})

    def discard(self, path: str) -> None:
        """Tell that one is gone."""
        super().discard(path)
        self.tell({"deleted": path})

    def tell(self, what: dict[str, Any]) -> None:
        """Write one line."""
        self._out.write(json.dumps(what) + "\n")
        self._out.flush()


def scim2_tester(url: str, token: str, journal: Journal) -> Iterator[dict[str, str]]:
    """Run every check of scim2-tester."""
    import httpx2
    from scim2_client.engines.httpx2 import SyncSCIMClient
    from scim2_tester import check_server

    def note(answer: httpx2.Response) -> None:
        answer.read()
        request = httpx.Request(answer.request.method, str(answer.request.url))
        journal.note(
            request, httpx.Response(answer.status_code, headers=_headers(answer.headers), content=answer.content)
        )

    headers = {"Authorization": f"Bearer {token}"}
    with httpx2.Client(
        base_url=url, headers=headers, timeout=TIMEOUT_SECONDS, event_hooks={"response": [note]}
    ) as http:
        for result in check_server(SyncSCIMClient(http)):
            yield {
                "part": result.resource_type or "server",
                "title": result.title or "",
                "status": result.status.name,
                "says": result.reason or "",
            }


def scim_sanity(url: str, token: str, journal: Journal) -> Iterator[dict[str, str]]:
    """Run the probe of scim-sanity in its strict mode."""
    from scim_sanity.probe import runner

    class Noting(runner.SCIMClient):  # type: ignore[misc]
        def _request(self, method: str, path: str, *more: Any, **named: Any) -> Any:
            answer = super()._request(method, path, *more, **named)
            request = httpx.Request(method, f"{self.base_url}{path}")
            content = (answer.body or "").encode()
            journal.note(request, httpx.Response(answer.status_code, headers=_headers(answer.headers), content=content))
            return answer

    # Only in this process, which ends with the probe.
    runner.SCIMClient = Noting
    for result in runner.run_probe_api(url, token=token, strict=True, timeout=TIMEOUT_SECONDS)["results"]:
        yield {
            "part": result.get("phase", ""),
            "title": result["name"],
            "status": result["status"],
            "says": result.get("message", ""),
        }


JUDGES: dict[str, Callable[[str, str, Journal], Iterator[dict[str, str]]]] = {
    "scim2-tester": scim2_tester,
    "scim-sanity": scim_sanity,
}


def _headers(headers: Any) -> dict[str, str]:
    """Return the headers of an answer whose body is decoded already."""
    return {
        name: value for name, value in headers.items() if name.lower() not in ("content-encoding", "content-length")
    }


def main() -> None:
    """Judge the tenant that standard input names."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # Whatever a judge prints must not get between our lines.
    os.dup2(2, 1)
    tenant = json.loads(sys.stdin.readline())
    journal = Journal(out)
    for check in JUDGES[sys.argv[1]](tenant["url"], tenant["token"], journal):
        journal.tell({"check": check})


if __name__ == "__main__":
    main()
