"""Date formats of .NET, read and printed."""

from datetime import UTC, datetime

import pytest

from scimserver.expressions.date_formats import InputFormat, OutputFormat
from scimserver.expressions.date_styles import DEFAULT, Styles
from scimserver.expressions.problems import Refused
from tests.unit.expressions.people import NOW

MOMENT = datetime(2031, 4, 2, 15, 5, 7, 120340, tzinfo=UTC)

PRINTED = [
    ("d/M/y", "2/4/31"), ("dd/MM/yy", "02/04/31"), ("yyy", "2031"), ("yyyy", "2031"), ("yyyyy", "02031"),
    ("ddd MMM", "Wed Apr"), ("dddd MMMM", "Wednesday April"), ("ddddd MMMMM", "Wednesday April"),
    ("h:m:s", "3:5:7"), ("hh:mm:ss", "03:05:07"), ("H-HH", "15-15"), ("t tt", "P PM"), ("%t", "P"),
    ("f fff fffffff", "1 120 1203400"), ("%F FFF FFFFFFF", "1 12 12034"), ("ss.FFF", "07.12"),
    ("z zz zzz K", "+0 +00 +00:00 Z"), ("%g", "A.D."), ("gg", "A.D."),
    ("yyyy'-'MM\"T\"\\d\\\\", "2031-04Td\\"), ("yyyy年", "2031年"), ("%d", "2"), ("''", ""),
    ("d", "04/02/2031"), ("D", "Wednesday, 02 April 2031"), ("f", "Wednesday, 02 April 2031 15:05"),
    ("F", "Wednesday, 02 April 2031 15:05:07"), ("g", "04/02/2031 15:05"), ("G", "04/02/2031 15:05:07"),
    ("m", "April 02"), ("o", "2031-04-02T15:05:07.1203400Z"), ("R", "Wed, 02 Apr 2031 15:05:07 GMT"),
    ("s", "2031-04-02T15:05:07"), ("t", "15:05"), ("T", "15:05:07"), ("u", "2031-04-02 15:05:07Z"),
    ("y", "2031 April"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), PRINTED)
def test_a_date_is_printed(text, expected):
    assert OutputFormat.of(text).print(MOMENT) == expected


@pytest.mark.parametrize(("hour", "expected"), [(0, "12 AM"), (11, "11 AM"), (12, "12 PM"), (23, "11 PM")])
def test_hours_of_a_half_day(hour, expected):
    assert OutputFormat.of("h tt").print(MOMENT.replace(hour=hour)) == expected
    read = InputFormat.of("h tt").read(expected.lower(), DEFAULT, NOW)
    assert (read.hour, read.date()) == (hour, NOW.date())


def test_a_fraction_of_nothing_takes_its_point_along():
    assert OutputFormat.of("ss.FFF").print(MOMENT.replace(microsecond=0)) == "07"
    assert OutputFormat.of("ss.fff").print(MOMENT.replace(microsecond=0)) == "07.000"


def test_a_date_whose_place_nobody_told_prints_none():
    assert OutputFormat.of("yyyyK").print(MOMENT.replace(tzinfo=None)) == "2031"


READ = [
    ("yyyyMMdd", "20310402", "2031-04-02T00:00:00"),
    ("d/M/yyyy", "2/4/2031", "2031-04-02T00:00:00"),
    ("d/M/yyyy", "02/04/2031", "2031-04-02T00:00:00"),
    ("yyyy-MM-ddzzz", "2031-04-02+02:00", "2031-04-01T22:00:00Z"),
    ("yyyy-MM-dd'T'HH:mm:ssK", "2031-04-02T15:05:07Z", "2031-04-02T15:05:07Z"),
    ("yyyy-MM-dd'T'HH:mm:ssK", "2031-04-02T15:05:07", "2031-04-02T15:05:07"),
    ("yyyy-MM-dd HH:mm zz", "2031-04-02 15:05 -3", "2031-04-02T18:05:00Z"),
    ("yyyyMMddHHmmss.fZ", "20310402150507.1Z", "2031-04-02T15:05:07.100000"),
    ("HH:mm:ss.FFF", "15:05:07.12", "2031-04-02T15:05:07.120000"),
    ("MMM d, yyyy h:mm:ss tt", "APR 2, 2031 3:05:07 pm", "2031-04-02T15:05:07"),
    ("dddd, d MMMM yyyy", "Wednesday, 2 April 2031", "2031-04-02T00:00:00"),
    ("dd/MM/yy", "02/04/49", "2049-04-02T00:00:00"),
    ("dd/MM/yy", "02/04/50", "1950-04-02T00:00:00"),
    ("yyyy", "2028", "2028-01-01T00:00:00"),
    ("MM/dd", "12/24", "2031-12-24T00:00:00"),
    ("HH:mm", "17:30", "2031-04-02T17:30:00"),
    ("yyyy yyyy", "2031 2031", "2031-01-01T00:00:00"),
    ("yyyy g", "2031 A.D.", "2031-01-01T00:00:00"),
    ("s", "2031-04-02T15:05:07", "2031-04-02T15:05:07"),
    ("yyyy", "  2031\n", "2031-01-01T00:00:00"),
]  # fmt: skip


