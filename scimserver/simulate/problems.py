"""What can be wrong with what a person gives to the simulator; each text names the place and the cure."""

SHOWN = 10
"""Faults of one file that are told at once."""


class SimulateProblem(Exception):
    """Base of the errors that the command shows as they are, without a traceback."""


class SourceProblem(SimulateProblem):
    """The file of people and groups cannot be used."""


class MappingProblem(SimulateProblem):
    """The mapping file cannot be used."""


class ScopeProblem(MappingProblem):
    """A scoping filter cannot be used."""


class Faults:
    """Collects what is wrong with one file, so that a person can mend all of it at once."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._texts: list[str] = []

    def __bool__(self) -> bool:
        return bool(self._texts)

    def add(self, place: str, text: str) -> None:
        """Note one fault: where it is, what it is and what to do."""
        self._texts.append(f"{self._file}: {place}: {text}" if place else f"{self._file}: {text}")

    def check(self, problem: type[SimulateProblem]) -> None:
        """Raise ``problem`` with the first faults if there are any."""
        if self._texts:
            more = len(self._texts) - SHOWN
            rest = [f"… and {more} more."] if more > 0 else []
            raise problem("\n".join([*self._texts[:SHOWN], *rest]))
