"""``/Bulk``: many operations in one request (RFC 7644 §3.7)."""

from ..errors import PayloadTooLarge
from ..scim.bulk import read_bulk
from .base import ScimHandler


class BulkHandler(ScimHandler):
    """``POST`` only; one request to ``limits.concurrency``, whatever it holds."""

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
        self.send_json(await self.app.bulk.run(self.ctx, request))