@pytest.mark.parametrize(("form", "text", "expected"), READ)
def test_a_date_is_read(form, text, expected):
    assert InputFormat.of(form).read(text, DEFAULT, NOW).isoformat().replace("+00:00", "Z") == expected


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("yyyyMMdd", "2031-04-02"), ("yyyyMMdd", "203104021"), ("yyyyMMdd", ""), ("yyyy yyyy", "2031 2032"),
        ("d/M/yyyy", "2/4/31"), ("h tt", "3 xm"), ("yyyy", "２０３１"), ("MMMM", "Avril"), ("zzz", "+02:0"),
    ],
)  # fmt: skip
def test_a_text_in_another_form_is_refused(form, text):
    with pytest.raises(Refused, match="does not match inputFormat"):
        InputFormat.of(form).read(text, DEFAULT, NOW)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("yyyyMMdd", "20310230"), ("yyyyMMdd", "00000101"), ("HH:mm", "24:00"), ("hh tt", "13 PM"), ("hh tt", "00 AM"),
        ("dddd d/M/yyyy", "Monday 2/4/2031"), ("zzz", "+15:00"), ("yyyy-MM-ddzzz", "0001-01-01+02:00"),
    ],
)  # fmt: skip
def test_a_text_in_the_form_that_is_no_date_is_refused(form, text):
    with pytest.raises(Refused, match="is no date of the calendar"):
        InputFormat.of(form).read(text, DEFAULT, NOW)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("x", "one letter alone"),
        ("yyyy'MM", "a quote is not closed"),
        ("yyyy\\", "nothing follows"),
        ("ffffffff", "at most 7"),
    ],
)
def test_what_is_no_format_is_refused(form, said):
    for kind in (InputFormat, OutputFormat):
        with pytest.raises(Refused, match=said):
            kind.of(form)


def test_styles_say_where_blanks_are_allowed():
    year = InputFormat.of("yyyy-MM")
    strict = Styles.of("None")
    assert year.read("2031-04", strict, NOW).month == 4
    for styles, text, fine in [
        (strict, " 2031-04", False), (strict, "2031-04 ", False), (DEFAULT, " 2031-04 ", True),
        (DEFAULT, "2031 -04", False), (Styles.of("AllowInnerWhite"), "2031 - 04", True),
        (Styles.of("AllowLeadingWhite"), " 2031-04", True), (Styles.of("AllowLeadingWhite"), "2031-04 ", False),
        (Styles.of("AllowWhiteSpaces"), " 2031 -04 ", True), (Styles.of(""), " 2031-04 ", True),
    ]:  # fmt: skip
        try:
            year.read(text, styles, NOW)
        except Refused:
            assert not fine, text
        else:
            assert fine, text


def test_styles_say_which_date_a_bare_time_has_and_which_zone():
    time = InputFormat.of("HH:mm")
    assert time.read("17:30", Styles.of("NoCurrentDateDefault"), NOW).isoformat() == "0001-01-01T17:30:00"
    assert time.read("17:30", Styles.of("AssumeUniversal, AdjustToUniversal"), NOW).tzinfo is UTC
    assert time.read("17:30", Styles.of("RoundtripKind"), NOW).tzinfo is None


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ("Loose", "must be names of .NET's DateTimeStyles"),
        ("roundtripKind", "must be names of .NET's DateTimeStyles"),
        ("AssumeLocal,AssumeUniversal", "both AssumeLocal and AssumeUniversal"),
        ("RoundtripKind, AssumeUniversal", "must not join RoundtripKind"),
    ],
)
def test_styles_that_mean_nothing_are_refused(names, said):
    with pytest.raises(Refused, match=said):
        Styles.of(names)
