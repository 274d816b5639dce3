import string
from collections.abc import Callable

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given, settings
from hypothesis import strategies as st

from app_interface.addresses import mailbox
from app_interface.lists import email_parameters, mailbox_list, name_value_list, unique_pairs
from app_interface.problems import Problem
from email_processor.outbound.submission import Mailbox

names = st.text(st.characters(blacklist_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=30).map(
    lambda text: " ".join(text.split())
)
words = st.text(string.ascii_lowercase, min_size=1, max_size=10)
values = st.text(st.characters(blacklist_categories=["Cs"]), max_size=30)


def written(name: str, address: str) -> str:
    if not name:
        return address
    return '"{}" <{}>'.format(name.replace("\\", "\\\\").replace('"', '\\"'), address)


@given(st.lists(st.tuples(names, words), min_size=1, max_size=5))
def test_it_reads_back_any_list_of_mailboxes(people: list[tuple[str, str]]) -> None:
    text = ", ".join(written(name, f"{word}@example.com") for name, word in people)
    read = [mailbox(one, "to") for one in mailbox_list(text)]
    assert read == [Mailbox(f"{word}@example.com", name) for name, word in people]


@given(st.lists(st.tuples(words, values), max_size=5))
def test_it_reads_back_any_name_value_list(pairs: list[tuple[str, str]]) -> None:
    text = ";".join(f"{name}={value}".replace("\\", "\\\\").replace(";", "\\;") for name, value in pairs)
    assert name_value_list(text) == pairs


@pytest.mark.parametrize(
    ("text", "mailboxes"),
    [
        ("", []),
        ("a@x.example", ["a@x.example"]),
        ('"Doe, Jane" <jane@x.example>, b@x.example', ['"Doe, Jane" <jane@x.example>', "b@x.example"]),
        ("a@x.example (one, two (three, four)), b@x.example", ["a@x.example (one, two (three, four))", "b@x.example"]),
        ('"a,b"@x.example,<c@x.example>', ['"a,b"@x.example', "<c@x.example>"]),
        (r'"back\"slash, quoted" <a@x.example>', [r'"back\"slash, quoted" <a@x.example>']),
    ],
)
def test_it_separates_at_commas_that_separate(text: str, mailboxes: list[str]) -> None:
    assert mailbox_list(text) == mailboxes


@pytest.mark.parametrize(
    "text", ["a@x.example,,b@x.example", ",", '"open <a@x.example>', "a (open", "<a@x.example", "a)"]
)
def test_it_refuses_a_list_that_is_not_one(text: str) -> None:
    with pytest.raises(Problem) as refused:
        mailbox_list(text, "cc")
    assert (refused.value.code, refused.value.field) == ("invalid_request", "cc")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Jo Doe <jo@EXAMPLE.com>", Mailbox("jo@example.com", "Jo Doe")),
        ("jo@example.com (Jo Doe)", Mailbox("jo@example.com", "Jo Doe")),
        ("<jo@example.com>", Mailbox("jo@example.com")),
        ("Jo (the one) <jo@example.com>", Mailbox("jo@example.com", "Jo")),
        ('"jo doe"@example.com', Mailbox('"jo doe"@example.com')),
        ("Jürgen <jürgen@bücher.example>", Mailbox("jürgen@xn--bcher-kva.example", "Jürgen")),
        ("jo@mail.internal.local", Mailbox("jo@mail.internal.local")),
    ],
)
def test_it_reads_a_mailbox(text: str, expected: Mailbox) -> None:
    assert mailbox(text, "from") == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "jo",
        "jo@",
        "@example.com",
        "a@example.com, b@example.com",
        "a@example.com b@example.com",
        "<a@example.com> <b@example.com>",
        "Team: a@example.com;",
        "evil@example.com <a@example.com>",
        "a@example.com\r\nBcc: b@example.com",
        f"{'a' * 65}@example.com",
        f"a@{'.'.join(['b' * 60] * 5)}.com",
        "a..b@example.com",
        f"{'a' * 1000}@example.com",
        f'"{"a" * 1000}" <a@example.com>',
    ],
)
def test_it_refuses_what_is_no_mailbox(text: str) -> None:
    with pytest.raises(Problem) as refused:
        mailbox(text, "from")
    assert (refused.value.code, refused.value.field) == ("invalid_request", "from")


_LABELS = st.text("aB-9.x", min_size=1, max_size=20)


@given(st.text("aB.+_9-ö'", min_size=1, max_size=12) | st.sampled_from(["INFO", "a" * 64]), _LABELS)
@settings(deadline=None)
def test_it_reads_ordinary_addresses_as_the_library_does(local: str, domain: str) -> None:
    text = f"{local}@{domain}.example"
    try:
        valid = validate_email(text, check_deliverability=False, globally_deliverable=False, allow_quoted_local=True)
    except EmailNotValidError:
        with pytest.raises(Problem):
            mailbox(text, "to")
    else:
        assert mailbox(text, "to").address == f"{valid.local_part}@{valid.ascii_domain.lower()}"


def test_it_takes_addresses_up_to_the_limits() -> None:
    domain = ".".join(["b" * 47] * 3 + ["b" * 45])
    assert mailbox(f"{'a' * 64}@{domain}", "to").address == f"{'a' * 64}@{domain}"


@pytest.mark.parametrize("read", [mailbox_list, name_value_list])
def test_it_refuses_lists_longer_than_any(read: Callable[[str, str], object]) -> None:
    with pytest.raises(Problem, match="1,000,000 characters"):
        read("a=b;" * 250_001, "to")


def test_it_reads_one_long_value() -> None:
    """Character by character this would take minutes."""
    assert name_value_list("a=" + "b" * 999_998) == [("a", "b" * 999_998)]


def test_it_gathers_email_parameters_as_rest_has_them() -> None:
    text = r"notify=SUCCESS,FAILURE;tag=a;tag=b\;c;metadata.customer=17;metadata.x=1=2;sandbox=true"
    assert email_parameters(text) == {
        "notify": "SUCCESS,FAILURE",
        "tag": ["a", "b;c"],
        "metadata": {"customer": "17", "x": "1=2"},
        "sandbox": True,
    }


@pytest.mark.parametrize("text", ["a", "=b", r"a=\n", "a=b;a=c", "a=\\"])
def test_it_refuses_pairs_that_are_none(text: str) -> None:
    with pytest.raises(Problem) as refused:
        unique_pairs(text, "headers")
    assert refused.value.field == "headers"
