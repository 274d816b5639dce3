"""Why a mail was not delivered: the table in reasons.toml, and the one function that reads a diagnosis with it."""

import itertools
import math
import re
import tomllib
import unicodedata
from collections import Counter
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from . import limits
from .fields import is_vague, reply_code, statuses
from .report import Action, Fault, Reason

_ADDRESS = re.compile(r"[^\s<>\"'(),;:@]{1,200}@[^\s<>\"'(),;:@]{1,200}")
_NO_WORD = re.compile(r"[\W_]+")
_IDEOGRAPH = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
# IronPort puts its own category before the far server's answer: 5.1.0 - Unknown address error 550-'5.7.1 Access denied'
_INNER_ANSWER = re.compile(r"[245]\.\d\.\d - [^'\n]{1,80}[245]\d\d[- ]'([^\n]{3,})'")
# Sentences that RFC 5321 4.2.2 gives for a reply code, and Postfix's name for any greeting but 220: others' words tell more.
_FORMULA = re.compile(
    r"requested (?:mail )?action (?:not taken|aborted): ?(?:mailbox unavailable|exceeded storage allocation)(?! or)"
    r"|transaction failed|refused to talk to me:",
    re.IGNORECASE,
)
_GIVEN_REASON = re.compile(r"\breason: ?([^\n]{3,})", re.IGNORECASE)
_ALTERNATIVES = re.compile(r"\(([^)]*)\)")
_CODES = re.compile(r"\b([245]\d\d)[- ]([245]\.\d{1,3}\.\d{1,3}) ")
_GAP_CHARACTERS = 60
_SENTENCE_CHARACTERS = 100
_SUCCESSES = frozenset({Action.DELIVERED.value, Action.RELAYED.value, Action.EXPANDED.value})


@dataclass(frozen=True, slots=True)
class _Phrase:
    """Words that must stand in the text one after the other; between two of `pieces` a few others may stand."""

    rank: int
    word: str
    text: str
    pieces: tuple[str, ...]
    weak: bool

    def stands_in(self, words: str) -> bool:
        position = words.find(self.pieces[0])
        if position < 0:
            return False
        for piece in self.pieces[1:]:
            start = position + 1
            position = words.find(piece, start, start + len(piece) + _GAP_CHARACTERS + len(self.pieces[0]))
            if position < 0:
                return False
        return True


@dataclass(frozen=True, slots=True)
class _Code:
    word: str
    says: str
    over: frozenset[str]
    vague: bool


@dataclass(frozen=True)
class Table:
    """reasons.toml, indexed: classes by word, enhanced codes, reply codes, and phrases by their rarest word."""

    classes: dict[str, Reason]
    codes: dict[str, "_Code"]
    replies: dict[str, str]
    phrases: dict[str, tuple[_Phrase, ...]]
    temporary: dict[str, str]
    delayed: dict[str, str]


def _words(text: str) -> str:
    """Lower case, addresses and accents left out, everything that is no letter or digit one space; a space at both ends."""
    return f" {_NO_WORD.sub(' ', _ADDRESS.sub(' ', _folded(text.lower())))} ".replace("  ", " ")


def _folded(text: str) -> str:
    """Without accents, which many servers cannot write; each Chinese or Japanese character a word of its own."""
    if text.isascii():
        return text
    plain = "".join(
        character for character in unicodedata.normalize("NFKD", text) if not unicodedata.combining(character)
    )
    return _IDEOGRAPH.sub(
        r" \g<0> ", unicodedata.normalize("NFC", plain).replace("ß", "ss").replace("ł", "l").replace("ı", "i")
    )


def _load(path: Path) -> Table:
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    classes = {
        word: Reason(word, entry["permanent"], Fault(entry["fault"]), entry["explanation"], "")
        for word, entry in data["class"].items()
    }
    codes = {
        code: _Code(
            entry["class"],
            entry["says"],
            frozenset(entry.get("over", ())),
            code.endswith(".0") or entry.get("vague", False),
        )
        for code, entry in data["status"].items()
    }
    texts = [
        (rule["class"], text, rule.get("weak", False))
        for rule in data["rule"]
        for say in rule["says"]
        for text in _spelled_out(say)
    ]
    temporary = {word: entry["temporary"] for word, entry in data["class"].items() if "temporary" in entry}
    known = (
        {code.word for code in codes.values()}
        | {word for word, _, _ in texts}
        | set(data["reply"].values())
        | set(temporary.values())
    )
    if unknown := known - set(classes):
        raise ValueError(f"{path.name}: no such class: {', '.join(sorted(unknown))}")
    delayed = {word: entry.get("delayed", data["class"]["expired"]["delayed"]) for word, entry in data["class"].items()}
    return Table(classes, codes, data["reply"], _index(texts), temporary, delayed)


def _spelled_out(say: str) -> list[str]:
    """Each text that one with alternatives stands for: "(account|mailbox) closed" is two."""
    choices = [part.split("|") for part in _ALTERNATIVES.split(say)]
    return ["".join(chosen) for chosen in itertools.product(*choices)]


