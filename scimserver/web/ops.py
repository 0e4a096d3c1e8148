"""``/healthz`` and ``/readyz`` for load balancers and orchestrators, ``/metrics`` for Prometheus."""

from ..errors import ScimError
from .base import BaseHandler
from .negotiation import JSON


class HealthHandler(BaseHandler):
    """200 while the process answers at all; says nothing of the database."""

    COUNTED = False

    async def admit(self) -> None:
        """A stopping process is still healthy."""

    async def get(self) -> None:
        self.send_json({"status": "ok"}, media_type=JSON)


class ReadyHandler(BaseHandler):
    """200 if this process should get requests: not stopping, database reachable, indexes as this version needs them."""

    COUNTED = False

    async def admit(self) -> None:
        """Answered here, not by the base class, so that the reason is in the body."""

    async def get(self) -> None:
        if self.app.draining:
            self._not_ready("stopping")
            return
        try:
            await self.app.check_database()
        except ScimError as error:
            self._not_ready(error.detail)
            return
        self.send_json({"status": "ready"}, media_type=JSON)

    def _not_ready(self, reason: str) -> None:
        self.send_json(
            {"status": "not ready", "reason": reason}, status=503, headers={"Retry-After": "2"}, media_type=JSON
        )


class MetricsHandler(BaseHandler):
    """All metrics in Prometheus' text format; of every process on this port, whichever one answers."""

    COUNTED = False

    async def admit(self) -> None:
        """A stopping process still tells its numbers."""

    async def get(self) -> None:
        text, media_type = self.app.metrics.text()
        self.send_bytes(text, media_type=media_type)
