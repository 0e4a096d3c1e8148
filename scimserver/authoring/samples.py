"""What a mapper is tried on: resources with their changes, each state canonical and valid as the server has it."""

from dataclasses import dataclass
from typing import Any

Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Life:
    """One resource from its creation on."""

    name: str
    """For messages: ``entra-legacy/update.json: ines``."""
    resource_type: str
    states: tuple[Resource, ...]
    """After the creation and after each change, in order; at least one."""
    invented: bool = False
    """Whether nobody has sent it yet."""
