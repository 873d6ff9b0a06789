"""Style sheets and scripts joined at first use."""

import gzip
import shutil
import subprocess

import pytest
from django.contrib.staticfiles import finders
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

from helpdesk import bundles

FILES = {
    "css/a.css": '@layer one, two;\n@import "./b.css";\n@layer two { .a { color: red } }\n',
    "css/b.css": "/* gone */\n@layer one {\n  .b > .c { margin: 1px 2px }\n}\n",
    "js/a.js": 'import "../vendor/classic.js";\nimport { b as c } from "./b.js";\nimport D from "../vendor/d.js";\n'
    "globalThis.said = [c(), classic, new D().name]\n",
    "js/b.js": "// a comment\nconst hidden = 1\nexport const b = () => hidden + 1\nexport function unused() {}\n",
    "vendor/classic.js": "var classic = 'old'",
    "vendor/d.js": "class D { name = 'd' }\nexport { D as default };\n",
    "js/round.js": 'import "./trip.js";\n',
    "js/trip.js": 'import "./round.js";\n',
    "js/strange.js": "export let changing = 1\n",
    "js/lost.js": 'import "./nowhere.js";\n',
}


@pytest.fixture
def files(tmp_path, monkeypatch):
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(finders, "find", lambda name: str(tmp_path / name) if (tmp_path / name).exists() else None)
    return tmp_path


def joined(entry: str) -> str:
    return bundles._joined(entry).content.decode()


def test_layers_stand_first_and_parts_keep_their_order(files):
    css = joined("css/a.css")
    assert css.index("@layer one,two") < css.index("@layer one{") < css.index("@layer two{")
    assert ".b > .c{margin:1px 2px}" in css
    assert "gone" not in css


@pytest.mark.skipif(shutil.which("node") is None, reason="runs the joined script in Node")
def test_joined_script_runs_as_its_modules_would(files):
    script = joined("js/a.js") + "\nconsole.log(JSON.stringify(globalThis.said))"
    run = subprocess.run(["node", "-e", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == '[2,"old","d"]'


@pytest.mark.parametrize("entry", ["js/round.js", "js/strange.js", "js/lost.js"])
def test_what_cannot_be_joined_is_refused(files, entry):
    with pytest.raises(ImproperlyConfigured):
        joined(entry)


@pytest.mark.skipif(shutil.which("node") is None, reason="parses the joined scripts with Node")
@pytest.mark.parametrize("entry", sorted(name for name in bundles.ENTRIES if name.endswith(".js")))
def test_every_script_of_ours_parses(entry, tmp_path):
    script = tmp_path / "joined.js"
    script.write_text(joined(entry))
    # `node --check` would take it for a module; a page does not.
    read = "new (require('vm').Script)(require('fs').readFileSync(process.argv[1], 'utf8'))"
    subprocess.run(["node", "-e", read, str(script)], check=True)


def test_address_changes_with_the_content_and_is_kept_for_ever(client):
    url = bundles.url("css/desk.css")
    answer = client.get(url, headers={"accept-encoding": "gzip"})
    assert "immutable" in answer["Cache-Control"]
    assert gzip.decompress(answer.content) == client.get(url).content
    assert answer["Vary"] == "Accept-Encoding"
    assert not answer.cookies


def test_outdated_address_still_answers_but_is_not_kept(client):
    answer = client.get("/assets/css/desk.000000000000.css")
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "name", ["css/tokens.123.css", "helpdesk/settings.1.py", "../secret.1.css", "desk", "js/x.1.js"]
)
def test_only_listed_entries_are_served(client, name):
    assert client.get(f"/assets/{name}").status_code == 404


@pytest.mark.parametrize(("entry", "most"), [("css/desk.css", 12), ("js/desk.js", 30), ("css/more.css", 5)])
def test_what_the_desk_loads_stays_within_its_budget(entry, most):
    assert len(bundles.bundle(entry).packed) <= most * 1024


def test_the_second_part_of_the_desk_holds_nothing_of_the_first():
    second = joined("js/more.js")
    assert not [path for path in bundles._modules("js/desk.js") if f'["{path}"] = (' in second]
    assert '["js/composer/composer.js"] = (' in second


def test_a_change_in_the_second_part_gives_the_first_a_new_address(files, monkeypatch):
    monkeypatch.setattr(bundles, "ENTRIES", {"js/first.js", "js/second.js"})
    (files / "js/first.js").write_text('const there = asset("./second.js")\n')
    (files / "js/second.js").write_text("console.log(1)\n")
    before = bundles.bundle("js/first.js")
    assert bundles.bundle("js/second.js").file_name in before.content.decode()
    (files / "js/second.js").write_text("console.log(2)\n")
    bundles._kept.cache_clear()
    assert bundles.bundle("js/first.js").digest != before.digest


def test_vendored_files_are_what_the_manifest_says():
    call_command("vendor", "--check")
