"""RFC 7644 §3.4, §3.9 and §3.10: filters, pages and the choice of attributes, as a client sees them."""

import httpx

from .exchanges import ENTERPRISE, LIST, USER, address, body, found, group, read, refusal, user

ADA = {
    "title": "Pilot",
    "userType": "Employee",
    "active": True,
    "name": {"givenName": "Ada", "familyName": "O'Hull"},
    "emails": [{"value": "ada@larkfield.example", "type": "work"}, {"value": "ada@home.example", "type": "home"}],
    ENTERPRISE: {"employeeNumber": "40017"},
}


async def test_a_list_is_a_list_response(client: httpx.AsyncClient) -> None:
    made = [await user(client, f"u{n}@larkfield.example") for n in range(3)]
    listed = body(await client.get("Users"), 200)
    assert listed["schemas"] == [LIST] and listed["totalResults"] == 3 and listed["startIndex"] == 1
    assert listed["itemsPerPage"] == 3 and listed["Resources"] == made


async def test_a_query_without_a_match_succeeds_with_nothing(client: httpx.AsyncClient) -> None:
    await user(client, "ada@larkfield.example")
    listed = body(await client.get("Users", params={"filter": 'userName eq "nobody"'}), 200)
    assert listed["totalResults"] == 0 and listed["Resources"] == []


async def test_unknown_parameters_are_ignored(client: httpx.AsyncClient) -> None:
    made = await user(client, "ada@larkfield.example")
    assert body(await client.get("Users", params={"aadOptscim062020": "", "colour": "blue"}), 200)["Resources"] == [
        made
    ]


SELECTING = [
    ('userName eq "ADA@larkfield.example"', True),
    ('USERNAME Eq "ada@larkfield.example"', True),
    (f'{USER}:userName sw "ada"', True),
    (f'{USER}:name.givenName eq "ada"', True),
    (f'{ENTERPRISE}:employeeNumber eq "40017"', True),
    (f'schemas eq "{ENTERPRISE}"', True),
    ('name.familyName co "O\'H"', True),
    ('emails ew "home.example"', True),
    ('emails[type eq "work" and value ew "home.example"]', False),
    ('emails[type eq "home" and value ew "home.example"]', True),
    ('emails.type eq "work" and emails.value ew "home.example"', True),
    ("title pr and active eq true", True),
    ("nickName pr", False),
    ('nickName eq "A"', False),
    ('title eq "Mate" or userType eq "employee" and active eq true', True),
    ('(title eq "Mate" or userType eq "Employee") and active eq false', False),
    ('not (title eq "Mate") and userType eq "Employee"', True),
    ('title gt "Mate" and title le "PILOT"', True),
    ('title lt "Mate" or title ge "Q"', False),
    ('meta.lastModified ge "2011-05-13T04:42:34Z"', True),
    ('meta.resourceType eq "User"', True),
    ('meta.resourceType eq "user"', False),
    ("id pr and externalId pr", False),
]


async def test_a_filter_selects_by_the_rules(client: httpx.AsyncClient) -> None:
    made = await user(client, "ada@larkfield.example", **ADA)
    for text, matches in SELECTING:
        assert await found(client, text) == ([made["id"]] if matches else []), text


MALFORMED = [
    "", " ", "userName", "userName eq", "eq", "(((", 'userName regex "x"', 'userName eq "x" and', "active gt true",
    "active le false", 'x509Certificates.value gt "TUlJ"', 'emails[type eq "work"', "not userName pr",
    'meta.created gt "yesterday"', 'titel eq "x"', "name.givenName eq 1 2", 'emails[userName eq "x"]',
]  # fmt: skip


async def test_a_filter_of_another_form_is_refused(client: httpx.AsyncClient) -> None:
    await user(client, "ada@larkfield.example", **ADA)
    for text in MALFORMED:
        refusal(await client.get("Users", params={"filter": text}), 400, "invalidFilter")