def _index(texts: list[tuple[str, str, bool]]) -> dict[str, tuple[_Phrase, ...]]:
    """Phrases by the rarest of their words, so that a text is compared with few."""
    ordered = sorted(texts, key=lambda entry: -len(_words(entry[1]).split()) if entry[2] else -math.inf)
    phrases = [
        _Phrase(rank, word, text, tuple(_words(piece) for piece in text.split("*")), weak)
        for rank, (word, text, weak) in enumerate(ordered)
    ]
    count = Counter(word for phrase in phrases for word in set(" ".join(phrase.pieces).split()))
    index: dict[str, list[_Phrase]] = {}
    for phrase in phrases:
        rarest = min(" ".join(phrase.pieces).split(), key=lambda word: (count[word], -len(word)))
        index.setdefault(rarest, []).append(phrase)
    return {word: tuple(found) for word, found in index.items()}


TABLE = _load(Path(__file__).with_name("reasons.toml"))


@lru_cache(maxsize=2048)
def explain(status: str, diagnostic: str, action: Action = Action.FAILED) -> Reason:
    """The reason for an enhanced status ("" if unknown) and what the server said; the first of these that tells more.

    What the text says goes before the code, which many servers choose carelessly, unless the words are weak or the code is
    always meant; then the code of the IANA registry (RFC 3463, RFC 5248), then the SMTP reply code. A 4yz code is never
    permanent, whatever its class. `rule` tells what matched.
    """
    if action.value in _SUCCESSES:
        return _reason(action.value, f"action {action.value}")
    reason = _by_text_or_status(status, diagnostic) or _by_reply(diagnostic)
    if reason is None:
        word = "expired" if action is Action.DELAYED else "undefined"
        reason = _reason(word, f"status {status}" if status else f"action {action.value}")
    if action is Action.DELAYED:
        return replace(_while_temporary(reason), explanation=TABLE.delayed[_while_temporary(reason).word])
    return _while_temporary(reason) if status.startswith("4") else reason


def _while_temporary(reason: Reason) -> Reason:
    word = TABLE.temporary.get(reason.word, reason.word)
    return replace(TABLE.classes[word], permanent=False, rule=reason.rule)


@lru_cache(maxsize=2048)
def _reason(word: str, rule: str) -> Reason:
    return replace(TABLE.classes[word], rule=rule)


def _by_text_or_status(status: str, diagnostic: str) -> Reason | None:
    phrase = _phrase(diagnostic)
    code, entry = _code(status, diagnostic)
    if entry is None or (phrase and phrase.word not in entry.over and (entry.vague or not phrase.weak)):
        return _reason(phrase.word, f'text "{phrase.text}"') if phrase else None
    return _reason(entry.word, f"status {code} ({entry.says})")


def _code(status: str, diagnostic: str) -> tuple[str, _Code | None]:
    """The first code that the table knows; those in the text count where the status itself says nothing."""
    for code in (status, *statuses(diagnostic)) if not status or is_vague(status) else (status,):
        entry = TABLE.codes.get(code) or TABLE.codes.get(code.partition(".")[2])
        if entry and not is_vague(code) and entry.word not in _SUCCESSES:
            return code, entry
    return "", None


def is_telling(diagnostic: str) -> bool:
    """True if the words or codes in a text give a reason of the table."""
    return _by_text_or_status("", diagnostic) is not None or _by_reply(diagnostic) is not None


@lru_cache(maxsize=2048)
def _phrase(diagnostic: str) -> _Phrase | None:
    """The first phrase of the table that stands in the text, looked for where a reason is announced and then anywhere."""
    text = diagnostic[: limits.LINE_CHARACTERS]
    inner, given = _INNER_ANSWER.search(text), _GIVEN_REASON.search(text)
    return (given and _first_phrase(given[1])) or _most_telling(inner[1] if inner else text)


def _most_telling(text: str) -> _Phrase | None:
    """What stands beside a sentence of the standard; of "no such user or disabled", the first; else the whole text."""
    own, formulas = _FORMULA.subn(" ", text)
    words = _words(_in_one_line(text))
    return (formulas and _first_phrase(own)) or _among_alternatives(words) or _first_of(words)


def _among_alternatives(words: str) -> _Phrase | None:
    """The first of two reasons in one short sentence, unless the table knows both as one phrase."""
    before, either, _ = words.partition(" or ")
    if not either or len(words) > _SENTENCE_CHARACTERS:
        return None
    whole = _first_of(words)
    if whole is None or any(either in piece for piece in whole.pieces):
        return whole
    first = _first_of(f"{before} ")
    return None if first is None or first.weak else first


def _first_phrase(text: str) -> _Phrase | None:
    return _first_of(_words(_in_one_line(text)))


def _first_of(words: str) -> _Phrase | None:
    best: _Phrase | None = None
    for word in dict.fromkeys(words.split()):
        for phrase in TABLE.phrases.get(word, ()):
            if (best is None or phrase.rank < best.rank) and phrase.stands_in(words):
                best = phrase
    return best


def _in_one_line(text: str) -> str:
    """Without the codes that each further line of an answer repeats (RFC 5321 4.2.1)."""
    codes = _CODES.search(text)
    if codes is None:
        return text
    further = text[codes.end() :]
    for between in "- ":
        further = further.replace(f"{codes[1]}{between}{codes[2]} ", "")
    return text[: codes.end()] + further


def _by_reply(diagnostic: str) -> Reason | None:
    code = reply_code(diagnostic)
    word = TABLE.replies.get(code)
    return _reason(word, f"reply {code}") if word else None
