"""Every refusal is an envelope with a fault in it, whatever was sent."""

import logging
from unittest.mock import patch

import pytest
from django.test import Client
from lxml import etree

from app_interface.problems import TABLE, Problem
from app_interface.soap import faults
from app_interface.soap.envelope import V11, V12, Version
from email_processor.models import Message
from tests.soap.raw import ASKED, ENV11, ENV12, NS, PATH, TYPES, WSA, Answered, Caller, envelope, request

pytestmark = pytest.mark.django_db
BOTH = pytest.mark.parametrize("version", [ENV11, ENV12], ids=["1.1", "1.2"])
BOMB = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
PROLOGS = {
    "an entity bomb": f'<!DOCTYPE x [<!ENTITY e0 "ha">{BOMB}]>',
    "an external entity": '<!DOCTYPE x [<!ENTITY e9 SYSTEM "file:///etc/hostname">]>',
    "an external document type": '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">',
    "a bare document type": "<!DOCTYPE x>",
}


@BOTH
@pytest.mark.parametrize("prolog", PROLOGS.values(), ids=list(PROLOGS))
def test_it_refuses_document_types(caller: Caller, prolog: str, version: str) -> None:
    entity = "&e9;" if "e9" in prolog else ""
    body = prolog.encode() + envelope(request(ASKED.replace("Hello Jo", entity)), version=version)
    answer = caller.post(body, content_type=TYPES[version])
    assert answer.problem["code"] == "invalid_request"
    assert "document type" in answer.problem["detail"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_it_refuses_document_types_in_other_encodings(caller: Caller, encoding: str) -> None:
    body = f"{PROLOGS['an external entity']}{envelope(request()).decode()}".encode(encoding)
    assert caller.post(body, content_type=f"text/xml; charset={encoding}").problem["code"] in (
        "invalid_request",
        "unsupported_media",
    )
    assert not Message.objects.exists()


def test_it_reads_utf_16(caller: Caller) -> None:
    body = envelope(request()).decode().encode("utf-16")
    assert caller.post(body, content_type="text/xml; charset=utf-16").status == 200


@pytest.mark.parametrize(
    "body",
    [
        b" ",
        b"not xml",
        b"<unclosed>",
        b"\xff\xfe\x00",
        envelope(request())[:-5],
        envelope(request("<from>&unknown;</from>")),
        b"<html/>",
        envelope(""),
        envelope(request() + request()),
        envelope("text only"),
    ],
)
def test_it_refuses_what_is_no_envelope_with_one_element(caller: Caller, body: bytes) -> None:
    answer = caller.post(body)
    assert (answer.status, answer.faultcode, answer.problem["code"]) == (500, "Client", "invalid_request")


@pytest.mark.parametrize(
    ("declared", "octets"),
    [("utf-8", b"\xe9"), ("utf-8", b"\xff\xfe"), ("us-ascii", "\xe9".encode()), ("utf-8", b"\x00"), ("utf-8", b"\x07")],
)
def test_it_refuses_octets_that_are_no_text(caller: Caller, declared: str, octets: bytes) -> None:
    body = f'<?xml version="1.0" encoding="{declared}"?>'.encode() + envelope(request()).replace(b"Hello Jo", octets)
    assert caller.post(body, content_type="text/xml").problem["code"] == "invalid_request"
    assert not Message.objects.exists()


def test_it_refuses_more_tags_than_any_request_needs(nobody: Caller) -> None:
    answer = nobody.post(envelope(request("<to/>" * 500_000)))
    assert answer.problem["detail"] == "The request has more than 500,000 tags."


@pytest.mark.parametrize("charset", ["utf-8", "utf-16"])
def test_it_refuses_more_attributes_than_any_request_needs(nobody: Caller, charset: str) -> None:
    many = " ".join(f"a{n} = ''" for n in range(500_001))
    body = envelope(request(f"<to {many}/>")).decode().encode(charset)
    answer = nobody.post(body, content_type=f"text/xml; charset={charset}")
    assert answer.problem["detail"] == "The request has more than 500,000 attributes."


def test_signs_of_equality_are_no_attributes(caller: Caller) -> None:
    assert caller.send(ASKED.replace("Hello Jo", "=" * 500_001)).status == 200


def test_it_refuses_many_attributes_before_it_looks_at_them(caller: Caller) -> None:
    many = " ".join(f"xmlns:a{n}='urn:{n}' a{n}:x=''" for n in range(20_000))
    answer = caller.call(f"<sendEmailRequest xmlns='{NS}' {many}>{ASKED}</sendEmailRequest>")
    assert answer.problem["detail"] == "An element has more than 10 attributes."


def test_it_asks_for_what_is_nil_but_must_be_there(caller: Caller) -> None:
    nil = "<from xmlns:i='http://www.w3.org/2001/XMLSchema-instance' i:nil='true'/><to>jo@example.net</to>"
    assert caller.send(nil).problem["field"] == "from"


@pytest.mark.parametrize("depth", [1_000, 100_000])
def test_it_survives_deep_nesting(caller: Caller, depth: int) -> None:
    answer = caller.call("<a>" * depth + "</a>" * depth)
    assert answer.problem["code"] == "invalid_request"


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "",
        "text/plain",
        "multipart/related; type=text/xml",
        "text/xml; charset=no-such",
        "text/html",
    ],
)
def test_it_refuses_other_media_types(caller: Caller, content_type: str) -> None:
    answer = caller.post(envelope(request()), content_type=content_type)
    assert (answer.status, answer.problem["code"]) == (415, "unsupported_media")


