"""Which workspace a request means, and which address its answer speaks of."""

import pytest
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine

from scimserver.settings import load
from scimserver.web.addresses import Addresses

PUBLIC = "https://scim.example.net"
PATTERN = "{workspace}.scim.example.net"


def addresses(*, trust: bool = False, pattern: str = "", public: str = PUBLIC) -> Addresses:
    return Addresses(
        load(None, server={"public_url": public, "trust_forwarded": trust}, tenancy={"host_pattern": pattern})
    )


def request(
    path: str = "/t/larkfield/scim/v2/Users", host: str = "127.0.0.1:8080", **headers: str
) -> HTTPServerRequest:
    sent = HTTPHeaders({"Host": host, **{name.replace("_", "-"): value for name, value in headers.items()}})
    return HTTPServerRequest(start_line=RequestStartLine("GET", path, "HTTP/1.1"), headers=sent)


@pytest.mark.parametrize(
    ("path", "routed"),
    [
        ("/t/larkfield/scim/v2/Users", "/t/larkfield/scim/v2/Users"),
        ("/t/larkfield/scim/v2//Users", "/t/larkfield/scim/v2/Users"),
        ("//t/larkfield///scim/v2/Users//", "/t/larkfield/scim/v2/Users"),
        ("/t/larkfield/scim/v2/", "/t/larkfield/scim/v2"),
        ("/", "/"),
        ("//", "/"),
        ("/scim/v2/Users", "/scim/v2/Users"),
    ],
)
def test_repeated_and_trailing_slashes_do_not_matter(path: str, routed: str) -> None:
    assert addresses().route_path(request(path)) == routed


@pytest.mark.parametrize(
    "host", ["northgate.scim.example.net", "NorthGate.SCIM.example.net", "northgate.scim.example.net:8443"]
)
def test_a_host_of_the_pattern_names_the_workspace(host: str) -> None:
    assert addresses(pattern=PATTERN).route_path(request("/scim/v2//Users/", host)) == "/t/northgate/scim/v2/Users"


@pytest.mark.parametrize(
    "host",
    [
        "scim.example.net",
        ".scim.example.net",
        "a.b.scim.example.net",
        "northgate.scim.example.net.evil.example",
        "northgateXscim.example.net",
        "northgate.scim.example.net:80x",
        "northgate%00.scim.example.net",
    ],
)
def test_any_other_host_names_no_workspace(host: str) -> None:
    assert addresses(pattern=PATTERN).route_path(request("/scim/v2/Users", host)) == "/scim/v2/Users"


def test_without_a_pattern_no_host_names_a_workspace() -> None:
    assert addresses().route_path(request("/scim/v2/Users", "northgate.scim.example.net")) == "/scim/v2/Users"


@pytest.mark.parametrize("path", ["/scim/Users", "/scim//Users/", "/t/northgate/scim/Users"])
def test_a_path_without_a_version_means_the_newest(path: str) -> None:
    asked = addresses(pattern=PATTERN)
    assert asked.route_path(request(path, "northgate.scim.example.net")) == "/t/northgate/scim/v2/Users"


@pytest.mark.parametrize(
    ("path", "routed"),
    [
        ("/t/northgate/scim", "/t/northgate/scim/v2"),
        ("/t/northgate/scim/v1/Users", "/t/northgate/scim/v1/Users"),
        ("/t/northgate/scim/v11", "/t/northgate/scim/v11"),
        ("/t/northgate/scim/v2x/Users", "/t/northgate/scim/v2/v2x/Users"),
        ("/t/northgate/scimmer", "/t/northgate/scimmer"),
        ("/scim/Users", "/scim/Users"),
        ("https://evil.example/t/northgate/scim/v2/Users", "/t/northgate/scim/v2/Users"),
        ("http://evil.example", "/"),
        ("/x/http://evil.example/t", "/x/http:/evil.example/t"),
    ],
)
def test_a_version_is_added_only_where_there_is_none_and_an_origin_taken_off_only_at_the_beginning(
    path: str, routed: str
) -> None:
    assert addresses().route_path(request(path)) == routed


