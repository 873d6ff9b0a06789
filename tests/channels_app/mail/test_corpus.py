"""Mail as the world's programs write it: what the desk must understand of each."""

import pytest

from channels_app.mail.model import AutomaticKind, Defect, Outcome, ReportKind
from tests.channels_app.mail.letters import CORPUS, read

# name → subject, sender, first line of the text, names of the files
UNDERSTOOD = {
    "naver_webmail": (
        "주문한 원피스가 아직 안 왔어요",
        "김캐롤 <carol_kim@naver.com>",
        "안녕하세요, 5월 3일에 주문한 원피스가 아직 도착하지 않았어요.",
        [],
    ),
    "daum_euckr": ("교환 문의드립니다", "이데이브 <dave77@hanmail.net>", "사이즈가 작아서 교환하고 싶습니다.", []),
    "gmail_reply": ("Re: Your order 118", "Dave Lee <dave@gmail.com>", "Great, thanks! When will it ship?", []),
    "outlook_ks_c_5601": (
        "견적서 송부의 건",
        "박에린 <erin@hanbit.example>",
        "견적서를 첨부합니다.",
        ["image001.png", "견적서_2024.xlsx"],
    ),
    "apple_mail_middle_attachment": (
        "Receipt and question",
        "Carol <carol@icloud.com>",
        "Here is the receipt:",
        ["영수증.pdf"],
    ),
    "yahoo_jp_iso2022": ("返品について①", "山田花子 <hanako@yahoo.co.jp>", "①サイズ違い ㈱モーメント様", []),
    "qq_gb18030": ("请问什么时候发货？", "小王 <12345678@qq.com>", "你好，我的订单什么时候发货？", []),
    "chinesebig5_label": ("退貨問題", "陳大文 <chan@pchome.com.tw>", "您好，請問如何辦理退貨？", []),
    "default_charset_korean": (
        "세금계산서 요청",
        "최프랭크 <frank@company.co.kr>",
        "세금계산서 발행을 요청드립니다.",
        [],
    ),
    "unknown_8bit_utf8": ("café menu", "Grace <grace@example.com>", "Où est ma commande ? Déjà payée…", []),
    "raw_8bit_headers_cp949": (
        "배송 조회가 안됩니다",
        "홍길동 <gildong@korea.example.kr>",
        "배송 조회가 안돼요. 확인해 주세요.",
        [],
    ),
    "raw_utf8_headers": ("배송 조회 🚚", "홍길동 <gildong@korea.example>", "본문도 라벨이 없어요.", []),
    "split_encoded_words": ("안녕하세요 이음 고객센터 담당자님 확인", "김철수 <chulsoo@example.com>", "x", []),
    "outlook_winmail": ("contract", "Erin <erin@hanbit.example>", "안녕하세요 Erin", ["계약서 최종.docx", "photo.png"]),
    "forwarded_as_attachment": ("Fwd", "Dave <dave@gmail.com>", "See the attached mail.", ["주문_확인서.eml"]),
    "calendar_invite": ("Invitation: Demo", "Erin <erin@hanbit.example>", "You are invited.", ["invite.ics"]),
    "smime_signed": ("signed", "Frank <frank@bank.example>", "This text is signed.", ["smime.p7s"]),
    "smime_enveloped": ("secret", "Frank <frank@bank.example>", "", ["smime.p7m"]),
    "pgp_encrypted": ("...", "Grace <grace@example.com>", "", ["file-1.asc", "encrypted.asc"]),
    "missing_boundary": ("no boundary in sight", "a@example.com", "Just text under a multipart label.", []),
    "unterminated_multipart": ("cut off", "a@example.com", "Text before the cut.", ["cut.pdf"]),
    "base64_with_footer": ("list footer", "a@example.com", "목록으로 온 메일입니다.", []),
    "bad_quoted_printable": ("100% sure?", "a@example.com", "Price = 100% and =ZZ stays, 안녕", []),
    "broken_filenames": (
        "names",
        "a@example.com",
        "see files",
        ["보고서 1차.hwp", "image-2.jpg", "passwd.pdf", "사진.jpg", "invoicefdp.exe", "notes.txt"],
    ),
    "html_only_newsletter": ("Sale", "Shop News <news@shop.example>", "Summer sale", []),
    "samsung_mail": ("환불 언제 되나요", "carol <carol@naver.com>", "환불 언제 되나요내 Galaxy에서 보냄", []),
    "arabic_windows1256": ("أين طلبي؟", "أحمد <ahmed@example.sa>", "مرحبا، أين طلبي؟", []),
    "russian_koi8": ("Вопрос", "Иван <ivan@mail.ru>", "Здравствуйте, где мой заказ?", []),
    "thai_windows874": ("สอบถามสินค้า", "somchai@example.co.th", "สินค้าถึงเมื่อไหร่", []),
    "iso2022kr": ("안녕", "old@korea.example", "오래된 한국 메일입니다.", []),
    "latin1_label_utf8_body": ("label lies", "a@example.de", "Grüße aus München", []),
    "uuencoded_part": ("uu", "a@example.com", "old style", ["old.bin"]),
    "digest": ("digest", "list@lists.example", "", ["first inside.eml", "second inside.eml"]),
    "nul_and_surrogates": ("nul inside", "a@example.com", "before  after \ufffd", []),
    "mailing_list_footer": ("[team] hello", "Dave <dave@gmail.com>", "Hello all", []),
}


