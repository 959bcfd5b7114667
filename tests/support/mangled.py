"""Codes, words and links as keyboards, messengers, mail programs and browsers hand them on.

Each manner takes what was shown, a code as `ABCDE-FGHJK` or the word of an invitation, and returns
what arrives.
"""

from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import quote

Manner = Callable[[str], str]

LATIN: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CYRILLIC: Final = str.maketrans(
    "ABCEHKMPTXY",
    "\u0410\u0412\u0421\u0415\u041d\u041a\u041c\u0420\u0422\u0425\u0423",
)
GREEK: Final = str.maketrans(
    "ABEHKMNPTXYZ",
    "\u0391\u0392\u0395\u0397\u039a\u039c\u039d\u03a1\u03a4\u03a7\u03a5\u0396",
)
PERSIAN: Final = str.maketrans("0123456789", "".join(map(chr, range(0x06F0, 0x06FA))))
DEVANAGARI: Final = str.maketrans("0123456789", "".join(map(chr, range(0x0966, 0x0970))))
BOLD: Final = str.maketrans(
    LATIN,
    "".join(map(chr, range(0x1D7CE, 0x1D7D8)))
    + "".join(chr(0x1D400 + ord(letter) - ord("A")) for letter in LATIN[10:]),
)


def wide(text: str) -> str:
    """Return it as an input method of East Asia types it."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def _around(before: str, after: str = "") -> Manner:
    return lambda shown: f"{before}{shown}{after}"


def _between(mark: str) -> Manner:
    """Have another mark where the hyphen of a code is."""
    return lambda shown: shown.replace("-", mark)


def _strewn(mark: str) -> Manner:
    return mark.join


EVERYWHERE: Final[dict[str, Manner]] = {
    "as it is": str,
    "with blanks around": _around("  ", "\t\r\n"),
    "with ideographic blanks around": _around("\u3000", "\u3000"),
    "with a byte order mark": _around("\ufeff"),
    "from right to left": _around("\u200f", "\u200f"),
    "isolated": _around("\u2068", "\u2069"),
    "overridden": _around("\u202e", "\u202c"),
    "with blanks of no width": _strewn("\u200b"),
    "with word joiners": _strewn("\u2060"),
    "with selectors of a variant": _strewn("\ufe0f"),
    "with a blank between all": _strewn(" "),
    "in straight quotes": _around('"', '"'),
    "in curly quotes": _around("\u201c", "\u201d"),
    "in German quotes": _around("\u201e", "\u201c"),
    "in accents": _around("\u00b4", "\u00b4"),
    "in angles": _around("\u00ab\u00a0", "\u00a0\u00bb"),
    "in corners": _around("\u300c", "\u300d"),
    "in backticks": _around("`", "`"),
    "in pointed brackets": _around("<", ">"),
    "in parentheses": _around("(", ")"),
    "in bold type": _around("*", "*"),
    "in italics": _around("_", "_"),
    "struck through": _around("~", "~"),
    "at the end of a sentence": _around("", "."),
    "at the end of a Chinese sentence": _around("", "\u3002"),
    "before a comma": _around("", ","),
    "before an exclamation": _around("", "!!"),
    "before dots": _around("", "\u2026"),
    "behind an emoji": _around("\U0001f511 ", " \u2764\ufe0f"),
    "of full width": wide,
    "quoted as a reply": _around("> "),
    "behind a colon": _around("Here: "),
    "behind a sign": _around("#"),
    "behind a slash": _around("/"),
    "with a slash behind": _around("", "/"),
    "with a query": _around("", "?fbclid=IwAR0abcdefghjk-MNPQR"),
    "with a parameter": _around("", "&utm_source=basketball"),
}
"""What happens to codes and words alike."""

OF_CODES: Final[dict[str, Manner]] = EVERYWHERE | {
    "in lower case": str.lower,
    "with a capital": str.capitalize,
    "as two capitalised": str.title,
    "without the hyphen": _between(""),
    "with a blank": _between(" "),
    "with a blank of no break": _between("\u00a0"),
    "with more blanks": _between(" - "),
    "over two lines": _between("-\r\n"),
    "with a hyphen": _between("\u2010"),
    "with a hyphen of no break": _between("\u2011"),
    "with a figure dash": _between("\u2012"),
    "with an en dash": _between("\u2013"),
    "with an em dash": _between("\u2014"),
    "with a bar": _between("\u2015"),
    "with a minus": _between("\u2212"),
    "with a soft hyphen": _between("\u00ad"),
    "with a hyphen bullet": _between("\u2043"),
    "with a small hyphen": _between("\ufe63"),
    "with a wide hyphen": _between("\uff0d"),
    "with a wave": _between("\u301c"),
    "with the long mark of Japan": _between("\u30fc"),
    "with the long mark of half width": _between("\uff70"),
    "with a stretch of Arabic": _between("\u0640"),
    "with a Korean stroke": _between("\u3161"),
    "with a drawn line": _between("\u2500"),
    "with a maqaf": _between("\u05be"),
    "with an underscore": _between("_"),
    "with a dot": _between("."),
    "with a middle dot": _between("\u00b7"),
    "with a plus, as a form has blanks": _between("+"),
    "with percents": _between("%2D"),
    "with percents for no break": _between("%E2%80%91"),
    "with percents twice": _between("%252D"),
    "with percents and a blank": _between("%20"),
    "percents throughout": lambda shown: "".join(f"%{ord(c):02x}" for c in shown),
    "in mathematical bold": lambda shown: shown.translate(BOLD),
    "with letters of Cyrillic": lambda shown: shown.translate(CYRILLIC),
    "with small letters of Cyrillic": lambda shown: shown.translate(CYRILLIC).lower(),
    "with letters of Greek": lambda shown: shown.translate(GREEK),
    "with digits of Persian": lambda shown: shown.translate(PERSIAN),
    "with digits of Devanagari": lambda shown: shown.translate(DEVANAGARI),
    "O for 0 and l for 1": lambda shown: shown.replace("0", "O").replace("1", "l"),
    "as Turkish types it": lambda shown: shown.replace("1", "\u0130"),
    "as Turkish types it small": lambda shown: shown.lower().replace("1", "\u0131"),
    "in a sentence": _around("The code of the basketball room is ", ", see you"),
    "as our own answer has it": _around(
        "room http://ephemera.test/rooms/0123456789abcdef0123\ncode ", "\n"
    ),
}

AS_LINKS: Final[Mapping[str, str]] = {
    "behind the hash": "https://ephemera.test/join#{}",
    "in the path": "https://ephemera.test/join/{}",
    "without a scheme": "ephemera.test/join#{}",
    "without a host": "/join#{}",
    "with a port": "http://127.0.0.1:8000/join#{}",
    "with a slash behind": "https://ephemera.test/join/{}/",
    "with a slash before the hash": "https://ephemera.test/join/#{}",
    "with a query behind the path": "https://ephemera.test/join/{}?fbclid=IwAR0abc-DEFGH",
    "with a query before the hash": "https://ephemera.test/join?fbclid=IwAR0abc-DEFGH#{}",
    "with a slash and a query before the hash": "https://ephemera.test/join/?utm_source=x&a=b#{}",
    "with a query behind the hash": "https://ephemera.test/join#{}?igsh=MzRlODBiNWFlZA==",
    "with a parameter behind the hash": "https://ephemera.test/join#{}&si=basketball",
    "with a fragment behind the path": "https://ephemera.test/join/{}#messages",
    "with a text to be marked": "https://ephemera.test/join/{}#:~:text=Join",
    "in pointed brackets": "<https://ephemera.test/join#{}>",
    "as a chat has links": "<https://ephemera.test/join#{0}|ephemera.test/join#{0}>",
    "in quotes": "\u201chttps://ephemera.test/join#{}\u201d",
    "in parentheses": "(https://ephemera.test/join#{})",
    "at the end of a sentence": "https://ephemera.test/join#{}.",
    "in a sentence": "Come in: https://ephemera.test/join#{} and bring basketball-shoes.",
    "in a sentence of Japanese": "https://ephemera.test/join#{}\u3001\u3059\u3050",
    "over two lines": "https://ephemera.test/\njoin#{}",
    "with capitals": "HTTPS://EPHEMERA.TEST/JOIN#{}",
    "with one capital": "Https://ephemera.test/Join/{}",
    "with a hash behind percents": "https://ephemera.test/join%23{}",
    "of full width": wide("https://ephemera.test/join#") + "{}",
    "with blanks of no width": "https://\u200bephemera.test/\u200bjoin#\u200b{}\u200b",
    "as Markdown": "[https://ephemera.test/join#{0}](https://ephemera.test/join#{0})",
    "as Markdown with a name": "[Join us](https://ephemera.test/join#{})",
    "of a host called join": "https://join/join#{}",
    "led through a search engine": "https://search.example/url?q="
    + quote("https://ephemera.test/join#", safe="")
    + "{}&sa=D&ust=1700000000000000",
    "led through a filter of mail": "https://safe.example/?url="
    + quote("https://ephemera.test/join#", safe="")
    + "{}&data=05%7C02%7C&reserved=0",
    "twice, for two programs": "https://ephemera.test/join#{0}\nhttps://ephemera.test/join/{0}",
}

MANNERS_OF_CODES: Final[Mapping[str, Manner]] = OF_CODES | {
    f"a link {manner}": link.format for manner, link in AS_LINKS.items()
}
MANNERS_OF_WORDS: Final[Mapping[str, Manner]] = EVERYWHERE | {
    "broken behind the point": lambda word: word.replace(".", ".\r\n"),
    "with wide hyphens": lambda word: word.replace("-", "\uff0d"),
    "with hyphens of no break": lambda word: word.replace("-", "\u2011"),
    "with a wide point": lambda word: word.replace(".", "\uff0e"),
    "with percents": lambda word: quote(word, safe="").replace(".", "%2E").replace("-", "%2D"),
    **{f"a link {manner}": link.format for manner, link in AS_LINKS.items()},
}
