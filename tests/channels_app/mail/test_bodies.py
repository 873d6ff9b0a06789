"""Which part is the body, which is a file, and what is kept when there is too much of either."""

import base64

import pytest

from channels_app.mail.bodies import LONGEST_TEXT, MOST_PARTS
from channels_app.mail.flowed import unflow
from channels_app.mail.model import Defect
from channels_app.mail.parse import parse_mail
from tests.channels_app.mail.letters import letter, multipart, parsed

PLAIN = "Content-Type: text/plain; charset=utf-8\r\n\r\nplain words"
HTML = "Content-Type: text/html; charset=utf-8\r\n\r\n<p>html <b>words</b></p>"


def of(*parts: str, kind: str = "mixed"):
    content_type, body = multipart(*parts, kind=kind)
    return parsed(body, content_type=content_type)


def test_alternatives_are_one_body_in_two_forms():
    mail = of(PLAIN, HTML, kind="alternative")
    assert mail.text == "plain words"
    assert mail.html == "<p>html <b>words</b></p>"
    assert mail.attachments == ()


def test_an_empty_plain_form_gives_way_to_the_html():
    mail = of("Content-Type: text/plain\r\n\r\n  \r\n", HTML, kind="alternative")
    assert mail.text == "html words"


def test_html_alone_gets_its_text():
    assert parsed("<p>one</p><p>two</p>", content_type="text/html").text == "one\n\ntwo"


def test_text_pieces_follow_each_other_in_both_forms():
    mail = of(HTML, "Content-Type: text/plain\r\n\r\nfooter <of> the list")
    assert mail.text == "html words\n\nfooter <of> the list"
    assert mail.html == "<p>html <b>words</b></p>\n<div>footer &lt;of&gt; the list</div>"


def test_a_named_text_behind_the_body_is_a_file():
    mail = of(PLAIN, 'Content-Type: text/plain; name="log.txt"\r\n\r\nlines')
    assert mail.text == "plain words"
    assert [(part.name, part.content) for part in mail.attachments] == [("log.txt", b"lines")]


def test_a_body_that_calls_itself_an_attachment_is_a_file():
    mail = of("Content-Type: text/plain\r\nContent-Disposition: attachment\r\n\r\nwords")
    assert mail.text == ""
    assert mail.attachments[0].name == "text-1.txt"


def test_the_root_of_related_parts_is_named_by_start():
    picture = "Content-Type: image/png\r\nContent-ID: <p@x>\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD"
    root = "Content-Type: text/html\r\nContent-ID: <root@x>\r\n\r\n<img src='cid:p@x'>"
    content_type, body = multipart(picture, root, kind="related")
    mail = parsed(body, content_type=f'{content_type}; start="<root@x>"')
    assert [(part.content_id, part.is_inline) for part in mail.attachments] == [("p@x", True)]


def test_content_ids_that_no_html_shows_are_files():
    picture = "Content-Type: image/png\r\nContent-ID: <p@x>\r\nContent-Disposition: inline\r\n\r\nABC"
    assert [part.is_inline for part in of(HTML, picture).attachments] == [False]


def test_bytes_are_kept_to_the_last():
    content = bytes(range(256)) * 3
    packed = base64.encodebytes(content).decode()
    mail = of(
        PLAIN, f"Content-Type: application/x-thing; name=t.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n{packed}"
    )
    assert mail.attachments[0].content == content


def test_raw_8bit_content_is_not_touched():
    content_type, _ = multipart(PLAIN)
    raw = "안녕".encode("cp949") + b"\xff\xfe"
    body = b"--edge\r\nContent-Type: application/octet-stream; name=x.bin\r\n\r\n" + raw + b"\r\n--edge--\r\n"
    assert parsed(body, content_type=content_type).attachments[0].content == raw


def test_html_says_its_charset_itself():
    raw = '<html><head><meta charset="euc-kr"></head><body>你好</body></html>'.encode("gb18030")
    marked = raw.replace(b"euc-kr", b"gb2312")
    assert parsed(marked, content_type="text/html").text == "你好"


def test_ten_thousand_parts_end_in_a_mark_and_not_in_trouble():
    content_type, body = multipart(
        *(f'Content-Type: image/png; name="{number}.png"\r\n\r\nx' for number in range(10_000))
    )
    mail = parsed(body, content_type=content_type)
    assert len(mail.attachments) == MOST_PARTS
    assert mail.defects == (Defect.TOO_MANY_PARTS,)


def test_a_text_nobody_can_read_to_its_end_is_attached_whole():
    mail = parsed("word " * 300_000)
    assert len(mail.text) <= LONGEST_TEXT
    assert len(mail.attachments[0].content) == 1_500_000
    assert mail.defects == (Defect.LONG_TEXT,)


def test_nesting_without_end_is_opened_to_a_bound():
    raw = letter(b"")[:-2] + b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (depth, depth) for depth in range(1500)
    )
    mail = parse_mail(raw + b"\r\ndeep inside\r\n")
    assert mail.from_.address == "carol@naver.example"
    assert b"deep inside" in b"".join(part.content for part in mail.attachments) + mail.text.encode()


def test_inline_pgp_is_seen():
    assert parsed("-----BEGIN PGP MESSAGE-----\r\n\r\nhQEM\r\n-----END PGP MESSAGE-----\r\n").is_encrypted
    assert parsed("-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\nhello\r\n").is_signed


def test_an_opaque_smime_signature_is_told_from_encryption():
    mail = parsed(
        "AAAA", content_type="application/pkcs7-mime; smime-type=signed-data", content_transfer_encoding="base64"
    )
    assert (mail.is_signed, mail.is_encrypted) == (True, False)
    assert mail.attachments[0].note == "signed"


