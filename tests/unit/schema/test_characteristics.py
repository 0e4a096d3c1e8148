"""The characteristics of RFC 7643 §8.7.1, with its errata 5368, 6001, 8471 and 8472, attribute by attribute."""

import pytest
from scim2_models import EnterpriseUser, Group, User

from scimserver.schema.attributes import Attribute, ResourceType
from scimserver.schema.catalogue import SchemaCatalogue

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

# fmt: off
TABLE = """
id                           string    single required=no  exact   readOnly  always  server
externalId                   string    single required=no  exact   readWrite default none
schemas                      string    multi  required=no  exact   readWrite always  none
meta                         complex   single required=no  -       readOnly  default none
meta.resourceType            string    single required=no  exact   readOnly  default none
meta.created                 dateTime  single required=no  -       readOnly  default none
meta.lastModified            dateTime  single required=no  -       readOnly  default none
meta.location                reference single required=no  exact   readOnly  default none
meta.version                 string    single required=no  exact   readOnly  default none
userName                     string    single required=yes inexact readWrite default server
name                         complex   single required=no  -       readWrite default none
name.formatted               string    single required=no  inexact readWrite default none
name.familyName              string    single required=no  inexact readWrite default none
name.givenName               string    single required=no  inexact readWrite default none
name.middleName              string    single required=no  inexact readWrite default none
name.honorificPrefix         string    single required=no  inexact readWrite default none
name.honorificSuffix         string    single required=no  inexact readWrite default none
displayName                  string    single required=no  inexact readWrite default none
nickName                     string    single required=no  inexact readWrite default none
profileUrl                   reference single required=no  exact   readWrite default none
title                        string    single required=no  inexact readWrite default none
userType                     string    single required=no  inexact readWrite default none
preferredLanguage            string    single required=no  inexact readWrite default none
locale                       string    single required=no  inexact readWrite default none
timezone                     string    single required=no  inexact readWrite default none
active                       boolean   single required=no  -       readWrite default none
password                     string    single required=no  inexact writeOnly never   none
emails                       complex   multi  required=no  -       readWrite default none
emails.value                 string    single required=no  inexact readWrite default none
emails.display               string    single required=no  inexact readWrite default none
emails.type                  string    single required=no  inexact readWrite default none
emails.primary               boolean   single required=no  -       readWrite default none
phoneNumbers                 complex   multi  required=no  -       readWrite default none
phoneNumbers.value           string    single required=no  inexact readWrite default none
ims.value                    string    single required=no  inexact readWrite default none
photos.value                 reference single required=no  exact   readWrite default none
addresses                    complex   multi  required=no  -       readWrite default none
addresses.formatted          string    single required=no  inexact readWrite default none
addresses.streetAddress      string    single required=no  inexact readWrite default none
addresses.locality           string    single required=no  inexact readWrite default none
addresses.region             string    single required=no  inexact readWrite default none
addresses.postalCode         string    single required=no  inexact readWrite default none
addresses.country            string    single required=no  inexact readWrite default none
addresses.type               string    single required=no  inexact readWrite default none
addresses.primary            boolean   single required=no  -       readWrite default none
groups                       complex   multi  required=no  -       readOnly  default none
groups.value                 string    single required=no  exact   readOnly  default none
groups.$ref                  reference single required=no  exact   readOnly  default none
groups.display               string    single required=no  inexact readOnly  default none
groups.type                  string    single required=no  inexact readOnly  default none
entitlements.value           string    single required=no  inexact readWrite default none
roles.value                  string    single required=no  inexact readWrite default none
x509Certificates.value       binary    single required=no  exact   readWrite default none
employeeNumber               string    single required=no  inexact readWrite default none
costCenter                   string    single required=no  inexact readWrite default none
organization                 string    single required=no  inexact readWrite default none
division                     string    single required=no  inexact readWrite default none
department                   string    single required=no  inexact readWrite default none
manager                      complex   single required=no  -       readWrite default none
manager.value                string    single required=no  exact   readWrite default none
manager.$ref                 reference single required=no  exact   readWrite default none
manager.displayName          string    single required=no  inexact readOnly  default none
"""
GROUP_TABLE = """
displayName                  string    single required=yes inexact readWrite default server
externalId                   string    single required=no  exact   readWrite default none
members                      complex   multi  required=no  -       readWrite default none
members.value                string    single required=no  exact   immutable default none
members.$ref                 reference single required=no  exact   immutable default none
members.type                 string    single required=no  inexact immutable default none
members.display              string    single required=no  inexact immutable default none
"""
# fmt: on