def test_other_paths_of_a_workspace_host_stay_as_they_are() -> None:
    asked = addresses(pattern=PATTERN)
    for path in ("/healthz", "/t/northgate/scim/v2/Users", "/scimserver"):
        assert asked.route_path(request(path, "northgate.scim.example.net")) == path


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:8080", "northgate.evil.example", ""])
def test_the_tenant_url_comes_from_the_configuration_whatever_the_host_header_says(host: str) -> None:
    for pattern in ("", PATTERN):
        asked = addresses(pattern=pattern)
        assert asked.tenant_url("larkfield", request(host=host)) == f"{PUBLIC}/t/larkfield/scim/v2"


def test_a_workspace_host_is_answered_in_its_own_form() -> None:
    asked = addresses(pattern=PATTERN)
    assert asked.tenant_url("northgate", request(host="NorthGate.scim.example.net:8443")) == (
        "https://northgate.scim.example.net:8443/scim/v2"
    )


def test_a_path_that_names_another_workspace_than_the_host_is_answered_in_the_form_of_the_path() -> None:
    asked = addresses(pattern=PATTERN)
    assert asked.tenant_url("larkfield", request(host="northgate.scim.example.net")) == f"{PUBLIC}/t/larkfield/scim/v2"


FORWARDED = {"X_Forwarded_Proto": "https", "X_Forwarded_Host": "id.larkfield.example"}


def test_forwarded_headers_are_ignored_unless_the_operator_trusts_them() -> None:
    assert addresses().tenant_url("larkfield", request(**FORWARDED)) == f"{PUBLIC}/t/larkfield/scim/v2"
    forged = request("/scim/v2/Users", X_Forwarded_Host="northgate.scim.example.net")
    assert addresses(pattern=PATTERN).route_path(forged) == "/scim/v2/Users"


@pytest.mark.parametrize(
    ("headers", "origin"),
    [
        (FORWARDED, "https://id.larkfield.example"),
        ({**FORWARDED, "X_Forwarded_Prefix": "/sso/"}, "https://id.larkfield.example/sso"),
        ({**FORWARDED, "X_Forwarded_Host": "id.larkfield.example:8443, inner:80"}, "https://id.larkfield.example:8443"),
        ({**FORWARDED, "X_Forwarded_Host": "[2001:db8::1]:8443"}, "https://[2001:db8::1]:8443"),
        ({**FORWARDED, "X_Forwarded_Proto": "HTTP, https"}, "http://id.larkfield.example"),
    ],
)
def test_trusted_forwarded_headers_make_the_tenant_url(headers: dict[str, str], origin: str) -> None:
    assert addresses(trust=True).tenant_url("larkfield", request(**headers)) == f"{origin}/t/larkfield/scim/v2"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X_Forwarded_Host": "id.larkfield.example"},
        {"X_Forwarded_Proto": "https"},
        {**FORWARDED, "X_Forwarded_Proto": "javascript"},
        {**FORWARDED, "X_Forwarded_Host": "evil.example/path"},
        {**FORWARDED, "X_Forwarded_Host": 'evil.example"><script>'},
        {**FORWARDED, "X_Forwarded_Host": "user@evil.example"},
    ],
)
def test_malformed_or_missing_forwarded_headers_leave_the_configured_address(headers: dict[str, str]) -> None:
    assert addresses(trust=True).tenant_url("larkfield", request(**headers)) == f"{PUBLIC}/t/larkfield/scim/v2"


@pytest.mark.parametrize("prefix", ["/a/../b c", "no-slash", '/"><script>', "//evil.example"])
def test_a_malformed_forwarded_prefix_is_left_out(prefix: str) -> None:
    found = addresses(trust=True).tenant_url("larkfield", request(**FORWARDED, X_Forwarded_Prefix=prefix))
    assert found == "https://id.larkfield.example/t/larkfield/scim/v2"


def test_a_trusted_forwarded_host_names_the_workspace() -> None:
    asked = addresses(trust=True, pattern=PATTERN)
    sent = {"X_Forwarded_Proto": "https", "X_Forwarded_Host": "northgate.scim.example.net"}
    assert asked.route_path(request("/scim/v2/Users", **sent)) == "/t/northgate/scim/v2/Users"
    assert asked.tenant_url("northgate", request(**sent)) == "https://northgate.scim.example.net/scim/v2"


def test_a_public_url_below_a_path_is_kept() -> None:
    asked = addresses(public="https://apps.example.net/provisioning/")
    assert asked.tenant_url("larkfield", request()) == "https://apps.example.net/provisioning/t/larkfield/scim/v2"
