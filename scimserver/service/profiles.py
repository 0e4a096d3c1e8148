"""Profiles: which readings of requests, and which behaviours, fit an identity provider; data in ``conf/profiles``."""

import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from ..scim.quirks import TOLERATIONS
from ..scim.quirks.registry import Quirk

BEHAVIOURS: Mapping[str, str] = {
    "unique-group-names": "No two groups share a displayName, in any letter case: 409. Entra ID matches groups by it.",
    "quiet-group-patch": "A group PATCH is answered 204 unless `attributes` is asked for: the member list is the cost.",
    "hide-password": "`password` is not listed in /Schemas: Microsoft's validator expects to read back what is.",
}
"""What a profile decides beside tolerations: name → what it does."""
DEFAULT = "default"
_EVERYTHING = "*"
_KEYS = {"title": str, "tolerations": list, "behaviours": list}


class ProfileProblem(Exception):
    """A profile file, or a choice of a workspace, cannot be used; the text names the place and the cure."""


@dataclass(frozen=True, slots=True)
class Profile:
    """How requests of a workspace are read and answered."""

    name: str
    title: str
    tolerations: frozenset[str]
    behaviours: frozenset[str]

    @property
    def quirks(self) -> frozenset[Quirk]:
        """The functions of the tolerations, for :class:`~scimserver.scim.reading.Reading`."""
        return frozenset(TOLERATIONS[name] for name in self.tolerations)

    def with_switches(self, switches: Mapping[str, bool]) -> "Profile":
        """Return the profile with single tolerations and behaviours on or off; names that are gone are ignored."""
        on = {name for name, value in switches.items() if value}
        return replace(
            self,
            tolerations=self.tolerations.difference(switches).union(on & TOLERATIONS.keys()),
            behaviours=self.behaviours.difference(switches).union(on & BEHAVIOURS.keys()),
        )


class Profiles:
    """The shipped profiles and those of the operator, by name."""

    def __init__(self, directories: Iterable[Path] = ()) -> None:
        """Read the shipped files, then ``*.toml`` of each directory; a later one of the same name takes its place.

        Raises:
            ProfileProblem: a file has a fault.
        """
        self._profiles: dict[str, Profile] = {}
        for directory in (files("scimserver_conf").joinpath("profiles"), *directories):
            for file in _files_of(directory):
                profile = _read(file)
                self._profiles[profile.name] = profile

    @property
    def names(self) -> list[str]:
        """Return the names, in order of the alphabet."""
        return sorted(self._profiles)

    def get(self, name: str) -> Profile:
        """Return a profile.

        Raises:
            ProfileProblem: there is none of that name.
        """
        if name not in self._profiles:
            raise ProfileProblem(f"profile: there is no `{name}`{_nearest(name, self._profiles)}.")
        return self._profiles[name]


def check_switch(kind: str, name: str) -> None:
    """Check the name in ``tolerate.NAME`` or ``behaviour.NAME``.

    Raises:
        ProfileProblem: there is no such toleration or behaviour.
    """
    known: Collection[str] = TOLERATIONS if kind == "tolerate" else BEHAVIOURS
    if name not in known:
        raise ProfileProblem(f"{kind}.{name}: there is no such name{_nearest(name, known)}.")


def check_switch_name(name: str) -> None:
    """Check the name of a toleration or behaviour.

    Raises:
        ProfileProblem: there is none of that name.
    """
    known = [*TOLERATIONS, *BEHAVIOURS]
    if name not in known:
        raise ProfileProblem(f"switches.{name[:80]}: there is no such name{_nearest(name, known)}.")


def _files_of(directory: Traversable | Path) -> list[Traversable | Path]:
    if not directory.is_dir():
        raise ProfileProblem(f"{directory}: is no folder of profiles; correct `profiles.dirs`.")
    return sorted((f for f in directory.iterdir() if f.name.endswith(".toml")), key=lambda file: file.name)


def _read(file: Traversable | Path) -> Profile:
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProfileProblem(f"{file.name}: is not valid TOML: {error}.") from None
    for key, kind in _KEYS.items():
        if not isinstance(document.get(key), kind):
            raise ProfileProblem(f"{file.name}: `{key}` is missing or no {'text' if kind is str else 'list'}.")
    if strange := sorted(document.keys() - _KEYS):
        raise ProfileProblem(f"{file.name}: there is no setting `{strange[0]}`{_nearest(strange[0], _KEYS)}.")
    tolerations = _chosen(file.name, "tolerations", document["tolerations"], TOLERATIONS)
    behaviours = _chosen(file.name, "behaviours", document["behaviours"], BEHAVIOURS)
    return Profile(file.name.removesuffix(".toml"), document["title"], tolerations, behaviours)


def _chosen(file: str, key: str, names: list[Any], known: Collection[str]) -> frozenset[str]:
    if names == [_EVERYTHING]:
        return frozenset(known)
    for name in names:
        if name not in known:
            raise ProfileProblem(f"{file}: {key}: there is no `{name}`{_nearest(str(name), known)}.")
    return frozenset(names)


def _nearest(name: str, known: Collection[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"; did you mean `{close[0]}`?" if close else f"; there are {', '.join(sorted(known))}"
