"""The languages of the pages: English sentences of results, said in another language.

Results stay English. A sentence is recognised when it is shown, by the catalogue of the language
(`po/`, as gettext has them), so that old results are shown in every language, too.
"""

from media_screen.languages.catalogue import CODES, Language, LanguageError, find_language
from media_screen.languages.pattern import English, Pattern, core, placeholders

__all__ = [
    "CODES",
    "English",
    "Language",
    "LanguageError",
    "Pattern",
    "core",
    "find_language",
    "placeholders",
]
