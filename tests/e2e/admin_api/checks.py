"""Checks beside those of schemathesis: errors are problems, and who keeps to the document is not told otherwise."""

import schemathesis

ROOT = "/admin/api/v1/problems/"


@schemathesis.check
def errors_are_problems(ctx, response, case) -> None:  # type: ignore[no-untyped-def]
    """Every error has the body of RFC 9457, with the status that it is answered with."""
    if response.status_code >= 400 and case.method != "HEAD":
        body = response.json()
        assert response.headers["content-type"] == ["application/problem+json"], response.headers["content-type"]
        assert body["status"] == response.status_code
        assert body["type"].startswith(ROOT) and body["title"] and body["detail"] and body["request_id"]


@schemathesis.check
def fields_as_in_the_document_are_valid(ctx, response, case) -> None:  # type: ignore[no-untyped-def]
    """A request that fits the document may be refused for what it means, but not for its form."""
    generation = case.meta and case.meta.generation
    if generation and generation.mode.is_positive and response.status_code in (400, 422):
        assert response.json()["type"] != f"{ROOT}not-valid", response.json()["detail"]
        assert response.status_code != 400, response.json()["detail"]
