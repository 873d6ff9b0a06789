"""Any label, no label, wrong label: the text comes out right or is marked."""

import pytest

from channels_app.mail.charsets import clean, codecs_for, decode
from channels_app.mail.parse import parse_mail

LABELS = {
    "ks_c_5601-1987": "cp949",
    "KS_C_5601": "cp949",
    "x-windows-949": "cp949",
    "EUC-KR": "cp949",
    "CHINESEBIG5": "cp950",
    "big5-hkscs": "cp950",
    "x-sjis": "cp932",
    "Windows-31J": "cp932",
    "gb2312": "gb18030",
    "x-gbk": "gb18030",
    "HZ-GB-2312": "hz",
    "windows-874": "cp874",
    "TIS-620": "cp874",
    "cp-850": "cp850",
    "ibm850": "cp850",
    "x-mac-cyrillic": "mac_cyrillic",
    "iso-8859-8-i": "cp1255",
    "iso-8859-1": "cp1252",
    "ISO8859-2": "iso8859_2",
    "windows-1250": "cp1250",
    "utf8mb4": "utf_8",
    '"utf-8"': "utf_8",
    "utf-8;format=flowed": "utf_8",
    "unicode-1-1-utf-7": "utf_7",
}


@pytest.mark.parametrize("label", LABELS)
def test_labels_are_known_by_whatever_name(label):
    assert codecs_for(label)[0] == LABELS[label]


@pytest.mark.parametrize(
    "label",
    [
        "DEFAULT_CHARSET",
        "unknown-8bit",
        "",
        "x-unknown",
        "binary",
        "zlib",
        "rot13",
        "hex",
        "idna",
        "no such thing",
        "\0",
    ],
)
def test_labels_that_say_nothing_are_not_believed(label):
    assert codecs_for(label) == ()


TEXTS = [
    ("배송 문의 드립니다. 주문번호 1234", "cp949"),
    ("김철수", "cp949"),
    ("펲시콜라 두 상자 주문합니다. 배송은 언제쯤 되나요?", "cp949"),
    ("お問い合わせありがとうございます", "cp932"),
    ("お問い合わせありがとうございます", "euc_jp"),
    ("注文確認", "cp932"),
    ("订单什么时候发货", "gb18030"),
    ("請問何時可以收到商品", "big5"),
    ("Здравствуйте, где мой заказ", "cp1251"),
    ("Здравствуйте, где мой заказ", "koi8_r"),
    ("สวัสดีครับ สินค้าถึงเมื่อไหร่", "cp874"),
    ("مرحبا أين طلبي", "cp1256"),
    ("Où est ma commande, déjà payée", "cp1252"),
    ("Müller", "cp1252"),
    ("Žluťoučký kůň", "cp1250"),
]


@pytest.mark.parametrize(("text", "codec"), TEXTS)
@pytest.mark.parametrize("label", ["", "DEFAULT_CHARSET", "us-ascii"])
def test_bytes_without_a_label_are_recognised_and_marked_as_a_guess(text, codec, label):
    decoded = decode(text.encode(codec), label)
    assert decoded.text == text
    assert not decoded.is_certain


def test_utf8_needs_no_label():
    assert decode("안녕 🚚".encode()).is_certain
    assert decode("안녕".encode(), "euc-kr").text == "안녕"
    assert decode("Grüße".encode(), "iso-8859-1").text == "Grüße"


def test_a_hint_of_the_mail_decides_what_bytes_alone_cannot():
    ambiguous = "你好".encode("gb18030")
    assert decode(ambiguous).text != "你好"
    assert decode(ambiguous, "", ("gb2312",)).text == "你好"


def test_a_true_label_with_a_few_broken_letters_is_kept_and_marked():
    decoded = decode("안녕하세요 고객센터입니다. 주문을 확인했어요".encode("cp949") + b"\xb0", "euc-kr")
    assert decoded.text.startswith("안녕하세요 고객센터입니다.")
    assert (decoded.codec, decoded.is_certain) == ("cp949", False)


def test_japanese_mail_keeps_the_letters_of_nec_and_ibm():
    raw = b"A \x1b$B-!-jH~8}\x1b(B B"
    with pytest.raises(UnicodeDecodeError):
        raw.decode("iso2022_jp")
    assert decode(raw, "iso-2022-jp").text == "A ①㈱美口 B"


def test_japanese_escapes_are_read_without_a_label():
    assert decode("件名です".encode("iso2022_jp")).text == "件名です"


def test_half_a_letter_of_utf16_is_no_reason_to_fail():
    assert decode("가나다".encode("utf-16"), "utf-16").text == "가나다"
    assert decode(b"plain ascii", "utf-16").text == "plain ascii"
    assert decode(b"\xff\xfe\x00", "utf-16").text is not None


def test_what_a_database_cannot_hold_is_taken_out():
    assert clean("a\0b\x08c") == "abc"
    assert clean("\ud83d\ude9a") == "🚚"
    assert clean("x\ud800y") == "x\ufffdy"


def test_nothing_believable_still_gives_text():
    decoded = decode(bytes(range(0x80, 0x100)) * 3)
    assert len(decoded.text) > 300
    assert not decoded.is_certain


def test_a_hint_is_believed_only_where_it_is_possible():
    korean = "배송 문의드립니다 언제 오나요".encode("cp949")
    assert decode(korean, "", ("koi8-r",)).text == "배송 문의드립니다 언제 오나요"
    assert decode("Ďakujem, už prišla".encode("iso8859_2"), "", ("iso-8859-2",)).text == "Ďakujem, už prišla"


def test_headers_without_a_label_follow_the_body():
    head = b"From: a@x.example\r\nSubject: " + "你好".encode("gb18030") + b"\r\n"
    body = b"Content-Type: text/plain; charset=gb2312\r\n\r\n" + "你好".encode("gb18030")
    assert parse_mail(head + body).subject == "你好"
    assert parse_mail(head + b"\r\nx").subject != "你好"


def test_the_country_of_the_sender_is_a_hint():
    def subject(sender: str) -> str:
        return parse_mail(f"From: {sender}\r\nSubject: ".encode() + "你好".encode("gb18030") + b"\r\n\r\nx").subject

    assert subject("wang@shop.cn") == "你好"
    assert subject("wang@qq.com") == "你好"
    assert subject("wang@shop.example") != "你好"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("ABC".encode("utf-16-le"), "ABC"),
        (b"\xef\xbb\xbfBOM", "BOM"),
        ("\ufeffABC".encode("utf-16-be"), "ABC"),
        ("안녕".encode("utf-16"), "안녕"),
    ],
)
def test_byte_order_marks_are_believed(raw, text):
    assert decode(raw, "utf-16" if raw[:1] == b"A" else "").text == text


def test_half_width_kana_of_old_mail_is_read():
    assert decode(b"\x1b(I6@6E\x1b(B \x1b$B-!\x1b(B", "iso-2022-jp").text == "ｶﾀｶﾅ ①"
