"""What happens in a source directory between two cycles: people change, leave, come back and are hired; groups move.

Every choice comes from the directory's seed and the number of the cycle.
"""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from .invent import DEPARTMENTS, Inventor, domain_of
from .people import Change, ChangeKind, Person, Team

if TYPE_CHECKING:
    from .directory import Directory

WITHOUT_MANAGER = 0.2
"""Share of those who move that report to nobody afterwards."""

Thing = TypeVar("Thing")

UPDATED = 0.05
"""Share of the active people whose attributes change."""
SHARES = {"disable": 0.01, "soft_delete": 0.01, "hard_delete": 0.005, "create": 0.01, "move_manager": 0.01}
"""Share of all people to whom something else happens."""
AT_LEAST = {"soft_delete": 2}
"""To how many at least, if not one: of those deleted in one cycle the next deletes one for good and restores one."""


class Evolution:
    """One step of one directory, which is changed in place. To one person at most one thing happens."""

    def __init__(self, directory: "Directory", cycle: int) -> None:
        self._directory = directory
        self._people = directory.people
        self._teams = directory.teams
        self._domain = _domain(directory)
        self._inventor = Inventor(
            f"{directory.seed}:cycle:{cycle}",
            number=directory.hired,
            taken=_nicknames(directory),
            domain=self._domain,
            label=directory.label,
        )
        self._random = self._inventor.random
        self._changes: list[Change] = []
        self._untouched = list(self._people)
        self._random.shuffle(self._untouched)

    def run(self) -> list[Change]:
        """Change the directory and return what happened, in the order in which it happened."""
        self._hard_delete_the_deleted()
        self._restore()
        for kind, change in (
            ("soft_delete", self._soft_delete),
            ("disable", self._disable),
            ("hard_delete", self._hard_delete),
            ("move_manager", self._move),
        ):
            for person in self._take(self._count(kind), _active):
                change(person)
        self._update()
        self._delete_team()
        self._change_teams()
        self._hire()
        self._directory.hired = self._inventor.number
        return self._changes

    def _note(self, kind: ChangeKind, object_id: str, member: str | None = None) -> None:
        self._changes.append(Change(kind, object_id, member))

    def _count(self, kind: str) -> int:
        return max(AT_LEAST.get(kind, 1), int(len(self._people) * SHARES[kind]))

    def _take(self, count: int, fits: Callable[[Person], bool]) -> Iterator[Person]:
        """Yield up to so many people to whom nothing has happened yet; the first person, the top of all, stays."""
        top = next(iter(self._people), None)
        fitting = (key for key in self._untouched if key != top and fits(self._people[key]))
        found = dict.fromkeys(islice(fitting, count))
        self._untouched = [key for key in self._untouched if key not in found]
        for key in found:
            yield self._people[key]

    # -- people ------------------------------------------------------------------------------------------------------

    def _hard_delete_the_deleted(self) -> None:
        for person in self._take(self._count("hard_delete"), _deleted):
            self._hard_delete(person)

    def _restore(self) -> None:
        """Bring back a third of the deleted and a third of the blocked, at least one each."""
        for fits in (_deleted, _blocked):
            count = sum(fits(person) for person in self._people.values())
            for person in self._take(-(-count // 3), fits):
                person.update(accountEnabled=True, IsSoftDeleted=False)
                self._note("restore", person.id)

    def _soft_delete(self, person: Person) -> None:
        person["IsSoftDeleted"] = True
        self._note("soft_delete", person.id)

    def _disable(self, person: Person) -> None:
        person["accountEnabled"] = False
        self._note("disable", person.id)

    def _hard_delete(self, person: Person) -> None:
        """Remove a person for good; those who reported to them report to the next one above, or to the top."""
        gone, above = person.id, person.get("manager") or next(iter(self._people))
        for key, other in self._people.items():
            if other.get("manager") == gone:
                other["manager"] = None if self._reports(above, key) else above
                self._note("move_manager", key)
        for team in self._teams.values():
            if gone in team.members:
                team.members.remove(gone)
        del self._people[gone]
        self._directory.purged.add(gone)
        self._note("hard_delete", gone)

    def _move(self, person: Person) -> None:
        """Give a person another manager who is not below them, or sometimes none."""
        if person.get("manager") and self._random.random() < WITHOUT_MANAGER:
            person["manager"] = None
            self._note("move_manager", person.id)
            return
        manager = next((key for key in self._anybody() if self._may_lead(key, person)), None)
        if manager is not None:
            person["manager"] = manager
            self._note("move_manager", person.id)

    def _anybody(self) -> Iterator[str]:
        """Yield people at random, each from a start until the end of the list."""
        everybody = list(self._people)
        start = self._random.randrange(len(everybody))
        yield from everybody[start:]
        yield from everybody[:start]

    def _may_lead(self, key: str, person: Person) -> bool:
        return self._people[key].active and key != person.get("manager") and not self._reports(key, person.id)

    def _reports(self, key: str | None, to: str) -> bool:
        """Tell whether somebody is, or stands anywhere below, another one."""
        seen: set[str] = set()
        while key is not None and key not in seen:
            if key == to:
                return True
            seen.add(key)
            key = self._people[key].get("manager") if key in self._people else None
        return False

    def _update(self) -> None:
        kinds = (self._retitle, self._transfer, self._marry, self._relocate, self._clear_state, self._rephone)
        count = max(len(kinds), int(len(self._people) * UPDATED))
        for number, person in enumerate(self._take(count, _active)):
            kinds[number % len(kinds)](person)
            self._note("update", person.id)

    def _retitle(self, person: Person) -> None:
        person["jobTitle"] = self._another(self._inventor.title, person.get("jobTitle"))

    def _transfer(self, person: Person) -> None:
        person["department"] = self._random.choice([name for name in DEPARTMENTS if name != person.get("department")])

    def _marry(self, person: Person) -> None:
        """Change the surname and with it the mail; for every second one the sign-in name too."""
        surname = self._another(lambda: self._inventor.surname(person), person.get("surname"))
        local = self._inventor.nickname(f"{person.get('givenName') or ''} {surname}")
        person.update(surname=surname, displayName=f"{person.get('givenName') or ''} {surname}".strip())
        person["mail"] = f"{local}@{self._domain}"
        if self._random.random() < 0.5:
            person["userPrincipalName"] = person["mail"]

    def _relocate(self, person: Person) -> None:
        person.update(self._inventor.moved(person))

    def _clear_state(self, person: Person) -> None:
        """Clear the state, or set it if there is none: the joined address changes and the parts do not follow."""
        person["state"] = None if person.get("state") else self._inventor.moved(person)["state"]

    def _rephone(self, person: Person) -> None:
        person["mobile"] = self._another(lambda: self._inventor.phone(person), person.get("mobile"))

    @staticmethod
    def _another(make: Callable[[], str], present: str | None) -> str:
        """Return something made that is not what is there."""
        return next(made for made in iter(make, None) if made != present)

    def _hire(self) -> None:
        managers = [key for key, person in self._people.items() if _active(person)]
        for _ in range(self._count("create")):
            person = self._inventor.person()
            person["manager"] = self._random.choice(managers) if managers else None
            self._people[person.id] = person
            self._note("create", person.id)
            if self._teams:
                self._add_member(self._random.choice(list(self._teams.values())), person.id)

    # -- groups ------------------------------------------------------------------------------------------------------

    def _delete_team(self) -> None:
        """Delete one group of at least three."""
        if len(self._teams) > 2:
            gone = self._random.choice(list(self._teams))
            del self._teams[gone]
            self._note("delete_group", gone)

    def _change_teams(self) -> None:
        """Rename and fill groups, and create one."""
        if not self._teams:
            return
        teams = self._random.sample(list(self._teams.values()), len(self._teams))
        taken = {team["displayName"].casefold() for team in teams}
        for team in teams[: max(1, len(teams) // 20)]:
            team["displayName"] = self._inventor.team_name(taken)
            self._note("rename_group", team.id)
        self._move_members(teams)
        made = self._inventor.team(taken, sorted(self._some(self._active_people(), 5)))
        self._teams[made.id] = made
        self._note("create_group", made.id)

    def _move_members(self, teams: list[Team]) -> None:
        """Take one in twenty out of some groups and put as many, at least one, into them."""
        active = self._active_people()
        filled = [team for team in teams if team.members]
        for team in self._some(filled, max(1, len(filled) // 3)):
            count = max(1, len(team.members) // 20)
            present = set(team.members)
            joining = self._some([key for key in active if key not in present], count)
            for key in self._some(team.members, count):
                team.members.remove(key)
                self._note("remove_member", team.id, key)
            for key in joining:
                self._add_member(team, key)

    def _add_member(self, team: Team, key: str) -> None:
        team.members.append(key)
        self._note("add_member", team.id, key)

    def _active_people(self) -> list[str]:
        return [key for key, person in self._people.items() if _active(person)]

    def _some(self, choices: list[Thing], count: int) -> list[Thing]:
        return self._random.sample(choices, min(count, len(choices)))


def _active(person: Person) -> bool:
    return person.active


def _deleted(person: Person) -> bool:
    return bool(person.get("IsSoftDeleted"))


def _blocked(person: Person) -> bool:
    return not person.active and not _deleted(person)


def _domain(directory: "Directory") -> str:
    """Return the domain of the first person's sign-in name: new people get the same."""
    for person in directory.people.values():
        return str(person["userPrincipalName"]).rpartition("@")[2]
    return domain_of(directory.label)


def _nicknames(directory: "Directory") -> Iterator[str]:
    """Yield the local part of every address, and every nickname: none of them may come twice."""
    for person in directory.people.values():
        for name in ("userPrincipalName", "mail", "mailNickname"):
            yield str(person.get(name) or "").partition("@")[0].casefold()
    yield from (str(team.get("mailNickname")) for team in directory.teams.values())
