"""Invent people and groups: the same seed gives the same ones. All of it is made up; the domain is larkfield.example.

Faker gives names, streets and towns in several languages; every choice and every identifier comes from a random
generator of our own, so that a newer Faker changes a name here and there and nothing else.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID

from faker import Faker

from .people import Person, Team

DOMAIN = "larkfield.example"
COMPANY = "Larkfield Harbour Works"


@dataclass(frozen=True, slots=True)
class Region:
    """Where people live: how Faker and a telephone call it."""

    locale: str
    country: str
    state: str
    """Name of the Faker method that gives a state, county or prefecture."""
    language: str
    timezone: str
    prefix: str
    weight: int


REGIONS = (
    Region("en_GB", "GB", "county", "en-GB", "Europe/London", "+44 1632", 30),
    Region("en_US", "US", "state", "en-US", "America/New_York", "+1 202 555", 20),
    Region("de_DE", "DE", "state", "de-DE", "Europe/Berlin", "+49 30 555", 12),
    Region("fr_FR", "FR", "region", "fr-FR", "Europe/Paris", "+33 1 99 00", 10),
    Region("es_ES", "ES", "region", "es-ES", "Europe/Madrid", "+34 900 555", 8),
    Region("pt_BR", "BR", "estado_nome", "pt-BR", "America/Sao_Paulo", "+55 11 5555", 6),
    Region("sv_SE", "SE", "state", "sv-SE", "Europe/Stockholm", "+46 8 465", 5),
    Region("pl_PL", "PL", "region", "pl-PL", "Europe/Warsaw", "+48 22 555", 5),
    Region("ja_JP", "JP", "prefecture", "ja-JP", "Asia/Tokyo", "+81 3 5555", 4),
)
NAMED = (
    ("Ines", "Okafor", ""),
    ("Zoë", "Marlow", ""),
    ("Seán", "O'Shea", ""),
    ("Ines", "Okafor", "+test"),
    ("Søren", "Müller-Łukasz", ""),
    ("Anne Marie", "de la Cruz", ""),
    ("Tom", "Nguyễn", ""),
)
"""The first people of every directory: accents, an apostrophe, a plus address, a blank, a name that is there twice."""

DEPARTMENTS = (
    "Harbour Works",
    "Survey",
    "Pilotage",
    "Research & Development",
    "People",
    "Finance",
    "Customer Care",
    "Marine Engineering",
    "Legal",
    "IT",
)
TITLES = ("Engineer", "Analyst", "Surveyor", "Pilot", "Coordinator", "Specialist", "Planner", "Technician", "Counsel")
RANKS = ("", "", "", "Junior ", "Senior ", "Lead ", "Head ", "Assistant ")
DIVISIONS = ("North Quay", "South Quay", "Inland", None)
PARTS = ("streetAddress", "city", "state", "postalCode")
ROLES = (("viewer", "Viewer"), ("editor", "Editor"), ("admin", "Administrator"))
SUBJECTS = (*DEPARTMENTS, "Café", "Night Shift", "Quay 1+2", "Crane Drivers' Union", "Fire Wardens", "Visitors")
PLACES = ("", " EMEA", " Americas", " Asia", " North", " South", " Leads", " Newcomers", " Advisers", " Archive")

_WITHOUT_DECOMPOSITION = str.maketrans(
    {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "ß": "ss", "æ": "ae", "Æ": "Ae", "œ": "oe", "đ": "d", "Đ": "D", "ı": "i"}
)


def folded(text: str) -> str:
    """Return a name in the characters of an address: ``Søren Müller`` gives ``soren.muller``."""
    plain = unicodedata.normalize("NFKD", text.translate(_WITHOUT_DECOMPOSITION))
    kept = (c for c in plain if c.isascii() and (c.isalnum() or c in "'-. "))
    return ".".join("".join(kept).lower().split())


def domain_of(label: str) -> str:
    """Return the domain of the people of a directory: ``larkfield.example``, ``larkfield-48213.example``."""
    return DOMAIN.replace(".", f"-{label}.", 1) if label else DOMAIN


class Inventor:
    """Makes people and groups that are unlike those which are there already.

    ``number`` counts everybody who was ever made, so that no employeeId comes twice. ``label`` is in the domain, the
    nicknames and the names of groups: two directories with different ones have no name in common.
    """

    def __init__(
        self, seed: str, *, number: int = 0, taken: Iterable[str] = (), domain: str = "", label: str = ""
    ) -> None:
        self.random = Random(seed)
        self.domain = domain or domain_of(label)
        self._label = label
        self.number = number
        self._taken = set(taken)
        self._seeds = {region.locale: self.random.getrandbits(32) for region in REGIONS}
        self._fakers: dict[str, Faker] = {}

    def _faker(self, region: Region) -> Any:
        """Return the Faker of a region, seeded by itself: Faker's shared generator has no part in it."""
        if region.locale not in self._fakers:
            self._fakers[region.locale] = Faker(region.locale)
            self._fakers[region.locale].seed_instance(self._seeds[region.locale])
        return self._fakers[region.locale]

    # -- people ------------------------------------------------------------------------------------------------------

    def person(self) -> Person:
        """Return a new person without a manager."""
        region = self.random.choices(REGIONS, [region.weight for region in REGIONS])[0]
        given, surname, address, tag = self._name(region)
        nickname = self._free(address, tag)
        person = Person(
            objectId=self.object_id(),
            userPrincipalName=f"{nickname}@{self.domain}",
            mailNickname=f"{nickname}.{self._label}" if self._label else nickname,
            mail=f"{nickname}@{self.domain}",
            givenName=given,
            surname=surname,
            displayName=f"{given} {surname}",
            jobTitle=self.title(),
            department=self.random.choice(DEPARTMENTS),
            companyName=COMPANY,
            employeeId=str(40001 + self.number),
            **{"employeeOrgData.division": self.random.choice(DIVISIONS)},
            **self.address(region, self._missing()),
            country=region.country,
            preferredLanguage=region.language,
            usageLocation=region.country,
            manager=None,
            accountEnabled=True,
            IsSoftDeleted=False,
            **self._phones(region),
            **self._lists(nickname),
            **self._extras(region),
        )
        self.number += 1
        return person

    def title(self) -> str:
        return self.random.choice(RANKS) + self.random.choice(TITLES)

    def surname(self, person: Person) -> str:
        """Return another surname, as after a wedding: often a double one."""
        other: str = self._faker(self._region_of(person)).last_name()
        present = person.get("surname")
        return f"{present}-{other}" if present and self.random.random() < 0.5 else other

    def phone(self, person: Person) -> str:
        return self._number(self._region_of(person))

    def moved(self, person: Person) -> dict[str, str | None]:
        """Return a new and complete address in the person's country."""
        return self.address(self._region_of(person), missing=0)

    def address(self, region: Region, missing: int) -> dict[str, str | None]:
        """Return the four parts of an address; each bit of ``missing`` leaves one out."""
        faker = self._faker(region)
        values = (faker.street_address(), faker.city(), getattr(faker, region.state)(), faker.postcode())
        parts = zip(PARTS, values, strict=True)
        return {part: None if missing >> bit & 1 else text for bit, (part, text) in enumerate(parts)}

    def object_id(self) -> str:
        return str(UUID(int=self.random.getrandbits(128), version=4))

    def nickname(self, address: str) -> str:
        """Return an address's local part that nobody has yet, made from a name."""
        return self._free(folded(address), "")

    def _name(self, region: Region) -> tuple[str, str, str, str]:
        """Return given name, surname, both for an address, and what follows the name there."""
        if self.number < len(NAMED):
            given, surname, tag = NAMED[self.number]
            return given, surname, folded(f"{given} {surname}"), tag
        faker = self._faker(region)
        tag = "+test" if self.random.random() < 0.01 else ""
        if region.locale == "ja_JP":
            romanized = f"{faker.first_romanized_name()} {faker.last_romanized_name()}"
            return faker.first_name(), faker.last_name(), folded(romanized), tag
        given, surname = faker.first_name(), faker.last_name()
        return given, surname, folded(f"{given} {surname}"), tag

    def _free(self, address: str, tag: str) -> str:
        nickname, count = f"{address}{tag}", 1
        while nickname in self._taken:
            count += 1
            nickname = f"{address}{count}{tag}"
        self._taken.add(nickname)
        return nickname

    def _missing(self) -> int:
        """Return which parts of an address are missing: the first sixteen people have every combination."""
        if self.number < 16:
            return self.number
        return self.random.randrange(16) if self.random.random() < 0.2 else 0

    def _number(self, region: Region) -> str:
        return f"{region.prefix} {self.random.randrange(10**5):05d}"

    def _phones(self, region: Region) -> dict[str, str | None]:
        chances = {"telephoneNumber": 0.7, "mobile": 0.8, "facsimileTelephoneNumber": 0.1}
        return {
            name: self._number(region) if self.random.random() < chance else None for name, chance in chances.items()
        }

    def _lists(self, nickname: str) -> dict[str, list[Any]]:
        private = [f"{nickname}@{host}" for host in self._hosts()]
        count = self.random.choices((0, 1, 2), (80, 15, 5))[0]
        roles = [
            {"id": str(UUID(int=number + 1, version=4)), "value": value, "displayName": name}
            for number, (value, name) in self.random.sample(list(enumerate(ROLES)), count)
        ]
        aliases = [f"SMTP:{nickname}@{self.domain}", f"smtp:{nickname}@mail.{self.domain}"]
        return {"otherMails": private, "proxyAddresses": aliases, "appRoleAssignments": roles}

    def _hosts(self) -> tuple[str, ...]:
        return self.random.choices(((), ("home.example",), ("home.example", "club.example")), (80, 15, 5))[0]

    def _extras(self, region: Region) -> dict[str, str | None]:
        """Return what only some people have, in extension attributes; see the shipped mapping for their meaning."""
        faker = self._faker(region)
        extras: dict[str, str | None] = {"extensionAttribute1": region.timezone}
        for name, chance, make in (
            ("extensionAttribute2", 0.05, lambda: self.random.choice(("Dr", "Prof"))),
            ("extensionAttribute3", 0.10, faker.first_name),
            ("extensionAttribute4", 0.03, lambda: self.random.choice(("MSc", "PhD", "III"))),
            ("extensionAttribute5", 0.08, faker.first_name),
            ("extensionAttribute6", 0.05, lambda: self._number(region)),
            ("extensionAttribute7", 0.02, lambda: self._number(region)),
            ("extensionAttribute8", 0.01, lambda: self._number(region)),
        ):
            if self.random.random() < chance:
                extras[name] = make()
        for kind, chance in (("home", 0.10), ("other", 0.03)):
            if self.random.random() < chance:
                parts = {**self.address(region, self._missing()), "country": region.country}
                extras.update({f"extension_{kind}_{part}": text for part, text in parts.items()})
        return extras

    @staticmethod
    def _region_of(person: Person) -> Region:
        return next((region for region in REGIONS if region.country == person.get("country")), REGIONS[0])

    # -- groups ------------------------------------------------------------------------------------------------------

    def team(self, taken: set[str], members: list[str]) -> Team:
        """Return a new group whose name is not among ``taken``, letter case ignored."""
        name = self.team_name(taken)
        nickname = self._free(folded(name).replace("'", "") or "team", "")
        return Team(
            objectId=self.object_id(),
            displayName=name,
            mailNickname=nickname,
            description=f"Everybody of {name}",
            members=members,
        )

    def team_name(self, taken: set[str]) -> str:
        """Return a name that is not among ``taken`` (casefolded), and add it there."""
        name = self.random.choice(SUBJECTS) + self.random.choice(PLACES)
        label = f" ({self._label})" if self._label else ""
        base, count = name, 1
        name = base + label
        while name.casefold() in taken:
            count += 1
            name = f"{base} {count}{label}"
        taken.add(name.casefold())
        return name
