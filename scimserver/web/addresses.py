"""Addresses of a deployment: which path a request means, and which Tenant URL its answer speaks of."""

import re

from tornado.httputil import HTTPServerRequest

from ..settings import Settings

_ORIGIN = re.compile(r"\Ahttps?://[^/]*", re.IGNORECASE)
_UNVERSIONED = re.compile(r"\A/t/[^/]+/scim(?=/(?!v\d+(?:/|$))|$)")
_SLASHES = re.compile(r"/{2,}")
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(:\d{1,5})?|\[[0-9a-fA-F:.]{2,45}\](:\d{1,5})?")


class Addresses:
    """Maps both forms of a Tenant URL onto ``/t/{workspace}/scim/v2`` and writes them back.

    ``meta.location`` and ``$ref`` come from ``server.public_url``, or from ``X-Forwarded-*`` if the operator trusts
    the proxy; never from an unchecked ``Host`` header.
    """

    def __init__(self, settings: Settings) -> None:
        self._public_url = settings.server.public_url.rstrip("/")
        self._trust_forwarded = settings.server.trust_forwarded
        self._host: re.Pattern[str] | None = None
        if settings.tenancy.host_pattern:
            before, _, after = settings.tenancy.host_pattern.partition("{workspace}")
            self._host = re.compile(re.escape(before) + r"([a-z0-9-]+)" + re.escape(after) + r"(:\d+)?", re.IGNORECASE)

    def route_path(self, request: HTTPServerRequest) -> str:
        """Return the path to route by: slashes folded, a workspace host turned into ``/t/…``, the version added.

        A request line may hold a whole URL (RFC 9112 §3.2.2), and a Tenant URL without ``/v2`` means the newest
        version (RFC 7644 §3.13).
        """
        path = _SLASHES.sub("/", _ORIGIN.sub("", request.path))
        path = path.rstrip("/") or "/"
        slug = self._slug_of_host(request)
        if slug and (path == "/scim" or path.startswith("/scim/")):
            path = f"/t/{slug}{path}"
        return _UNVERSIONED.sub(r"\g<0>/v2", path)

    def tenant_url(self, slug: str, request: HTTPServerRequest) -> str:
        """Return the SCIM base of a workspace without a trailing slash, in the form that the request used."""
        origin = self._origin(request)
        if self._slug_of_host(request) == slug:
            return f"{origin.partition('://')[0]}://{self._host_of(request)}/scim/v2"
        return f"{origin}/t/{slug}/scim/v2"

    def _origin(self, request: HTTPServerRequest) -> str:
        if self._trust_forwarded:
            host = request.headers.get("X-Forwarded-Host", "").split(",")[0].strip()
            scheme = request.headers.get("X-Forwarded-Proto", "").split(",")[0].strip().lower()
            if _HOST.fullmatch(host) and scheme in ("http", "https"):
                prefix = request.headers.get("X-Forwarded-Prefix", "").strip().rstrip("/")
                return f"{scheme}://{host}{prefix if re.fullmatch(r'(/[A-Za-z0-9._~-]+)*', prefix) else ''}"
        return self._public_url

    def _host_of(self, request: HTTPServerRequest) -> str:
        if self._trust_forwarded and (forwarded := request.headers.get("X-Forwarded-Host")):
            return forwarded.split(",")[0].strip().lower()
        return request.host.lower()

    def _slug_of_host(self, request: HTTPServerRequest) -> str | None:
        match = self._host.fullmatch(self._host_of(request)) if self._host else None
        return match[1].lower() if match else None
