"""Settings: the file, the environment, and the words for what is wrong."""

import re
import tomllib
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import pytest

from scimserver.settings import Settings, SettingsProblem, load

KEY = "k" * 32
FILE = files("scimserver_conf").joinpath("scimserver.toml").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def written(text: str) -> Path:
    path = Path("some.toml")
    path.write_text(text, encoding="utf-8")
    return path


def test_default_file_has_every_setting_with_its_default() -> None:
    uncommented = re.sub(r"^#(?! )", "", FILE, flags=re.MULTILINE)
    document = tomllib.loads(uncommented)
    assert document == Settings().model_dump(mode="json")


def test_every_setting_of_the_default_file_is_explained() -> None:
    lines = FILE.splitlines()
    for before, line in pairwise(lines):
        if re.match(r"#?[a-z_]+ = ", line):
            assert before.startswith("# "), line


def test_file_is_read_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    path = written('[server]\nport = 8100\nhost = "0.0.0.0"\n')
    monkeypatch.setenv("SCIMSERVER_SERVER__PORT", "8200")
    settings = load(path)
    assert (settings.server.host, settings.server.port) == ("0.0.0.0", 8200)


def test_file_in_the_current_folder_is_the_default() -> None:
    Path("scimserver.toml").write_text('[database]\nname = "northgate"\n')
    assert load().database.name == "northgate"


def test_overrides_win_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCIMSERVER_DATABASE__URL", "mongodb://one")
    assert load(database={"url": "mongodb://two"}).database.url == "mongodb://two"


def test_list_in_the_environment_is_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCIMSERVER_PLUGINS__DIRS", '["/etc/scimserver/plugins"]')
    assert load().plugins.dirs == [Path("/etc/scimserver/plugins")]


def test_plugins_are_limited_in_a_section_of_their_own_or_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for text in (
        '[plugins]\ndirs = []\n[plugins.only]\nbadge = ["larkfield", "north-gate2"]\n',
        '[plugins]\nonly = { badge = ["larkfield", "north-gate2"] }\n',
    ):
        assert load(written(text)).plugins.only == {"badge": ["larkfield", "north-gate2"]}
    monkeypatch.setenv("SCIMSERVER_PLUGINS__ONLY", '{"badge": ["larkfield"]}')
    assert load().plugins.only == {"badge": ["larkfield"]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[servr]\nport = 1\n", r"no section \[servr\]; did you mean server\?"),
        ("[server]\nprot = 1\n", r"no setting server\.prot; did you mean port\?"),
        ("port = 1\n", r"no section \[port\]"),
        ("server = 1\n", r"server is a section: write \[server\]"),
        ('[server]\nport = "x"\n', r"some\.toml: server\.port: "),
        ("[server]\nport = 70000\n", r"server\.port: .*65535"),
        ('[server]\npublic_url = "scim.example.net"\n', r"server\.public_url: must begin with http:// or https://"),
        ('[tenancy]\nhost_pattern = "scim.example.net"\n', r"tenancy\.host_pattern: must contain \{workspace\} once"),
        ('[database]\nurl = "localhost"\n', r"database\.url: must begin with mongodb://"),
        ('[database]\ndriver = "asyncio"\n', r"database\.driver: .*'pymongo' or 'motor'"),
        ('[security]\nsecret_key = "short"\n', r"security\.secret_key: must have at least 32 characters"),
        ("[limits]\npage_default = 50\npage_maximum = 10\n", r"page_default must not be larger"),
        (
            '[plugins.only]\nbadge = ["Lark field"]\n',
            r"plugins\.only: badge is limited to `Lark field`, which no workspace",
        ),
        ('[plugins.only]\nbadge = ["x"]\n', r"plugins\.only: badge is limited to `x`"),
        ('[plugins.only]\nbadge = "larkfield"\n', r"plugins\.only\.badge: "),
        ('[plugins.only]\nprofile = ["larkfield"]\n', r"plugins: default lists `profile`, which only limits"),
        ("[server\n", r"not valid TOML"),
        ("[server]\nport = 1\nport = 2\n", r"not valid TOML"),
    ],
)
def test_wrong_file_is_refused_with_the_setting_and_the_rule(text: str, said: str) -> None:
    with pytest.raises(SettingsProblem, match=said):
        load(written(text))


def test_message_about_the_secret_key_does_not_hold_it() -> None:
    with pytest.raises(SettingsProblem) as caught:
        load(written('[security]\nsecret_key = "hunter2"\n'))
    assert "hunter2" not in str(caught.value)
    assert KEY not in repr(load(security={"secret_key": KEY}))


def test_missing_file_is_refused_with_the_cure() -> None:
    with pytest.raises(SettingsProblem, match=r"cannot be read.*scimserver init"):
        load(Path("nowhere.toml"))


@pytest.mark.parametrize(
    ("variable", "said"),
    [
        ("SCIMSERVER_SERVER__PROT", r"environment: there is no setting server\.prot; did you mean port\?"),
        ("SCIMSERVER_SERVR__PORT", r"environment: there is no section \[servr\]; did you mean server\?"),
    ],
)
def test_misspelt_variable_is_refused(variable: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "1")
    with pytest.raises(SettingsProblem, match=said):
        load()