def test_it_refuses_an_envelope_of_the_other_version(caller: Caller) -> None:
    answer = caller.post(envelope(request(), version=ENV12), content_type=TYPES[ENV11])
    assert answer.problem["code"] == "unsupported_media"


def test_it_refuses_what_is_too_large(caller: Caller, settings: object) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10_000  # type: ignore[attr-defined]
    answer = caller.send(ASKED.replace("Hello Jo", "x" * 10_000))
    assert (answer.status, answer.problem["code"]) == (413, "payload_too_large")


@BOTH
def test_it_refuses_headers_it_must_understand_but_does_not(caller: Caller, version: str) -> None:
    answer = caller.send(
        header=f'<t:Transaction xmlns:t="urn:t" xmlns:e="{version}" e:mustUnderstand="1"/>', version=version
    )
    assert (answer.status, answer.faultcode, answer.problem) == (500, "MustUnderstand", {})
    assert not Message.objects.exists()


def test_it_names_what_it_did_not_understand(caller: Caller) -> None:
    header = f'<t:Transaction xmlns:t="urn:t" xmlns:e="{ENV12}" e:mustUnderstand="true"/>'
    answer = caller.send(header=header, version=ENV12)
    block = answer.root[0][0]
    assert (block.tag, named(block)) == (f"{{{ENV12}}}NotUnderstood", "{urn:t}Transaction")


def named(block: etree._Element) -> str:
    """The name that its qname stands for. Raises KeyError where its prefix stands for nothing."""
    prefix, _, name = (block.get("qname") or "").rpartition(":")
    return f"{{{block.nsmap[prefix]}}}{name}" if prefix else name


@pytest.mark.parametrize(("namespace", "name"), [("", "T"), (ENV12, f"{{{ENV12}}}T"), (NS, f"{{{NS}}}T")])
def test_it_names_it_whatever_its_namespace(caller: Caller, namespace: str, name: str) -> None:
    header = f'<T xmlns="{namespace}" xmlns:e="{ENV12}" e:mustUnderstand="true"/>'
    assert named(caller.send(header=header, version=ENV12).root[0][0]) == name


