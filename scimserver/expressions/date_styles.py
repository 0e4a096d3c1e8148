"""The DateTimeStyles of .NET: how freely FormatDateTime reads."""

from dataclasses import dataclass

from .problems import Refused

_WHITE = {"AllowLeadingWhite", "AllowTrailingWhite", "AllowInnerWhite"}
_ASSUMED = {"AssumeLocal", "AssumeUniversal"}
_KNOWN = {"None", "AllowWhiteSpaces", "NoCurrentDateDefault", "AdjustToUniversal", "RoundtripKind", *_WHITE, *_ASSUMED}


@dataclass(frozen=True, slots=True)
class Styles:
    """A set of styles; time zones need none of them, since everything is UTC here."""

    leading_white: bool = True
    trailing_white: bool = True
    inner_white: bool = False
    no_current_date: bool = False
    assumed: bool = False
    """Whether a date without an offset is known to be in UTC."""

    @classmethod
    def of(cls, text: str) -> "Styles":
        """Read names between commas. Raises :class:`Refused`; no name at all means the default."""
        names = {name.strip() for name in text.split(",")}
        if names == {""}:
            return cls()
        if not names <= _KNOWN:
            raise Refused(f"must be names of .NET's DateTimeStyles between commas: {', '.join(sorted(_KNOWN))}")
        if names >= _ASSUMED:
            raise Refused("must not say both AssumeLocal and AssumeUniversal")
        if "RoundtripKind" in names and names & {"AdjustToUniversal", *_ASSUMED}:
            raise Refused("must not join RoundtripKind with AssumeLocal, AssumeUniversal or AdjustToUniversal")
        if "AllowWhiteSpaces" in names:
            names |= _WHITE
        return cls(
            leading_white="AllowLeadingWhite" in names,
            trailing_white="AllowTrailingWhite" in names,
            inner_white="AllowInnerWhite" in names,
            no_current_date="NoCurrentDateDefault" in names,
            assumed=bool(names & _ASSUMED),
        )

    def trimmed(self, text: str) -> str:
        """Drop the white space that is allowed around a date."""
        text = text.lstrip() if self.leading_white else text
        return text.rstrip() if self.trailing_white else text


DEFAULT = Styles()
"""What FormatDateTime does without any: it allows blanks before and behind the date."""
