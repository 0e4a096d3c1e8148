"""Resource types for these tests: the shipped ones, and a small one for what no shipped schema has."""

from typing import Any

from scimserver.schema.attributes import COMMON, Attribute, ResourceType, SchemaDefinition
from scimserver.schema.catalogue import load_schemas

USER = load_schemas().resource_type("User")
GROUP = load_schemas().resource_type("Group")
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"

BOAT_URN = "urn:larkfield:schemas:2.1:Boat"
HARBOUR_URN = "urn:larkfield:schemas:2.1:Boat:harbour"
CREW_URN = "urn:larkfield:schemas:2.1:crew"


def _boat(name: str, kind: Any = "string", **more: Any) -> Attribute:
    return Attribute(name, kind, more.pop("schema", BOAT_URN), **more)


BOAT = ResourceType(
    name="Boat",
    endpoint="/Boats",
    description="A boat.",
    schema=SchemaDefinition(
        BOAT_URN,
        "Boat",
        "A boat.",
        (
            _boat("name", keyed=True, uniqueness="server"),
            _boat("sailNumber", case_exact=True, keyed=True),
            _boat("berths", "integer", keyed=True),
            _boat("length", "decimal"),
            _boat("launched", "dateTime", keyed=True),
            _boat("insured", "boolean", keyed=True),
            _boat("keelPlan", "binary", case_exact=True),
            _boat("tags", multi_valued=True, keyed=True),
            _boat("secret", mutability="writeOnly", returned="never"),
            _boat(
                "lights",
                "complex",
                multi_valued=True,
                sub_attributes=(
                    _boat("value", keyed=True),
                    _boat("type", keyed=True),
                    _boat("range", "integer"),
                    _boat("primary", "boolean"),
                ),
            ),
            _boat("hull", "complex", sub_attributes=(_boat("material"), _boat("layers", "integer"))),
        ),
        {},
    ),
    common=(
        Attribute("schemas", "reference", COMMON, multi_valued=True, case_exact=True),
        Attribute("id", "string", COMMON, case_exact=True, uniqueness="server", keyed=True, mutability="readOnly"),
        Attribute("externalId", "string", COMMON, case_exact=True, keyed=True),
    ),
    extensions=(
        SchemaDefinition(
            HARBOUR_URN,
            "Harbour",
            "Where it lies.",
            (_boat("pier", keyed=True, schema=HARBOUR_URN), _boat("note", schema=HARBOUR_URN)),
            {},
        ),
        SchemaDefinition(
            CREW_URN,
            "Crew",
            "Who sails it.",
            (_boat("captain", schema=CREW_URN), _boat("note", schema=CREW_URN)),
            {},
        ),
    ),
)
