"""People and groups of a source, for the simulator's tests."""

from typing import Any

from scimserver.simulate.source.directory import Directory, Person, Team


def person(name: str, **more: Any) -> Person:
    mail = f"{name}@larkfield.example"
    known = {
        "objectId": f"p-{name}",
        "userPrincipalName": mail,
        "mail": mail,
        "givenName": name.title(),
        "surname": "Okafor",
    }
    return Person(
        {**known, "displayName": f"{name.title()} Okafor", "accountEnabled": True, "IsSoftDeleted": False, **more}
    )


def team(name: str, *members: str) -> Team:
    return Team({"objectId": f"t-{name}", "displayName": name, "members": [f"p-{member}" for member in members]})


def source(*things: Person | Team) -> Directory:
    return Directory(
        {thing.id: thing for thing in things if isinstance(thing, Person)},
        {thing.id: thing for thing in things if isinstance(thing, Team)},
    )