async def test_case_counts_where_the_schema_says_so(client: httpx.AsyncClient) -> None:
    made = await user(client, "ada@larkfield.example", externalId="Ext-1", title="Pilot")
    for text, matches in (
        ('externalId eq "Ext-1"', True), ('externalId eq "ext-1"', False), ('externalId sw "ext"', False),
        (f'id eq "{made["id"]}"', True), (f'id eq "{made["id"].upper()}"', False),
        ('title eq "pILOT"', True), ('title co "LO"', True),
    ):  # fmt: skip
        assert await found(client, text) == ([made["id"]] if matches else []), text


async def test_pages_follow_the_index_and_never_exceed_the_count(client: httpx.AsyncClient) -> None:
    made = [(await user(client, f"u{n}@larkfield.example"))["id"] for n in range(5)]
    for start, count, expected in (
        (1, 2, made[:2]),
        (3, 2, made[2:4]),
        (5, 2, made[4:]),
        (9, 2, []),
        (0, 2, made[:2]),
        (-7, 1, made[:1]),
    ):
        listed = body(await client.get("Users", params={"startIndex": start, "count": count}), 200)
        assert [r["id"] for r in listed["Resources"]] == expected
        assert (listed["totalResults"], listed["startIndex"], listed["itemsPerPage"]) == (
            5,
            max(start, 1),
            len(expected),
        )
    for count in (0, -3):
        listed = body(await client.get("Users", params={"count": count}), 200)
        assert listed["totalResults"] == 5 and listed["Resources"] == []


async def test_attributes_choose_and_excluded_attributes_leave_out(client: httpx.AsyncClient) -> None:
    made = await user(client, "ada@larkfield.example", **ADA)
    always = {"schemas", "id"}
    for chosen, expected in (
        ("userName", {"userName"}), ("USERNAME,title", {"userName", "title"}), (f"{USER}:title", {"title"}),
        (f"{ENTERPRISE}:employeeNumber", {ENTERPRISE}), ("emails.value", {"emails"}), ("nothing", set()), ("meta", {"meta"}),
    ):  # fmt: skip
        shown = await read(client, made, attributes=chosen)
        assert shown.keys() == always | expected, chosen
        listed = body(await client.get("Users", params={"attributes": chosen}), 200)
        assert listed["Resources"] == [shown]
    assert (await read(client, made, attributes="emails.value"))["emails"] == [
        {"value": e["value"]} for e in ADA["emails"]
    ]  # type: ignore[attr-defined]
    for left_out, missing in (
        ("title", {"title"}),
        ("id,schemas", set()),
        ("name,emails", {"name", "emails"}),
        ("meta", {"meta"}),
    ):
        assert (await read(client, made, excludedAttributes=left_out)).keys() == made.keys() - missing, left_out


async def test_attributes_are_chosen_in_the_answer_to_a_write_too(client: httpx.AsyncClient) -> None:
    sent = {"schemas": [USER], "userName": "ada@larkfield.example", "title": "Pilot"}
    made = body(await client.post("Users", json=sent, params={"attributes": "title"}), 201)
    assert made.keys() == {"schemas", "id", "title"}
    after = body(await client.put(f"Users/{made['id']}", json=sent, params={"excludedAttributes": "title"}), 200)
    assert after.keys() == {"schemas", "id", "userName", "meta"}


async def test_the_two_parameters_exclude_each_other(client: httpx.AsyncClient) -> None:
    made = await user(client, "ada@larkfield.example")
    both = {"attributes": "title", "excludedAttributes": "name"}
    refusal(await client.get(address(made["meta"]["location"]), params=both), 400, "invalidValue")


async def test_groups_are_found_by_their_members(client: httpx.AsyncClient) -> None:
    ada, ben = await user(client, "ada@larkfield.example"), await user(client, "ben@larkfield.example")
    crew, _ = await group(client, "Crew", ada), await group(client, "Hands", ben)
    assert await found(client, f'members[value eq "{ada["id"]}"]', "Groups") == [crew["id"]]
    assert await found(client, f'members.value eq "{ada["id"]}" and displayName sw "cr"', "Groups") == [crew["id"]]
    assert await found(client, f'groups.value eq "{crew["id"]}"') == [ada["id"]]
