"""When Entra ID stops provisioning: at once for some answers, else when too much fails (idp-clients §6.2)."""

from .problems import SimulateProblem
from .state import Quarantine
from .wire import Answer, Request

EVALUATED_FROM = 5_000
"""Failures below which their share does not count."""
WORST_SHARE = 0.40
MOST_FAILURES = 40_000
MOST_OF_ANY_KIND = 60_000
"""References (manager, members) do not count for the two limits above, but for this one."""

CREDENTIALS = "EncounteredQuarantineException"
PROPORTION = "EncounteredEscrowProportionThreshold"

RETRY_HOURS = (6, 12, 24)
"""After the first failure; from then on every 24 hours."""
DAYS = 28
"""Until the job is disabled."""


class Quarantined(SimulateProblem):
    """Entra ID would stop here; the text says what it would show, and when it would try again."""

    def __init__(self, reason: str, detail: str) -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(f"Quarantine ({reason}). {detail}")


class Watch:
    """Counts the outcomes of a run, and ends it when Entra ID would."""

    def __init__(self) -> None:
        self.successes = 0
        self.failures = 0
        self.reference_failures = 0

    def inspect(self, request: Request, answer: Answer) -> None:
        """Look at an answer that may mean quarantine whatever else succeeds.

        Raises:
            Quarantined: refused credentials, or no answer to "is there such a user?" but 404.
        """
        if answer.status in (401, 403):
            raise Quarantined(
                CREDENTIALS,
                f"The server refused the Secret Token with {answer.status} on {request.method} {request.path}: "
                f'"{answer.detail}". Entra would show the admin that it cannot connect with these credentials.',
            )
        if answer.status == 404 and "filter" in request.params:
            raise Quarantined(
                CREDENTIALS,
                f"{request.method} {request.path} with a filter was answered 404 instead of 200 with an empty list: "
                f'"{answer.detail}". Entra would show "SCIM compliance issue"; a wrong Tenant URL looks the same.',
            )

    def succeed(self) -> None:
        """Count an object that was done."""
        self.successes += 1

    def fail(self, *, reference: bool = False) -> None:
        """Count an object, or with ``reference`` a manager or members, that failed.

        Raises:
            Quarantined: too much has failed.
        """
        if reference:
            self.reference_failures += 1
        else:
            self.failures += 1
        every = self.failures + self.reference_failures
        share = self.failures / (self.failures + self.successes) if self.failures else 0.0
        if self.failures >= EVALUATED_FROM and share > WORST_SHARE:
            self._stop(f"{self.failures:,} of {self.failures + self.successes:,} objects failed ({share:.0%})")
        if self.failures > MOST_FAILURES:
            self._stop(f"{self.failures:,} objects failed")
        if every > MOST_OF_ANY_KIND:
            self._stop(f"{every:,} objects, managers and memberships failed")

    @staticmethod
    def _stop(what: str) -> None:
        raise Quarantined(PROPORTION, f"{what}. Entra would show the most frequent errors, which are listed below.")


def explain(quarantine: Quarantine) -> str:
    """Say what the quarantine means for the customer, and when Entra would try again."""
    done = quarantine.attempts - 1
    hours = RETRY_HOURS[min(done, len(RETRY_HOURS) - 1)]
    when = f"{hours} hours after the first failure" if done < len(RETRY_HOURS) else f"{hours} hours after the last try"
    return (
        f"Entra would try again {when}, then more and more rarely, at last once a day; after {DAYS} days it would "
        "disable the job. One success ends the quarantine: mend the cause, then run again with the same --state."
    )
