"""PATCH messages (RFC 7644 §3.5.2) written another way than the RFC has them."""

from typing import Any

from .registry import toleration


@toleration
def operation_letter_case(op: Any) -> Any:
    """Read the name of an operation in any letter case.

    Wrong: ``{"op": "Replace", "path": "title", "value": "Engineer"}``.
    Legal: ``{"op": "replace", "path": "title", "value": "Engineer"}``.
    Source: Microsoft Entra ID without ``aadOptscim062020``.
    """
    return op.lower() if isinstance(op, str) and op != op.lower() else op


@toleration
def patch_without_schemas(schemas: Any) -> bool:
    """Take a message without ``schemas`` for a PatchOp.

    Wrong: ``{"Operations": […]}``.
    Legal: ``{"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": […]}``.
    Source: home-made clients; langwatch and aistack met them.
    """
    return schemas is None


@toleration
def empty_operations(operations: list[Any]) -> bool:
    """Take a message without any operation for one that changes nothing.

    Wrong: ``{"schemas": […], "Operations": []}``.
    Legal: no request at all, or one operation at least.
    Source: Microsoft's SCIM validator, when it has nothing to change.
    """
    return not operations


@toleration
def empty_path(path: Any) -> Any:
    """Read an empty path as no path.

    Wrong: ``{"op": "add", "path": "", "value": {"title": "Engineer"}}``.
    Legal: ``{"op": "add", "value": {"title": "Engineer"}}``.
    Source: generic clients that always write all three members.
    """
    return None if path == "" else path
