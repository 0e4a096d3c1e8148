"""``conformance``: wrong usage is said before anything is sent."""

import pytest
from click.testing import CliRunner

from scimserver.cli import main

URL = ("--url", "https://scim.example/scim/v2")
TOKEN = ("--token", "scs_invented")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Give a WORKSPACE of this deployment, or --url URL"),
        (["larkfield", *URL, *TOKEN], "Give a WORKSPACE of this deployment, or --url URL"),
        ([*URL], "--url needs a Secret Token: --token T, or SCIMSERVER_TOKEN"),
        (["--url", "scim.example", *TOKEN], "--url scim.example is no address that begins with http:// or https://"),
        (["larkfield", "--expect", "strict"], "--expect goes with --url"),
        ([*URL, *TOKEN, "--expect", "loose"], "'loose' is not one of 'tolerant', 'strict'"),
        ([*URL, *TOKEN, "--prefix", "a b"], "--prefix 'a b': use 1 to 31 letters"),
        ([*URL, *TOKEN, "--only", "rfc"], "--only rfc: there is no such part; there are rfc7644, entra-legacy"),
    ],
)
def test_wrong_usage_is_status_2_and_says_what_to_do(arguments: list[str], said: str) -> None:
    done = CliRunner(env={"SCIMSERVER_TOKEN": ""}).invoke(main, ["conformance", *arguments])
    assert done.exit_code == 2
    assert said in " ".join(done.output.split())


def test_a_server_that_is_not_there_is_status_1_in_one_line() -> None:
    done = CliRunner().invoke(main, ["conformance", "--url", "http://127.0.0.1:1/scim", *TOKEN, "--only", "generic"])
    assert done.exit_code == 1
    assert done.output == "Error: Nothing answers at http://127.0.0.1:1/scim (ConnectError): start the server first.\n"
