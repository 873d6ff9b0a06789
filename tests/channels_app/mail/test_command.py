"""`python -m channels_app.mail`: anybody may run it over a folder of mail."""

import subprocess
import sys

from channels_app.mail.__main__ import main
from tests.channels_app.mail.letters import CORPUS


def test_it_says_what_it_understood(capsys):
    assert main([str(CORPUS / "bounce_postfix.eml"), str(CORPUS / "outlook_ks_c_5601.eml")]) == 0
    printed = capsys.readouterr().out
    assert "견적서_2024.xlsx" in printed
    assert "image001.png image/png 70 bytes inline" in printed
    assert "nobody@gmail.example: failed 5.1.1" in printed
    assert "2  mails" in printed
    assert "ms each" in printed


def test_it_reads_a_whole_folder_and_only_counts(capsys):
    assert main([str(CORPUS), "--quiet"]) == 0
    printed = capsys.readouterr().out
    assert f"{len(list(CORPUS.glob('*.eml')))}  mails" in printed
    assert "subject" not in printed


def test_it_reads_an_mbox(tmp_path, capsys):
    box = tmp_path / "box.mbox"
    first = b"From a@b Mon\nFrom: a@x.example\nSubject: one\n\nx\n>From here\n\n"
    box.write_bytes(first + b"From c@d Tue\nFrom: c@x.example\nSubject: two\n\ny\n")
    assert main([str(box)]) == 0
    printed = capsys.readouterr().out
    assert "subject     one" in printed
    assert "subject     two" in printed


def test_an_empty_folder_is_an_error(tmp_path, capsys):
    assert main([str(tmp_path)]) == 1
    assert "no mail found" in capsys.readouterr().out


def test_it_needs_neither_django_nor_a_database():
    modules = "channels_app.mail.parse, channels_app.mail.compose, channels_app.mail.__main__"
    code = f"import sys, {modules}; print('django' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=CORPUS.parents[3]
    )
    assert done.stdout.strip() == "False"
