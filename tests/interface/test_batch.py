from typing import Any

import pytest

from email_processor.models import Content, Message, Recipient
from tests.interface.conftest import MAIL, Door, problem

COMMON = {name: value for name, value in MAIL.items() if name != "to"}


def batch(door: Door, *messages: Any, **common: Any) -> Any:
    answer = door.post("emails/batch", {**COMMON, "messages": list(messages), **common})
    assert answer.status_code == 200, answer.content
    return answer.json()


def merge(door: Door, *to: Any, **parameters: Any) -> Any:
    answer = door.post("emails/batch", {**COMMON, "to": list(to), **parameters})
    assert answer.status_code == 200, answer.content
    return answer.json()


def someone(number: int, **substitutions: str) -> dict[str, Any]:
    return {"address": f"u{number}@example.net", "substitutions": substitutions}


def contents() -> list[str]:
    return [bytes(mime).decode() for mime in Content.objects.order_by("pk").values_list("mime", flat=True)]


def test_it_accepts_each_message_with_the_common_parameters(door: Door) -> None:
    said = batch(door, {"to": ["a@example.net"]}, {"to": ["b@example.net", "c@example.net"], "subject": "Other"})
    assert (said["accepted"], said["refused"]) == (2, 0)
    assert list(Message.objects.order_by("pk").values_list("subject", flat=True)) == ["Hello", "Other"]
    assert [len(result["email"]["recipients"]) for result in said["results"]] == [1, 2]


def test_each_message_keeps_what_only_some_have_in_common(door: Door) -> None:
    asked: list[dict[str, Any]] = [
        {"tag": "a"},
        {"tag": "a"},
        {"tag": "b"},
        {"headers": {"X-Of": "c"}},
        {"tag": "a", "priority": "high"},
        {},
    ]
    batch(door, *({"to": [f"u{number}@example.net"], **own} for number, own in enumerate(asked)))
    kept = Message.objects.order_by("pk").values_list("tags", "priority")
    assert list(kept) == [(["a"], 5), (["a"], 5), (["b"], 5), ([], 5), (["a"], 1), ([], 5)]
    assert ["X-Of: c" in content for content in contents()] == [False, False, False, True, False, False]


def test_what_stands_against_one_message_stands_against_no_other(door: Door) -> None:
    other = {"from": "x@elsewhere.example"}
    said = batch(door, *({"to": ["a@example.net"], **own} for own in (other, {}, other, other, {})))
    assert [result["problem"] is None for result in said["results"]] == [False, True, False, False, True]


def test_one_bad_message_spoils_no_other(door: Door) -> None:
    bad = [{"to": ["nobody"]}, {}, 7, {"to": ["a@example.net"], "from": "x@elsewhere.example"}, {"urgent": "yes"}]
    said = batch(door, *bad, {"to": ["a@example.net"]})
    told = [(r["problem"]["code"], r["problem"]["field"]) for r in said["results"][:5]]
    assert told == [
        ("invalid_request", "to[0]"),
        ("no_recipients", "to"),
        ("invalid_request", None),
        ("sender_not_allowed", "from"),
        ("invalid_request", "urgent"),
    ]
    assert (said["accepted"], Message.objects.count()) == (1, 1)


def test_a_mail_merge_sends_each_recipient_its_own_mail(door: Door) -> None:
    said = merge(door, someone(1, name="Ann"), someone(2, name="Ben"), subject="Hi {{name}}", body="Dear {{ name }}!")
    assert [(r["index"], r["recipient"]) for r in said["results"]] == [(0, 0), (0, 1)]
    assert list(Message.objects.order_by("pk").values_list("subject", flat=True)) == ["Hi Ann", "Hi Ben"]
    assert [row.message.recipients.count() for row in Recipient.objects.select_related("message")] == [1, 1]
    assert "Dear Ann!" in contents()[0]
    assert "Dear Ben!" in contents()[1]


def test_what_is_filled_into_html_is_escaped_and_into_the_url_encoded(door: Door) -> None:
    merge(
        door,
        someone(1, name="<b>&", id="a/b"),
        html="<p>{{name}}</p>",
        unsubscribe="https://example.com/u?{{id}}",
        headers={"X-Id": "{{id}}"},
    )
    [content] = contents()
    assert "<p>&lt;b&gt;&amp;</p>" in content
    assert "<https://example.com/u?a%2Fb>" in content
    assert "X-Id: a/b" in content