@pytest.mark.parametrize("name", UNDERSTOOD)
def test_mail_of_every_program_is_understood(name):
    mail = read(name)
    subject, sender, first_line, files = UNDERSTOOD[name]
    assert mail.subject == subject
    assert str(mail.from_) == sender
    assert mail.text.split("\n")[0] == first_line
    assert [part.name for part in mail.attachments] == files


MACHINES = {
    "gmail_autoreply": AutomaticKind.REPLY,
    "outlook_autoreply_ko": AutomaticKind.NOTICE,
    "html_only_newsletter": AutomaticKind.BULK,
    "mailing_list_footer": AutomaticKind.BULK,
    "bounce_postfix": AutomaticKind.REPORT,
    "bounce_qmail": AutomaticKind.REPORT,
    "bounce_daum_quota": AutomaticKind.REPORT,
    "bounce_naver_korean": AutomaticKind.REPORT,
    "bounce_delayed": AutomaticKind.REPORT,
    "bounce_exchange_full": AutomaticKind.REPORT,
    "bounce_two_recipients": AutomaticKind.REPORT,
    "receipt_read": AutomaticKind.REPORT,
    "receipt_delivered": AutomaticKind.REPORT,
    "complaint_arf": AutomaticKind.REPORT,
}


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.eml")), ids=lambda path: path.stem)
def test_machines_and_only_machines_are_taken_for_machines(path):
    automatic = read(path.stem).automatic
    assert (automatic.kind if automatic else None) == MACHINES.get(path.stem)


REPORTED = {
    "bounce_postfix": [("nobody@gmail.example", Outcome.FAILED, "5.1.1")],
    "bounce_delayed": [("slow@busy.example", Outcome.DELAYED, "4.4.1")],
    "bounce_exchange_full": [("erin@hanbit.example", Outcome.FAILED, "5.2.2")],
    "bounce_two_recipients": [
        ("one@x.example", Outcome.FAILED, "5.1.1"),
        ("two@y.example", Outcome.DELIVERED, "2.0.0"),
    ],
    "bounce_qmail": [("gone@old.example", Outcome.FAILED, "5.1.1")],
    "bounce_naver_korean": [("ghost@naver.example", Outcome.FAILED, "5.1.1")],
    "bounce_daum_quota": [("full@hanmail.net", Outcome.FAILED, "5.2.2")],
    "receipt_delivered": [("ok@x.example", Outcome.RELAYED, "2.0.0")],
    "receipt_read": [("carol@naver.com", Outcome.READ, "")],
    "complaint_arf": [("angry@hotmail.example", Outcome.COMPLAINED, "")],
}


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.eml")), ids=lambda path: path.stem)
def test_reports_and_only_reports_tell_of_other_mail(path):
    report = read(path.stem).report
    told = [(one.address, one.outcome, one.status) for one in report.recipients] if report else None
    assert told == REPORTED.get(path.stem)


@pytest.mark.parametrize("name", ["bounce_postfix", "bounce_qmail", "bounce_exchange_full", "complaint_arf"])
def test_a_report_leads_back_to_our_delivery(name):
    report = read(name).report
    assert report.message_id == "9f3c1d@moments.example"
    assert report.delivery == "5f0c9a3e-1"
    assert report.subject == "Re: Your order 118"


