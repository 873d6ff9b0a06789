"""Names of devices and apps in mobile footers: without one of them "sent from …" is a person's sentence."""

#: Latin names, as they stand in the footers of every language, then names in other scripts.
DEVICES = frozenset(
    {"airmail", "android", "aol", "app", "blackberry", "canary", "cellulare", "celular", "daum", "fairemail"}
    | {"foxmail", "galaxy", "gmail", "gmx", "handy", "hanmail", "honor", "hotmail", "hp", "htc", "huawei", "imac"}
    | {"ios", "ipad", "iphone", "ipod", "k-9", "kakao", "kakaomail", "lg", "mac", "macbook", "mail", "mailbox"}
    | {"mobiel", "mobil", "mobile", "motorola", "móvil", "nate", "naver", "netease", "nokia", "oneplus", "oppo"}
    | {"outlook", "phone", "pixel", "ponsel", "portable", "proton", "protonmail", "qq", "realme", "redmi"}
    | {"samsung", "smartfona", "smartphone", "sony", "spark", "t-online", "tablet", "tablets", "tablette"}
    | {"telefon", "telefonino", "telefonu", "telefoon", "telemóvel", "telepon", "thunderbird", "tutanota"}
    | {
        "téléphone",
        "vivo",
        "watch",
        "web.de",
        "windows",
        "xiaomi",
        "xperia",
        "yahoo",
        "zoho",
        "zte",
        "갤럭시",
        "네이버",
    }
    | {
        "다음",
        "다음메일",
        "모바일",
        "삼성",
        "스마트폰",
        "아이패드",
        "아이폰",
        "안드로이드",
        "카카오",
        "카카오메일",
        "태블릿",
        "휴대전화",
        "휴대폰",
    }
    | {"mail.ru", "qq邮箱", "thoại", "айфона", "планшета", "почты", "смартфон", "смартфона", "телефон", "телефона"}
    | {"яндекс", "яндекс.почты", "آيفون", "الجوال", "الهاتف", "ايفون", "جوال", "جوالي", "هاتف", "هاتفي", "มือถือ"}
    | {
        "โทรศัพท์",
        "ไอแพด",
        "ไอโฟน",
        "アイフォン",
        "スマホ",
        "スマートフォン",
        "タブレット",
        "ヤフー",
        "华为",
        "安卓",
        "小米",
        "平板",
        "手机",
        "手機",
    }
    | {"携帯", "携帯電話", "网易", "荣耀", "華為", "邮箱"}
)