def test_it_names_a_substitution_that_is_missing(door: Door) -> None:
    said = merge(door, someone(1, name="Ann"), someone(2), body="Dear {{name}}")
    assert [r["problem"] and r["problem"]["field"] for r in said["results"]] == [None, "to[1].substitutions.name"]


def test_a_substitution_smuggles_no_header_in(door: Door) -> None:
    said = merge(door, someone(1, name="x\r\nBcc: victim@example.net"), subject="Hi {{name}}")
    assert said["results"][0]["problem"]["field"] == "subject"


def test_a_substitution_is_text_and_is_not_filled_in_again(door: Door) -> None:
    merge(door, someone(1, a="{{b}}", b="secret"), body="{{a}}")
    assert "{{b}}" in contents()[0]


@pytest.mark.parametrize("name", ["cc", "bcc"])
def test_a_mail_merge_has_nobody_else(door: Door, name: str) -> None:
    said = batch(door, {"to": [someone(1)], name: ["x@example.net"]})
    assert said["results"][0]["problem"]["field"] == name


def test_a_batch_is_repeated_as_a_whole(door: Door) -> None:
    asked = {**COMMON, "messages": [{"to": ["a@example.net"]}, {"to": ["nobody"]}]}
    first = door.post("emails/batch", asked, Idempotency_Key="b-1")
    assert door.post("emails/batch", asked, Idempotency_Key="b-1").json() == first.json()
    assert Message.objects.count() == 1


def test_a_message_of_a_batch_is_known_again_by_its_own_key(door: Door) -> None:
    single = door.send(idempotencyKey="m-1").json()
    said = batch(door, {**MAIL, "idempotencyKey": "m-1"}, {**MAIL, "subject": "x", "idempotencyKey": "m-1"})
    assert said["results"][0]["email"] == single
    assert said["results"][1]["problem"]["code"] == "idempotency_conflict"


def test_messages_of_a_batch_with_one_key_are_one_mail(door: Door) -> None:
    said = batch(door, *[{**MAIL, "idempotencyKey": "m-1"}] * 3, MAIL)
    ids = [result["email"]["message_id"] for result in said["results"]]
    assert ids[0] == ids[1] == ids[2] != ids[3]
    assert Message.objects.count() == 2


def test_a_message_of_a_batch_that_was_refused_leaves_its_key_to_the_next(door: Door) -> None:
    mails = [{**MAIL, "from": "x@elsewhere.example"}, MAIL, MAIL]
    said = batch(door, *({**mail, "idempotencyKey": "m-1"} for mail in mails))
    assert [r["problem"] and r["problem"]["code"] for r in said["results"]] == ["sender_not_allowed", None, None]
    assert Message.objects.count() == 1


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"messages": []}, (400, "invalid_request", "messages")),
        ({"messages": "x"}, (400, "invalid_request", "messages")),
        ({"messages": [{}] * 1001}, (400, "invalid_request", "messages")),
        ({"messages": [{"to": ["x"] * 1000}] * 11}, (413, "too_many_recipients", "messages")),
        ({"to": ["x"] * 1001}, (413, "too_many_recipients", "to")),
        ({"messages": [{"to": [someone(1)] * 600}] * 2}, (413, "too_many_recipients", "to")),
        ({"urgent": "yes", "messages": [{}]}, (400, "invalid_request", "urgent")),
        ({}, (400, "no_recipients", "to")),
    ],
    ids=range(8),
)  # fmt: skip
def test_it_refuses_a_batch_that_cannot_be_read(door: Door, asked: Any, told: tuple[int, str, str]) -> None:
    assert problem(door.post("emails/batch", {**COMMON, **asked})) == told
    assert not Message.objects.exists()


def test_it_stores_many_in_few_statements(door: Door, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(20):
        said = batch(door, *({"to": [f"u{number}@example.net"]} for number in range(200)))
    assert (said["accepted"], Recipient.objects.count()) == (200, 200)


def test_it_stores_many_with_keys_in_few_statements(door: Door, django_assert_max_num_queries: Any) -> None:
    mails = [{"to": [f"u{number}@example.net"], "idempotencyKey": f"m-{number}"} for number in range(200)]
    with django_assert_max_num_queries(25):
        assert batch(door, *mails)["accepted"] == 200