def test_kinds_of_reports_differ():
    assert read("receipt_read").report.kind is ReportKind.READING
    assert read("receipt_read").report.message_id == "9f3c1d@moments.example"
    assert read("complaint_arf").report.kind is ReportKind.COMPLAINT
    assert read("bounce_postfix").report.kind is ReportKind.DELIVERY
    assert read("bounce_postfix").report.envelope_id == "QQ5f0c9a3e"


def test_the_headers_of_a_thread_are_read():
    mail = read("gmail_reply")
    assert mail.message_id == "CAKx8=abc_def@mail.gmail.com"
    assert mail.in_reply_to == ("b2@mail.gmail.com",)
    assert mail.references == ("a1@moments.example", "b2@mail.gmail.com")
    assert [str(cc) for cc in mail.cc] == ["Erin Park <erin@partner.example>", "O'Neil, Pat <pat@partner.example>"]
    assert mail.date.isoformat() == "2024-05-14T23:00:00+00:00"
    assert mail.return_path == "dave@gmail.com"


def test_addresses_it_was_delivered_to_are_kept_apart_from_to():
    assert read("naver_webmail").delivered_to == ("help@moments.example",)


def test_a_picture_in_the_html_is_inline_and_a_file_is_not():
    picture, sheet = read("outlook_ks_c_5601").attachments
    assert (picture.is_inline, picture.content_id) == (True, "image001.png@01DAA7")
    assert (sheet.is_inline, sheet.content) == (False, b"PK00")


def test_a_nested_mail_stays_closed():
    mail = read("forwarded_as_attachment")
    assert "INNER" not in mail.text
    (nested,) = mail.attachments
    assert nested.note == "message"
    assert nested.summary == "주문/확인서 · shop@other.example"
    assert nested.content.startswith(b"From: shop@other.example\r\n")
    assert b"%PDF" not in nested.content
    assert b"JVBERi1pbm5lcg==" in nested.content


def test_an_invitation_says_what_when_and_where():
    (invitation,) = read("calendar_invite").attachments
    assert invitation.note == "calendar"
    assert (
        invitation.summary
        == "제품 시연, 2차모임 · 2024-05-22 14:00–2024-05-22 15:00 (Korea Standard Time) · 3층 회의실"
    )


def test_signed_and_encrypted_mail_is_shown_as_such():
    assert read("smime_signed").is_signed
    assert [part.note for part in read("smime_signed").attachments] == ["signature"]
    for name in ("pgp_encrypted", "smime_enveloped"):
        mail = read(name)
        assert mail.is_encrypted
        assert {part.note for part in mail.attachments} == {"encrypted"}


def test_apple_mail_text_around_a_file_stays_in_order():
    html = read("apple_mail_middle_attachment").html
    assert html.index("Here is the receipt") < html.index("Can I still return it")


def test_flowed_text_is_joined_and_its_signature_line_kept():
    assert read("format_flowed").text == (
        "This paragraph was wrapped by the program and must come out as one line.\n\n"
        "> quoted text that also flows\n-- \nThunder"
    )


def test_a_footer_behind_base64_is_kept():
    assert read("base64_with_footer").text.split("\n")[-1] == "You received this mail through a list."


def test_what_is_wrong_with_a_mail_is_said():
    assert read("duplicate_headers").defects == (Defect.SEVERAL_SENDERS, Defect.REPEATED_HEADERS)
    assert read("duplicate_headers").date is None
    assert read("no_headers").defects == (Defect.NO_SENDER, Defect.BROKEN_STRUCTURE)
    assert read("default_charset_korean").defects == (Defect.UNCERTAIN_CHARSET,)
    assert read("unterminated_multipart").defects == (Defect.CUT_OFF,)
    assert read("missing_boundary").defects == (Defect.BROKEN_STRUCTURE,)
    assert read("naver_webmail").defects == ()


def test_who_asks_for_silence_is_not_a_machine():
    mail = read("person_with_suppress_header")
    assert mail.automatic is None
    assert mail.wants_no_auto_reply
    assert not read("naver_webmail").wants_no_auto_reply


def test_language_is_guessed_from_the_script():
    languages = {
        name: read(name).language
        for name in ("naver_webmail", "yahoo_jp_iso2022", "qq_gb18030", "thai_windows874", "gmail_reply")
    }
    assert languages == {
        "naver_webmail": "ko",
        "yahoo_jp_iso2022": "ja",
        "qq_gb18030": "zh",
        "thai_windows874": "th",
        "gmail_reply": "",
    }
