"""Run the benchmark: ``python -m benchmarks.run [--rounds N] [--requests N] [--json]``."""

import argparse
import asyncio
import json
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit

from .load import Measured, Request, drive, prepare

NAMES = ("create", "match filter", "get", "patch", "add member")


class Side:
    """One of the two programs, with the ids it made."""

    def __init__(self, name: str, port: int, base: str, token: str) -> None:
        self.name, self.port, self.base, self.token = name, port, base, token
        self.users: list[str] = []
        self.group = "g_floor"
        self.made = 0

    def request(self, method: str, path: str, body: object = None, statuses: tuple[int, ...] = (200,)) -> Request:
        content = b"" if body is None else json.dumps(body).encode()
        return prepare(method, self.base + path, f"127.0.0.1:{self.port}", self.token, content, statuses)

    def requests(self, name: str, count: int) -> list[Request]:
        """Return ``count`` requests of one kind; users of earlier creates are their targets."""
        makers: dict[str, Callable[[int], Request]] = {
            "create": lambda n: self.request("POST", "/Users", user_body(self.made + n), (201,)),
            "match filter": lambda n: self.request(
                "GET", "/Users?filter=" + quote(f'userName eq "bench{n % self.made}@larkfield.example"')
            ),
            "get": lambda n: self.request("GET", f"/Users/{self.users[n % len(self.users)]}"),
            "patch": lambda n: self.request(
                "PATCH",
                f"/Users/{self.users[n % len(self.users)]}",
                {"Operations": [{"op": "Replace", "path": "title", "value": f"Title {self.made} {n}"}]},
            ),
            "add member": lambda n: self.request(
                "PATCH",
                f"/Groups/{self.group}",
                {"Operations": [{"op": "Add", "path": "members", "value": [{"value": self.users[-1 - n]}]}]},
                (204,),
            ),
        }
        return [makers[name](n) for n in range(count)]


def user_body(number: int) -> dict[str, object]:
    """A user with about as many attributes as the tutorial's table."""
    address = {
        "streetAddress": "14 Harbour Row", "locality": "Leith", "region": "Lothian", "postalCode": "EH6 6QQ",
        "country": "GB", "formatted": "14 Harbour Row, Leith, Lothian EH6 6QQ",
    }  # fmt: skip
    login = f"bench{number}"
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": f"{login}@larkfield.example",
        "externalId": f"ext-{number}",
        "active": True,
        "displayName": f"Bench User {number}",
        "title": "Field Engineer",
        "preferredLanguage": "en-GB",
        "locale": "en-GB",
        "timezone": "Europe/London",
        "name": {"givenName": "Bench", "familyName": f"User {number}", "formatted": f"Bench User {number}"},
        "emails": [
            {"type": t, "value": f"{login}.{t}@larkfield.example", "primary": t == "work"} for t in ("work", "home")
        ],
        "phoneNumbers": [{"type": t, "value": f"+44 7700 {number}"} for t in ("work", "mobile")],
        "addresses": [{"type": t, **address} for t in ("work", "home")],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
            "department": "Survey",
            "employeeNumber": str(number),
        },
    }


@contextmanager
def both_sides() -> Iterator[tuple[Side, Side]]:
    """Start the server and the floor program on one embedded database."""
    with ExitStack() as stack:
        data = stack.enter_context(tempfile.TemporaryDirectory())
        log = stack.enter_context((Path(data) / "server.log").open("wb"))
        server = _start(stack, ["-m", "scimserver", "demo", "--json", "--port", "0", "--data", f"{data}/db"], log)
        facts = json.loads(server)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        _start(stack, ["-m", "benchmarks.floor", "--url", facts["mongo_url"], "--port", str(port)], log)
        address = urlsplit(facts["tenant_url"])
        yield Side("scimserver", address.port or 80, address.path, facts["secret_token"]), Side("floor", port, "", "-")


def _start(stack: ExitStack, command: list[str], log: object) -> bytes:
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, stderr=log)  # type: ignore[call-overload]
    stack.callback(process.wait, 20)
    stack.callback(process.terminate)
    line: bytes = process.stdout.readline()
    if not line:
        raise SystemExit(f"{' '.join(command)} did not start")
    return line


async def measure(
    sides: tuple[Side, Side], rounds: int, count: int, lanes: int
) -> dict[str, dict[str, list[Measured]]]:
    """Take turns, round by round; returns measurements by kind of request and side."""
    found: dict[str, dict[str, list[Measured]]] = {name: {side.name: [] for side in sides} for name in NAMES}
    group = sides[0].request("POST", "/Groups", {"displayName": "Bench"}, (201,))
    sides[0].group = json.loads((await drive(sides[0].port, [group], 1)).bodies[0])["id"]
    for turn in range(rounds + 1):
        for name in NAMES:
            for side in sides if turn % 2 else reversed(sides):
                measured = await drive(side.port, side.requests(name, count), lanes)
                if name == "create":
                    side.users += [json.loads(body)["id"] for body in measured.bodies]
                    side.made += count
                if turn:  # the first round warms both up
                    found[name][side.name].append(measured)
    return found


def summarise(found: dict[str, dict[str, list[Measured]]]) -> list[dict[str, float | str]]:
    """Return one row a kind of request: medians over the rounds, and the ratio of each round's pair."""
    rows: list[dict[str, float | str]] = []
    for name, sides in found.items():
        ratios = [a.per_second / b.per_second for a, b in zip(sides["scimserver"], sides["floor"], strict=True)]
        row: dict[str, float | str] = {"request": name, "ratio": statistics.median(ratios)}
        for side, measured in sides.items():
            row[f"{side} per second"] = statistics.median(m.per_second for m in measured)
            row[f"{side} p50 ms"] = statistics.median(m.p50_ms for m in measured)
            row[f"{side} p99 ms"] = statistics.median(m.p99_ms for m in measured)
        rows.append({k: v if isinstance(v, str) else round(v, 2) for k, v in row.items()})
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="counted rounds, after one to warm up")
    parser.add_argument("--requests", type=int, default=300, help="requests of each kind a round")
    parser.add_argument("--lanes", type=int, default=4, help="connections, each with one request in flight")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    options = parser.parse_args()
    with both_sides() as sides:
        rows = summarise(asyncio.run(measure(sides, options.rounds, options.requests, options.lanes)))
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    print(f"{'request':14}{'scimserver/s':>14}{'floor/s':>10}{'ratio':>8}{'p50 ms':>9}{'p99 ms':>9}{'floor p50':>11}")
    for row in rows:
        print(
            f"{row['request']:14}{row['scimserver per second']:>14}{row['floor per second']:>10}{row['ratio']:>8}"
            f"{row['scimserver p50 ms']:>9}{row['scimserver p99 ms']:>9}{row['floor p50 ms']:>11}"
        )


if __name__ == "__main__":
    main()
