"""How many cases each fuzz test gets: few and always the same at every desk, ``make fuzz`` for many and new ones."""

import os

from hypothesis import HealthCheck, settings

from scimserver.errors import ScimError

DEFAULT = 1_000
CASES = int(os.environ.get("SCIM_FUZZ_CASES", DEFAULT))
"""Cases of all tests together."""


def cases(percent: int) -> settings:
    """Return the settings of a test that gets so much of all cases."""
    return settings(
        max_examples=max(1, CASES * percent // 100),
        # The same cases every time, so that nobody's unrelated change fails by chance; a long run looks for new ones.
        derandomize="SCIM_FUZZ_CASES" not in os.environ,
        database=None,
        deadline=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )


def assert_refusal(error: ScimError, says: str = "") -> None:
    """The client's fault, in words short enough for a provisioning log."""
    assert error.status == 400
    assert says in error.detail
    assert 0 < len(error.detail) < 1000