@pytest.mark.parametrize(
    ("version", "header"),
    [
        (ENV11, f'<t:T xmlns:t="urn:t" xmlns:e="{ENV11}" e:mustUnderstand="1" e:actor="http://other.example/"/>'),
        (ENV12, f'<t:T xmlns:t="urn:t" xmlns:e="{ENV12}" e:mustUnderstand="true" e:role="http://other.example/"/>'),
        (ENV11, '<t:T xmlns:t="urn:t"/>'),
        (ENV11, f'<a:To xmlns:a="{WSA}" xmlns:e="{ENV11}" e:mustUnderstand="1">urn:x</a:To>'),
    ],
)
def test_it_passes_over_headers_for_others(caller: Caller, version: str, header: str) -> None:
    assert caller.send(header=header, version=version).status == 200


def test_it_answers_other_envelopes_with_a_version_mismatch(caller: Caller) -> None:
    answer = caller.post(envelope(request(), version="urn:soap:2"))
    assert (answer.status, answer.faultcode) == (500, "VersionMismatch")


@BOTH
def test_it_tells_which_envelopes_it_reads(caller: Caller, version: str) -> None:
    upgrade = caller.post(envelope(request(), version="urn:soap:2"), content_type=TYPES[version]).root[0][0]
    assert [named(block) for block in upgrade] == [f"{{{ENV12}}}Envelope", f"{{{ENV11}}}Envelope"]


@pytest.mark.parametrize(
    "payload", [f'<noSuchRequest xmlns="{NS}"/>', "<sendEmailRequest/>", f'<sendEmail xmlns="{NS}"/>']
)
def test_it_refuses_unknown_operations(caller: Caller, payload: str) -> None:
    assert caller.call(payload).problem["code"] == "invalid_request"


def test_it_refuses_an_action_that_names_another_operation(caller: Caller) -> None:
    answer = caller.send(SOAPAction=f'"{NS}/getEmailStatus"')
    assert (answer.problem["code"], answer.problem["field"]) == ("invalid_request", "SOAPAction")


@pytest.mark.parametrize("action", ["", '""', f'"{NS}/sendEmail"', f"{NS}/sendEmail"])
def test_it_takes_the_action_quoted_bare_or_not_at_all(caller: Caller, action: str) -> None:
    assert caller.send(SOAPAction=action).status == 200


@pytest.mark.parametrize(
    ("children", "field"),
    [
        (f"{ASKED}<urgent>true</urgent>", "urgent"),
        (f"{ASKED}<requestTimeout>61</requestTimeout>", "requestTimeout"),
        (f"{ASKED}<requestTimeout>soon</requestTimeout>", "requestTimeout"),
        (f"{ASKED}<emailParameters>urgent=yes</emailParameters>", "urgent"),
        (f"{ASKED}<emailParameters>subject=other</emailParameters>", "subject"),
        (f"{ASKED}<emailParameters>priority</emailParameters>", "emailParameters"),
        (f"{ASKED}<headers>X-One=1;X-One=2</headers>", "headers"),
        ("<to>jo@example.net</to>", "from"),
        ("<from>shop@example.com</from><to>jo@example.net,</to>", "to"),
        (f"{ASKED}<attachment><fileName>x</fileName></attachment>", "attachment"),
        (f"{ASKED}<requestTimeout>{'9' * 5000}</requestTimeout>", "requestTimeout"),
        (f"{ASKED}<requestTimeout>-1</requestTimeout>", "requestTimeout"),
        (f"{ASKED}<subject>twice</subject>", "subject"),
        (f"<from>shop@example.com</from><to>{'a' * 65}@example.net</to>", "to[0]"),
        (f"<from>shop@example.com</from><to>jo@{'a.' * 127}a</to>", "to[0]"),
        (f"{ASKED}<emailParameters>priority=high;priority=low</emailParameters>", "emailParameters"),
        (f"{ASKED}<emailParameters>sendAt={'9' * 5000}</emailParameters>", "sendAt"),
        (f"{ASKED}<recipient><kind>boss</kind><address>jo@example.net</address></recipient>", "kind"),
    ],
)
def test_it_names_the_field_that_is_wrong(caller: Caller, children: str, field: str) -> None:
    problem = caller.send(children).problem
    assert (problem["code"], problem["field"]) == ("invalid_request", field)
    assert not Message.objects.exists()