def rows(table: str) -> list[list[str]]:
    return [line.split() for line in table.strip().splitlines()]


def characteristics(attribute: Attribute) -> list[str]:
    exact = {True: "exact", False: "inexact"}[attribute.case_exact]
    return [
        attribute.type,
        "multi" if attribute.multi_valued else "single",
        f"required={'yes' if attribute.required else 'no'}",
        exact if attribute.type in ("string", "reference", "binary") else "-",
        attribute.mutability,
        attribute.returned,
        attribute.uniqueness,
    ]


def find(resource_type: ResourceType, path: str) -> Attribute:
    name, _, sub = path.partition(".")
    attribute = resource_type.attribute(name) or resource_type.extension_attribute(name)
    assert attribute is not None, path
    found = attribute.sub(sub) if sub else attribute
    assert found is not None, path
    return found


@pytest.mark.parametrize("row", rows(TABLE), ids=lambda row: row[0])
def test_user_characteristics(user: ResourceType, row: list[str]) -> None:
    assert characteristics(find(user, row[0])) == row[1:]


@pytest.mark.parametrize("row", rows(GROUP_TABLE), ids=lambda row: row[0])
def test_group_characteristics(group: ResourceType, row: list[str]) -> None:
    assert characteristics(find(group, row[0])) == row[1:]


def test_names_are_written_exactly_as_in_the_rfc(user: ResourceType) -> None:
    assert [a.name for a in user.schema.attributes] == [
        "userName", "externalId", "name", "displayName", "nickName", "profileUrl", "title", "userType",
        "preferredLanguage", "locale", "timezone", "active", "password", "emails", "phoneNumbers", "ims", "photos",
        "addresses", "groups", "entitlements", "roles", "x509Certificates",
    ]  # fmt: skip
    enterprise = user.extension(ENTERPRISE)
    assert enterprise is not None
    assert [a.name for a in enterprise.attributes] == [
        "employeeNumber", "costCenter", "organization", "division", "department", "manager",
    ]  # fmt: skip


def test_names_are_found_in_any_letter_case(user: ResourceType) -> None:
    assert find(user, "USERNAME") is find(user, "userName")
    assert find(user, "EMAILS.Value") is find(user, "emails.value")
    assert user.extension(ENTERPRISE.upper()) is user.extensions[0]
    assert user.attribute("userNames") is None


DIFFERENCES = {
    ("User", "externalId"): "listed by us, so that Entra's discovery offers it",
    ("User", "password"): "inexact as in RFC 7643 §8.7.1; never compared here",
    ("Group", "externalId"): "listed by us, so that Entra's discovery offers it",
    ("Group", "displayName"): "unique here: a group is matched by its name",
    ("Group", "members.display"): "immutable, RFC 7643 §2.4",
    ("EnterpriseUser", "manager.value"): "§8.7.1 requires neither; a manager may be named by value alone",
    ("EnterpriseUser", "manager.$ref"): "§8.7.1 requires neither; a manager may be named by value alone",
}
"""Where scim2-models reads the RFC otherwise, and why we stay with ours."""


@pytest.mark.parametrize("model", [User, Group, EnterpriseUser], ids=lambda model: str(model.__name__))
def test_the_schemas_agree_with_scim2_models(catalogue: SchemaCatalogue, model: type[User]) -> None:
    theirs = model.to_schema()
    ours = next(d for d in catalogue.schemas if d.id == theirs.id)
    expected, found = {}, {}
    for attribute in theirs.attributes or []:
        for path, item in [(attribute.name, attribute)] + [
            (f"{attribute.name}.{sub.name}", sub) for sub in attribute.sub_attributes or []
        ]:
            textual = item.type.value in ("string", "reference", "binary")
            expected[path] = (
                item.type.value, bool(item.multi_valued), bool(item.required), textual and bool(item.case_exact),
                item.mutability.value, item.returned.value, item.uniqueness.value, tuple(item.canonical_values or ()),
                tuple(item.reference_types or ()),
            )  # fmt: skip
    for own in ours.attributes:
        for path, mine in [(own.name, own)] + [(f"{own.name}.{sub.name}", sub) for sub in own.sub_attributes]:
            found[path] = (
                mine.type, mine.multi_valued, mine.required, mine.case_exact, mine.mutability, mine.returned,
                mine.uniqueness, mine.canonical_values, mine.reference_types,
            )  # fmt: skip
    different = {path for path in expected.keys() | found.keys() if expected.get(path) != found.get(path)}
    assert different == {path for schema, path in DIFFERENCES if schema == ours.name}
