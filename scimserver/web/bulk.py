"""``/Bulk``: many operations in one request (RFC 7644 §3.7)."""

from typing import Any

from ..errors import PayloadTooLarge
from ..scim.bulk import read_bulk
from .base import ScimHandler


class BulkHandler(ScimHandler):
    """``POST`` only; one request to ``limits.concurrency``, whatever it holds."""

    OPERATIONS = {"POST": "bulk"}
    results: list[dict[str, Any]] | None = None
    """What became of the operations, as the client gets it."""

    def body_limit(self) -> int:
        return self.app.settings.limits.bulk_bytes

    def too_large(self) -> PayloadTooLarge:
        return PayloadTooLarge(
            f"The bulk request is larger than {self.body_limit()} bytes (`bulk.maxPayloadSize` of "
            "/ServiceProviderConfig): split it into several requests."
        )

    async def post(self) -> None:
        limit = self.app.settings.limits.bulk_operations
        request = read_bulk(self.read_json(), self.ctx.workspace.catalogue, self.ctx.base_url, limit)
        answer = await self.app.bulk.run(self.ctx, request)
        self.results = answer["Operations"]
        self.send_json(answer)