def test_lines_are_joined_only_within_one_depth_of_quotes():
    assert unflow("a \nb\n> c \n> d\n>> e") == "a b\n> c d\n>> e"
    assert unflow("ja \nnein", drop_space=True) == "janein"
    assert unflow("text\n-- \nname") == "text\n-- \nname"
    assert unflow(" >not a quote") == ">not a quote"
    assert unflow("open \n> quote") == "open \n> quote"


def test_an_invitation_that_was_called_off_says_so():
    event = "BEGIN:VCALENDAR\r\nMETHOD:CANCEL\r\nBEGIN:VEVENT\r\nSUMMARY:Demo\r\nDTSTART;VALUE=DATE:20240501\r\nEND:VEVENT\r\n"
    mail = of(PLAIN, f"Content-Type: text/calendar; method=CANCEL\r\n\r\n{event}")
    assert mail.attachments[0].summary == "Cancelled: Demo · 2024-05-01"


def test_hangul_in_pieces_is_composed():
    mail = parsed("안녕", subject="제목")
    assert mail.text == "안녕"
    assert mail.subject == "제목"


def test_a_date_of_no_calendar_is_no_date():
    for date in (
        "Mon, 99 Foo 2024",
        "Thu, 1 Jan 99999 00:00:00 +0000",
        "",
        "1 Jan 2024 00:00:00 +99999999",
    ):
        assert parsed(date=date).date is None
    assert parsed(date="Tue, 21 May 2024 09:00:00 -0000").date.isoformat() == "2024-05-21T09:00:00+00:00"
    assert parsed(date="Tue, 21 May 2024 09:00:00 +0900 (KST)").date.isoformat() == "2024-05-21T00:00:00+00:00"


@pytest.mark.parametrize(
    "before", [b"\r\n\r\n", b"\n", b"\xef\xbb\xbf", b"From carol@x.example Mon May 13 10:00:00 2024\n"]
)
def test_what_pipes_put_before_the_first_header_is_passed_over(before):
    mail = parse_mail(before + letter("words"))
    assert (mail.subject, mail.text) == ("hi", "words")


@pytest.mark.parametrize("body", ["plain words, not base64", "안녕하세요"])
def test_a_wrong_transfer_encoding_is_not_believed(body):
    assert parsed(body, content_transfer_encoding="base64", content_type="text/plain; charset=utf-8").text == body


@pytest.mark.parametrize(
    "stated",
    ['multipart/mixed; boundary="other"', "multipart/mixed", 'multipart/mixed; boundary=""', "multipart/mixed; bound"],
)
def test_a_wrong_boundary_is_mended_by_the_one_in_sight(stated):
    _, body = multipart(
        PLAIN, "Content-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD"
    )
    mail = parsed(body, content_type=stated)
    assert mail.text == "plain words"
    assert [(part.name, part.content) for part in mail.attachments] == [("a.pdf", b"ABC")]
    assert mail.defects == (Defect.BROKEN_STRUCTURE,)


def test_uuencoded_files_come_out_by_any_program():
    def content(wire: str) -> bytes:
        return (
            of(PLAIN, f"Content-Type: a/b; name=x\r\nContent-Transfer-Encoding: uue\r\n\r\n{wire}")
            .attachments[0]
            .content
        )

    assert content("begin 644 x\r\n#0V%T\r\n`\r\nend") == b"Cat"
    assert content("begin 644 x\r\n#0V%T\r\n") == b"Cat"
    assert content("#0V%T") == b"Cat"
    assert content("begin 644 x\r\n#0V%TXXXXX\r\nend") == b"Cat"


def test_a_body_that_has_a_name_is_still_the_body():
    mail = of('Content-Type: text/plain; name="mail.txt"\r\n\r\nwords', "Content-Type: image/png\r\n\r\nx")
    assert mail.text == "words"
    named = 'Content-Type: text/plain; name="mail.txt"\r\nContent-Disposition: inline\r\n\r\nwords'
    assert [part.name for part in of(named).attachments] == ["mail.txt"]
    page = of('Content-Type: text/html; name="page.html"\r\n\r\n<p>words</p>')
    assert [part.name for part in page.attachments] == ["page.html"]


def test_what_an_alternative_holds_counts_for_the_mail():
    inner_type, inner = multipart("Content-Type: a/b\r\n\r\nx", kind="encrypted")
    inner = inner.replace("edge", "inner")
    mail = of(PLAIN, f"Content-Type: {inner_type.replace('edge', 'inner')}\r\n\r\n{inner}", kind="alternative")
    assert mail.is_encrypted


def test_the_charset_is_that_of_the_first_words_beyond_ascii():
    korean = (
        "Content-Type: text/plain; charset=euc-kr\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=BE=C8=B3=E7"
    )
    utf8 = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=EC=95=88"
    assert of(PLAIN, korean, utf8).charset == "cp949"


def test_times_of_invitations_name_their_zone():
    def summary(event: str) -> str:
        lines = f"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n{event}\r\nEND:VEVENT\r\n"
        return of(PLAIN, f"Content-Type: text/calendar\r\n\r\n{lines}").attachments[0].summary

    assert summary("SUMMARY:Call\r\nDTSTART:20240501T010000Z") == "Call · 2024-05-01 01:00 (UTC)"
    assert summary("SUMMARY:Call\r\nDTSTART:20240501T010000") == "Call · 2024-05-01 01:00"
    assert summary("SUMMARY:Call\r\nSTATUS:CANCELLED") == "Cancelled: Call"
    assert summary("DTSTART:nonsense") == ""
