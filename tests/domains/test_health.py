import pytest
from pytest_django import Settings

from epm import dkim_keys
from epm.choices import ConnectionKind, KeyState, SigningAlgorithm
from epm.dkim_keys import Record
from epm.health import Finding, Verdict, health
from epm.models import DkimKey, EmailConnection, SenderDomain
from tests.outbound.dns_server import NameServer

pytestmark = pytest.mark.django_db


def finding(domain: SenderDomain, subject: str) -> Finding:
    """The one finding about `subject`."""
    [found] = [one for one in health(domain) if one.subject == subject]
    return found


def publish(names: NameServer, key: DkimKey) -> None:
    names.records[f"{key} TXT"] = [dkim_keys.record(key).line.partition(" IN TXT ")[2]]


def published_key(names: NameServer, domain: SenderDomain) -> DkimKey:
    """An RSA key, whose record is longer than one string, active and in the DNS."""
    key = dkim_keys.make(domain, SigningAlgorithm.RSA)
    publish(names, key)
    dkim_keys.activate(key)
    return key


def test_it_finds_nothing_wrong_where_nothing_is(domain: SenderDomain, names: NameServer) -> None:
    published_key(names, domain)
    found = health(domain)
    assert [one.subject for one in found] == ["SPF", "DKIM", "DMARC", "Return path MX", "PTR"]
    assert {one.verdict for one in found} == {Verdict.GOOD}
    assert not any(one.publish for one in found)


def test_it_says_what_it_found(domain: SenderDomain, names: NameServer) -> None:
    assert finding(domain, "SPF").found == ("v=spf1 ip4:192.0.2.0/24 -all",)
    assert finding(domain, "PTR").as_data() == {
        "subject": "PTR",
        "name": "192.0.2.1",
        "found": ["epm.example.com"],
        "verdict": "good",
        "sentence": "The name leads back to the address.",
        "publish": None,
    }


@pytest.mark.parametrize(
    ("subject", "name", "records", "verdict", "publish"),
    [
        ("SPF", "bounces.example.com TXT", [], "bad", "v=spf1 ip4:192.0.2.1 -all"),
        ("SPF", "bounces.example.com TXT", ['"v=spf1 mx:x.example ~all"'], "bad", "v=spf1 mx:x.example ip4:192.0.2.1 ~all"),
        ("SPF", "bounces.example.com TXT", ['"v=spf1 -all"', '"v=spf1 mx -all"'], "bad", None),
        ("SPF", "bounces.example.com TXT", ['"v=spf1 includes:x.example -all"'], "bad", None),
        ("DMARC", "_dmarc.example.com TXT", [], "bad", "v=DMARC1; p=none; rua=mailto:postmaster@example.com"),
        ("DMARC", "_dmarc.example.com TXT", ['"v=DMARC1; p=none"'], "doubtful", "v=DMARC1; p=quarantine"),
        ("DMARC", "_dmarc.example.com TXT", ['"v=DMARC1; p=maybe"'], "bad", None),
        ("DMARC", "_dmarc.example.com TXT", ['"v=DMARC1; p=reject"', '"v=DMARC1; p=none"'], "bad", None),
        ("Return path MX", "bounces.example.com MX", [], "bad", "10 epm.example.com."),
        ("Return path MX", "bounces.example.com MX", ["0 ."], "bad", "10 epm.example.com."),
        ("Return path MX", "bounces.example.com MX", ["10 nowhere.example.com."], "bad", "10 epm.example.com."),
        ("Return path MX", "bounces.example.com MX", ["10 mail.example.com."], "doubtful", "10 epm.example.com."),
        ("PTR", "1.2.0.192.in-addr.arpa PTR", [], "bad", "epm.example.com."),
        ("PTR", "1.2.0.192.in-addr.arpa PTR", ["bounces.example.com."], "bad", "epm.example.com."),
    ],
)  # fmt: skip
def test_it_tells_what_is_wrong_and_what_to_publish(
    domain: SenderDomain,
    names: NameServer,
    subject: str,
    name: str,
    records: list[str],
    verdict: str,
    publish: str | None,
) -> None:
    names.records[name] = records
    found = finding(domain, subject)
    assert (found.verdict, found.publish.value if found.publish else None) == (verdict, publish)


def test_what_it_says_to_publish_sets_it_right(domain: SenderDomain, names: NameServer) -> None:
    published_key(names, domain)
    for name in ("bounces.example.com TXT", "bounces.example.com MX", "1.2.0.192.in-addr.arpa PTR"):
        del names.records[name]
    for record in [one.publish for one in health(domain) if one.publish]:
        names.records[f"{record.name} {record.type}"] = [record.line.partition(f" IN {record.type} ")[2]]
    assert {one.verdict for one in health(domain)} == {Verdict.GOOD}


def test_a_name_server_that_is_ill_is_no_verdict(domain: SenderDomain, names: NameServer) -> None:
    names.broken.add("_dmarc.example.com")
    names.silent.add("bounces.example.com")
    assert [finding(domain, one).verdict for one in ("DMARC", "SPF")] == [Verdict.UNKNOWN, Verdict.UNKNOWN]


def test_the_policy_of_the_domain_above_counts(domain: SenderDomain, names: NameServer) -> None:
    domain.domain = "news.example.com"
    names.records["_dmarc.example.com TXT"] = ['"v=DMARC1; p=reject; sp=none"']
    found = finding(domain, "DMARC")
    assert (found.name, found.verdict) == ("_dmarc.example.com", Verdict.DOUBTFUL)


# --- signing keys


def test_unsigned_mail_is_bad(domain: SenderDomain, names: NameServer) -> None:
    assert finding(domain, "DKIM").verdict == Verdict.BAD


def test_a_signing_key_that_is_not_in_the_dns_is_bad(domain: SenderDomain, names: NameServer) -> None:
    key = published_key(names, domain)
    names.records[f"{key} TXT"] = ['"v=DKIM1; k=rsa; p=AAAA"']
    found = finding(domain, "DKIM")
    assert (found.verdict, found.publish) == (Verdict.BAD, dkim_keys.record(key))


def test_checking_makes_a_new_key_published(domain: SenderDomain, names: NameServer) -> None:
    key = dkim_keys.make(domain, SigningAlgorithm.ED25519)
    assert (dkim_keys.check(key), key.state) == (False, KeyState.NEW)
    publish(names, key)
    assert dkim_keys.check(key)
    key.refresh_from_db()
    assert (key.state, key.published_at is not None) == (KeyState.PUBLISHED, True)


# --- where mail comes from


def test_the_sending_addresses_may_be_set(domain: SenderDomain, names: NameServer, settings: Settings) -> None:
    settings.EPM_SENDING_ADDRESSES = ["192.0.2.77", "2001:db8::25"]
    spf = finding(domain, "SPF")
    assert spf.publish == Record("bounces.example.com", "TXT", "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::25 -all")
    assert [one.name for one in health(domain) if one.subject == "PTR"] == ["192.0.2.77", "2001:db8::25"]


def test_a_direct_way_out_sends_from_its_source_addresses(domain: SenderDomain, names: NameServer) -> None:
    EmailConnection.objects.update(kind=ConnectionKind.DIRECT, source_ipv4="192.0.2.9")
    assert finding(domain, "PTR").name == "192.0.2.9"


def test_it_says_that_it_does_not_know_where_mail_comes_from(domain: SenderDomain, names: NameServer) -> None:
    EmailConnection.objects.update(server="127.0.0.1")
    found = finding(domain, "PTR")
    assert (found.verdict, "EPM_SENDING_ADDRESSES" in found.sentence) == (Verdict.UNKNOWN, True)