@pytest.mark.parametrize("query", ["", "?other", "?wsdl=1"])
def test_it_answers_other_methods_with_a_fault_too(client: Client, query: str) -> None:
    answer = client.get(f"{PATH}{query}")
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD, POST")
    assert answer["Content-Type"].startswith("text/xml")


@BOTH
@pytest.mark.parametrize("path", ["/soap/AppIntfWS/", "/soap/other", "/soap"])
def test_it_answers_other_addresses_with_a_fault_too(client: Client, path: str, version: str) -> None:
    answer = client.generic("POST", path, envelope(request(), version=version), TYPES[version])
    fault = Answered(answer.status_code, answer.headers, etree.fromstring(answer.content))
    assert (fault.status, fault.root.tag, fault.problem["code"]) == (404, f"{{{version}}}Envelope", "not_found")


@BOTH
def test_it_keeps_its_own_failures_to_itself(caller: Caller, version: str, caplog: pytest.LogCaptureFixture) -> None:
    with patch("app_interface.soap.description.check", side_effect=RuntimeError("secret of the house")):
        answer = caller.send(version=version)
    problem = answer.problem
    assert (answer.status, problem["code"]) == (500, "internal")
    assert "secret of the house" not in str(problem)
    assert any(problem["incident"] in line.getMessage() and line.levelno == logging.ERROR for line in caplog.records)


def test_it_says_when_to_come_again(caller: Caller) -> None:
    with patch("app_interface.soap.description.check", side_effect=Problem("rate_limited", "Slowly.", retry_after=7)):
        answer = caller.send()
    assert answer.headers["Retry-After"] == "7"


@pytest.mark.parametrize("version", [V11, V12], ids=["1.1", "1.2"])
@pytest.mark.parametrize("code", TABLE)
def test_it_has_a_fault_for_every_problem(code: str, version: Version) -> None:
    fault = faults.of_problem(Problem(code, "Why.", field="to"), version)
    detail = {child.tag.rpartition("}")[2]: child.text for child in next(fault.iter(f"{{{NS}}}problem"))}
    retryable = str(TABLE[code].retryable).lower()
    assert detail == {"code": code, "field": "to", "detail": "Why.", "retryable": retryable}


@pytest.mark.parametrize("code", TABLE)
def test_it_blames_the_side_that_is_to_blame(code: str) -> None:
    whose = "Server" if TABLE[code].status >= 500 else "Client"
    assert (faults.of_problem(Problem(code, "Why."), V11).findtext("faultcode") or "").endswith(f":{whose}")


def test_it_says_that_the_namespace_is_missing(caller: Caller) -> None:
    answer = caller.call(f'<u:sendEmailRequest xmlns:u="{NS}">{ASKED}</u:sendEmailRequest>')
    assert answer.problem["field"] == "from"
    assert answer.problem["detail"].endswith(f"Elements belong to the namespace {NS}.")


def test_it_counts_recipients_before_it_reads_them(caller: Caller) -> None:
    answer = caller.send(ASKED + "<recipient><address>no address</address></recipient>" * 1001)
    assert answer.problem["code"] == "too_many_recipients"


@pytest.mark.parametrize("field", ["to", "attachments", "headers"])
def test_it_refuses_lists_longer_than_any(caller: Caller, field: str) -> None:
    asked = {"from": "shop@example.com", "to": "jo@example.net", field: "a=b;" * 250_001}
    children = "".join(f"<{name}>{text}</{name}>" for name, text in asked.items())
    assert "1,000,000 characters" in caller.send(children).problem["detail"]


def test_it_does_not_send_back_all_that_was_wrong(caller: Caller) -> None:
    assert len(caller.send(ASKED + f"<{'x' * 100_000}/>").problem["detail"]) <= 1000
