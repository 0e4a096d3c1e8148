"""Building text

Texts are counted in characters; Entra counts UTF-16 units, which differ beyond U+FFFF only.
"""

from typing import Any

from ..kinds import FIRST, INVARIANT, CompareType, Culture, NonEmpty, Ordinal
from ..letters import lower, title, upper, without_diacritics
from ..limits import MAX_RESULT
from ..problems import Refused
from ..registry import function
from ..values import texts


@function("Append(source, suffix)")
def append(source: str, suffix: str) -> str:
    """Put a suffix behind a text. A null source or suffix gives null (our assumption).

    Example: ``Append([employeeId], "-fld")`` → ``"40017-fld"``
    Example: ``Append([mail], "-fld")`` → ``null``
    """
    return source + suffix


@function("Join(separator, source1, …)")
def join(separator: str, source1: Any, *sources: Any) -> str:
    """Join texts with a separator, which may be empty.

    Null and empty sources are skipped together with their separator. Of a list each value counts as a source. Nothing
    is trimmed. If all are skipped the result is the empty text.

    Example: ``Join(" / ", [department], [mail], [country])`` → ``"Harbour Works / GB"``
    Example: ``Join(", ", "", [surname], [givenName])`` → ``"Okafor, Ines"``
    """
    parts = [part for source in (source1, *sources) if source is not None for part in texts(source) if part]
    if sum(map(len, parts)) + len(separator) * len(parts) > MAX_RESULT:
        raise Refused(f"is longer than {MAX_RESULT:,} characters")
    return separator.join(parts)


@function("Left(string, numChars)")
def left(string: str | None, num_chars: int) -> str:
    """Return the first characters: none for 0, the whole text for a negative number. Null gives the empty text.

    Example: ``Left([surname], 3)`` → ``"Oka"``
    Example: ``Left([surname], -1)`` → ``"Okafor"``
    """
    if string is None:
        return ""
    return string if num_chars < 0 else string[:num_chars]


@function("Mid(source, start, length)")
def mid(source: str, start: Ordinal, length: int) -> str:
    """Return a part of a text; the first character is 1, and what lies behind the end is left out.

    Null gives null (our assumption). A start below 1 or a negative length is refused.

    Example: ``Mid([postalCode], 5, 9)`` → ``"6QQ"``
    Example: ``Append(Mid([givenName], 1, 3), Mid([surname], 1, 5))`` → ``"IneOkafo"``
    """
    if length < 0:
        raise Refused("length must not be negative")
    return source[start - 1 : start - 1 + length]


@function("StripSpaces(source)")
def strip_spaces(source: str) -> str:
    """Remove every space, also those inside; tabs and other blanks stay. Null gives null (our assumption).

    Example: ``StripSpaces([department])`` → ``"HarbourWorks"``
    """
    return source.replace(" ", "")


@function("ToLower(source, culture)")
def to_lower(source: str, culture: Culture = INVARIANT) -> str:
    """Return a text in lower case, letter by letter as .NET does. Null gives null (our assumption).

    The culture may be left out; Turkish and Azeri have their own i, all others are alike.

    Example: ``ToLower("Harbour WORKS")`` → ``"harbour works"``
    Example: ``ToLower("ILGIN", "tr-TR")`` → ``"ılgın"``
    """
    return lower(source, culture)


@function("ToUpper(source, culture)")
def to_upper(source: str, culture: Culture = INVARIANT) -> str:
    """Return a text in upper case, letter by letter as .NET does: ``ß`` stays. Null gives null (our assumption).

    Example: ``ToUpper([city])`` → ``"LEITH"``
    Example: ``ToUpper("izmir", "tr-TR")`` → ``"İZMİR"``
    """
    return upper(source, culture)


@function("PCase(source, wordSeparators)")
def pcase(source: str, word_separators: str = "") -> str:
    """Begin each word with a capital and go on in lower case. Null gives null (our assumption).

    With wordSeparators only those characters part words. Without, blanks, punctuation and symbols do, except an
    apostrophe inside a word, and a letter behind digits begins a word, as .NET's ToTitleCase has it.

    Example: ``PCase("OKAFOR-REID o'shea", " -'")`` → ``"Okafor-Reid O'Shea"``
    Example: ``PCase("PIER WORKS (SECOND)")`` → ``"Pier Works (Second)"``
    """
    return title(source, word_separators)


@function("NormalizeDiacritics(source)")
def normalize_diacritics(source: str) -> str:
    """Write Latin letters without their marks: ``ü`` as ``u``, ``å`` as ``a``, but ``ß`` ``ss``, ``ø`` ``oe``.

    Other scripts stay as they are (our assumption: Microsoft's table has Latin letters only). Null gives null.

    Example: ``NormalizeDiacritics("Søren Müller")`` → ``"Soeren Muller"``
    """
    return without_diacritics(source)


@function("Word(string, wordNumber, delimiters)")
def word(string: str | None, word_number: int, delimiters: str) -> str:
    """Return one word, counted from 1, of a text that any of the delimiters parts.

    Delimiters in a row part once (our assumption). Null, a number below 1 and too few words give the empty text.

    Example: ``Word([streetAddress], 2, " ")`` → ``"Harbour"``
    Example: ``Word([streetAddress], 4, " ")`` → ``""``
    """
    if string is None or word_number < 1:
        return ""
    parted = [string]
    if delimiters:
        parted = string.translate(dict.fromkeys(map(ord, delimiters), delimiters[0])).split(delimiters[0])
    words = [each for each in parted if each]
    return words[word_number - 1] if word_number <= len(words) else ""


@function("Split(source, delimiter)")
def split(source: str, delimiter: NonEmpty) -> list[str]:
    """Cut a text at each delimiter into several values. Blanks stay, also behind a comma. Null gives null.

    Example: ``Split("dock,crane,yard", ",")`` → ``["dock", "crane", "yard"]``
    Example: ``Split("dock, crane", ",")`` → ``["dock", " crane"]``
    """
    return source.split(delimiter)


@function("InStr(value1, value2, start, compareType)")
def in_str(
    value1: str, value2: str, start: Ordinal = FIRST, compare_type: CompareType = CompareType.vbBinaryCompare
) -> int:
    """Tell where value2 first occurs in value1, counted from 1; 0 if it does not, as in VBA (our assumption).

    The search begins at start. compareType is vbBinaryCompare (exact, the default) or vbTextCompare (any letter case).
    Null gives null (our assumption).

    Example: ``InStr([userPrincipalName], "@")`` → ``12``
    Example: ``InStr("Harbour", "R", 4, vbTextCompare)`` → ``7``
    """
    if compare_type is CompareType.vbTextCompare:
        value1, value2 = lower(value1, ""), lower(value2, "")
    return value1.find(value2, start - 1) + 1
