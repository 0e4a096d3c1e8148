"""``/metrics``: what Prometheus reads of requests and plugins."""

import re

import httpx

from .conftest import Site, create, patch


async def scrape(site: Site) -> tuple[httpx.Response, dict[str, float]]:
    async with site.anonymous() as anybody:
        answer = await anybody.get("/metrics")
    samples = (line.rpartition(" ") for line in answer.text.splitlines() if not line.startswith("#"))
    return answer, {name: float(value) for name, _, value in samples}


async def grown(site: Site, before: dict[str, float], name: str) -> float:
    return (await scrape(site))[1].get(name, 0) - before.get(name, 0)


async def test_metrics_are_prometheus_text_without_a_token(site: Site) -> None:
    answer, samples = await scrape(site)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    assert 'scimserver_plugin_calls_total{hook="scim_map",plugin="profile"}' in samples
    assert "# HELP scimserver_requests_total Requests answered" in answer.text
    assert "_created" not in answer.text


async def test_requests_are_counted_by_method_and_class_of_status(site: Site, client: httpx.AsyncClient) -> None:
    before = (await scrape(site))[1]
    user = await create(client)
    await client.patch(f"Users/{user['id']}", json=patch(title="Pilot"))
    await client.get("Users/u_none")
    await client.request("FROBNICATE", "Users")
    async with site.anonymous() as anybody:
        for address in ("/healthz", "/readyz", "/nowhere"):
            await anybody.get(address)
    for labels, number in (
        ('method="POST",status="2xx"', 1),
        ('method="PATCH",status="2xx"', 1),
        ('method="GET",status="4xx"', 2),
        ('method="GET",status="2xx"', 0),
        ('method="other",status="5xx"', 1),
    ):
        assert await grown(site, before, f"scimserver_requests_total{{{labels}}}") == number, labels
    assert await grown(site, before, 'scimserver_request_seconds_count{method="GET"}') == 2
    assert await grown(site, before, 'scimserver_request_seconds_bucket{le="+Inf",method="POST"}') == 1
    assert await grown(site, before, 'scimserver_request_seconds_sum{method="POST"}') > 0


async def test_calls_of_plugins_are_counted(site: Site, client: httpx.AsyncClient) -> None:
    before = (await scrape(site))[1]
    await create(client)
    for plugin in ("profile", "work_address"):
        labels = f'{{hook="scim_map",plugin="{plugin}"}}'
        assert await grown(site, before, f"scimserver_plugin_calls_total{labels}") == 1
        assert await grown(site, before, f"scimserver_plugin_seconds_total{labels}") > 0
        assert await grown(site, before, f"scimserver_plugin_errors_total{labels}") == 0


async def test_no_metric_names_a_workspace_or_a_person(site: Site, client: httpx.AsyncClient) -> None:
    await create(client, "ines@larkfield.example")
    answer, _ = await scrape(site)
    assert "larkfield" not in answer.text
    names = set(re.findall(r'(\w+)="', answer.text))
    assert names == {"plugin", "hook", "method", "status", "le"}


async def test_metrics_are_read_only_and_there_while_the_server_stops(site: Site) -> None:
    async with site.anonymous() as anybody:
        assert (await anybody.post("/metrics")).status_code == 405
        site.app.draining = True
        assert (await anybody.get("/metrics")).status_code == 200
