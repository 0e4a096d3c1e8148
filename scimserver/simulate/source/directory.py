"""The source directory: who is there, who is in which group, and what happens between two cycles."""

from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any, Self

from .people import Change, Person, Team

__all__ = ["Change", "Directory", "Person", "Team"]


class Directory:
    """People and groups by objectId, in a stable order.

    ``people`` holds soft-deleted people too (``IsSoftDeleted``); a hard-deleted one is gone, and ``purged`` has the
    objectId.
    """

    def __init__(
        self,
        people: Mapping[str, Person] | None = None,
        teams: Mapping[str, Team] | None = None,
        *,
        seed: int = 0,
        label: str = "",
        hired: int | None = None,
        purged: set[str] | None = None,
    ) -> None:
        self.people: dict[str, Person] = dict(people or {})
        self.teams: dict[str, Team] = dict(teams or {})
        self.seed = seed
        self.label = label
        """In every name that is invented."""
        self.hired = len(self.people) if hired is None else hired
        self.purged: set[str] = purged or set()

    @classmethod
    def generate(cls, users: int, groups: int, seed: int = 0, label: str = "") -> Self:
        """Return an invented directory; the same arguments give the same one, and another label other names.

        Managers form a tree. The first group has a third of the people, the last ones nobody. A few people are
        blocked or deleted from the beginning.
        """
        from .invent import Inventor

        inventor = Inventor(f"{seed}:generate", label=label)
        people = [inventor.person() for _ in range(users)]
        _employ(people, inventor.random)
        for person, attribute, value in _absences(people, inventor.random):
            person[attribute] = value
        taken: set[str] = set()
        sizes = _sizes(users, groups)
        ids = [person.id for person in people]
        teams = [inventor.team(taken, sorted(inventor.random.sample(ids, size))) for size in sizes]
        return cls({p.id: p for p in people}, {t.id: t for t in teams}, seed=seed, label=label, hired=users)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Return the directory of a file: CSV of people, or JSON of people and groups.

        Raises:
            SourceProblem: the file cannot be read or used; names the file, the line, the column and the cure.
        """
        from .files import read

        people, teams = read(path)
        return cls({p.id: p for p in people}, {t.id: t for t in teams})

    def evolve(self, cycle: int) -> list[Change]:
        """Let happen what happens between two cycles, and return it; the same seed and cycle give the same."""
        from .evolution import Evolution

        return Evolution(self, cycle).run()

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON-ready values."""
        return {
            "seed": self.seed,
            "label": self.label,
            "hired": self.hired,
            "purged": sorted(self.purged),
            "users": [dict(person) for person in self.people.values()],
            "groups": [dict(team) for team in self.teams.values()],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Return the directory that :meth:`to_json` described."""
        people = [Person(user) for user in value["users"]]
        teams = [Team(group) for group in value["groups"]]
        return cls(
            {p.id: p for p in people},
            {t.id: t for t in teams},
            seed=value["seed"],
            label=value.get("label", ""),
            hired=value["hired"],
            purged=set(value["purged"]),
        )


def _employ(people: list[Person], random: Random) -> None:
    """Give everybody but the first, and a few who report to nobody, a manager from those before them."""
    for number, person in enumerate(people[1:], start=1):
        if random.random() < 0.97:
            person["manager"] = people[int(number * random.random() ** 2)].id


def _absences(people: list[Person], random: Random) -> list[tuple[Person, str, bool]]:
    """Choose who is blocked (3 %) and who is deleted (1 %) from the beginning; of ten people at least one and two."""
    if len(people) < 10:
        return []
    blocked, deleted = max(1, len(people) * 3 // 100), max(2, len(people) // 100)
    chosen = random.sample(people[len(people) // 2 :], blocked + deleted)
    return [
        *((person, "accountEnabled", False) for person in chosen[:blocked]),
        *((person, "IsSoftDeleted", True) for person in chosen[blocked:]),
    ]


def _sizes(users: int, groups: int) -> list[int]:
    """Return how many members each group has: a third, a sixth, a ninth, …, and every eighth group has none."""
    return [
        0 if number % 8 == 7 or number + 1 == groups > 2 else users // (3 * (number + 1)) for number in range(groups)
    ]
