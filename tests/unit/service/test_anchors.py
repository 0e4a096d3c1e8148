"""What a process remembers of index walks."""

from scimserver.service.anchors import PagingAnchors, Walk

WALK = Walk("token-1", "users")


def test_the_next_page_begins_where_the_last_one_ended() -> None:
    anchors: PagingAnchors[int] = PagingAnchors()
    anchors.remember(WALK, 101, 4711)
    assert anchors.end_before(WALK, 101) == 4711
    assert anchors.end_before(WALK, 100) is None


def test_another_client_and_another_query_have_walks_of_their_own() -> None:
    anchors: PagingAnchors[int] = PagingAnchors()
    anchors.remember(WALK, 101, 4711)
    assert anchors.end_before(Walk("token-2", "users"), 101) is None
    assert anchors.end_before(Walk("token-1", "users by name"), 101) is None


def test_the_first_page_never_has_an_anchor_so_a_new_walk_begins_at_the_beginning() -> None:
    anchors: PagingAnchors[int] = PagingAnchors()
    anchors.remember(WALK, 101, 4711)
    assert anchors.end_before(WALK, 1) is None
    anchors.remember(WALK, 101, 4800)
    assert anchors.end_before(WALK, 101) == 4800


def test_a_page_replaces_what_was_known_of_the_places_inside_it() -> None:
    """A probe with count 1 long ago says nothing of where the second resource is now."""
    anchors: PagingAnchors[int] = PagingAnchors()
    for start, end in ((2, 1), (4, 3), (5, 4)):
        anchors.remember(WALK, start, end)
    anchors.forget_inside(WALK, 1, 4)
    assert [anchors.end_before(WALK, start) for start in (2, 4, 5)] == [None, 3, 4]


def test_an_anchor_is_forgotten_after_its_time() -> None:
    anchors: PagingAnchors[int] = PagingAnchors(seconds=0.0)
    anchors.remember(WALK, 101, 4711)
    assert anchors.end_before(WALK, 101) is None


def test_the_oldest_anchors_make_room() -> None:
    anchors: PagingAnchors[int] = PagingAnchors(most=2)
    for start, end in ((101, 1), (201, 2), (101, 3), (301, 4)):
        anchors.remember(WALK, start, end)
    assert [anchors.end_before(WALK, start) for start in (101, 201, 301)] == [3, None, 4]
