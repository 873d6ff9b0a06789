"""One file per language; a new language is one file more and one name here."""

from channels_app.mail.quotes.languages import (
    arabic,
    chinese_simplified,
    chinese_traditional,
    dutch,
    english,
    french,
    german,
    indonesian,
    italian,
    japanese,
    korean,
    polish,
    portuguese,
    russian,
    spanish,
    swedish,
    thai,
    turkish,
    vietnamese,
)

LANGUAGES = tuple(
    module.LANGUAGE
    for module in (
        arabic,
        chinese_simplified,
        chinese_traditional,
        dutch,
        english,
        french,
        german,
        indonesian,
        italian,
        japanese,
        korean,
        polish,
        portuguese,
        russian,
        spanish,
        swedish,
        thai,
        turkish,
        vietnamese,
    )
)
