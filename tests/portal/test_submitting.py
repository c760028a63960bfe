"""Writing to us: what is accepted, what is refused, and that nothing typed is lost."""

import re
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from people.models import User
from tests.cast import Cast
from tests.portal.helpers import SECRET, bomb, form, upload
from tickets.models import Attachment, Category, CustomField, FormField, Ticket, TicketForm

As = Callable[[User], Client]


def test_a_stranger_writes_and_gets_a_number(cast: Cast, client: Client) -> None:
    answer = client.post("/new/", form(), follow=True)
    ticket = Ticket.objects.get()
    assert answer.redirect_chain[-1] == ("/new/sent/", 302)
    assert f"#{ticket.number}" in answer.content.decode()
    assert (ticket.requester.email, ticket.requester.name, ticket.channel) == ("nina@new.example", "Nina", "portal")


def test_a_customer_writes_as_themselves_whatever_the_form_says(cast: Cast, as_: As) -> None:
    as_(cast.alice).post(
        "/new/", form(email="bob@example.com", requester=cast.bob.pk, priority="critical", status="solved")
    )
    ticket = Ticket.objects.get()
    assert (ticket.requester, ticket.organisation) == (cast.alice, cast.acme)
    assert (ticket.priority, ticket.status) == ("normal", "new")


def test_the_events_came_in_by_the_portal(cast: Cast, client: Client) -> None:
    from core.models import Event

    client.post("/new/", form())
    assert Event.objects.get(kind="ticket.created").channel == "portal"


@pytest.mark.parametrize("who", ["dora", "gone"])
def test_an_address_of_ours_or_a_closed_account_gives_the_same_answer_but_no_impersonation(
    cast: Cast, client: Client, who: str
) -> None:
    gone = User.objects.create_user("gone@example.com", name="Gone", is_active=False)
    address = {"dora": cast.dora, "gone": gone}[who].email
    plain = client.post("/new/", form(), follow=True).content.decode()
    ours = Client().post("/new/", form(email=address), follow=True).content.decode()
    ticket = Ticket.objects.latest("id")
    assert ticket.requester.role == "customer" and ticket.requester.is_active
    assert ticket.requester.email.endswith(".invalid") and address in ticket.requester.name
    assert _neutral(ours, address) == _neutral(plain, "nina@new.example")


def _neutral(page: str, address: str) -> str:
    page = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", page)
    return re.sub(r"#\d+", "#N", page.replace(address, "ADDRESS"))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"subject": "  "}, "subject"),
        ({"subject": "x" * 300}, "subject"),
        ({"body": ""}, "body"),
        pytest.param({"body": "y" * 1_000_000}, "body", id="1 MB"),
        ({"email": "no address"}, "email"),
        ({"email": "a@b.example, c@d.example"}, "email"),
        ({"email": "a@b.example\r\nBcc: c@d.example"}, "email"),
        ({"name": "n" * 500}, "name"),
        ({"category": "no-such"}, "category"),
        ({"category": "nul\x00"}, "category"),
        ({"website": "http://spam.example"}, "website"),
    ],
)
def test_a_fault_is_told_beside_its_field_and_the_text_stays(
    cast: Cast, client: Client, changes: dict[str, str], field: str
) -> None:
    Category.objects.create(key="any", name="Any")
    given = form(**changes)
    answer = client.post("/new/", given)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert f'id="{field}-error"' in page
    assert given["body"][:50] in page and given["body"][-20:] in page
    assert not Ticket.objects.exists()


def test_all_faults_are_told_at_once(cast: Cast, client: Client) -> None:
    page = client.post("/new/", form(subject="", body="", email="")).content.decode()
    assert all(f'id="{name}-error"' in page for name in ("subject", "body", "email"))


@pytest.mark.parametrize(
    "raw", [b"subject=%ff%fe&body=%00a%00&email=nina%40new.example", b"subject=a%ed%a0%80&body=%80"]
)
def test_bytes_that_are_no_text_do_no_harm(cast: Cast, client: Client, raw: bytes) -> None:
    answer = client.post("/new/", raw, content_type="application/x-www-form-urlencoded")
    assert answer.status_code in (302, 400)


def test_too_many_bytes_or_fields_are_a_designed_400(cast: Cast, client: Client) -> None:
    big = client.post("/new/", b"body=" + b"x" * 5_000_000, content_type="application/x-www-form-urlencoded")
    many = client.post("/new/", {f"f{n}": "1" for n in range(1100)})
    assert (big.status_code, many.status_code) == (400, 400)
    assert "<html" in big.content.decode()


def test_a_double_click_makes_one_ticket(cast: Cast, client: Client) -> None:
    token = "a" * 32
    first = client.post("/new/", form(client_token=token), follow=True)
    second = client.post("/new/", form(client_token=token), follow=True)
    assert Ticket.objects.count() == 1
    assert first.content[-500:] == second.content[-500:]


def test_another_message_under_a_used_token_is_not_lost(cast: Cast, client: Client) -> None:
    client.post("/new/", form(client_token="e" * 32))
    answer = client.post("/new/", form(client_token="e" * 32, subject="Something else"))
    assert answer.status_code == 409 and "Something else" in answer.content.decode()
    client.post("/new/", form(client_token=answer.context["client_token"], subject="Something else"))
    assert Ticket.objects.count() == 2


def test_a_token_of_somebody_else_is_refused_and_the_next_try_works(cast: Cast, client: Client, as_: As) -> None:
    client.post("/new/", form(client_token="b" * 32))
    answer = as_(cast.charlie).post("/new/", form(client_token="b" * 32))
    assert answer.status_code == 409 and "b" * 32 not in answer.content.decode()
    assert Ticket.objects.count() == 1


@pytest.mark.parametrize("token", ["", "x", "ü" * 32, "a" * 500, "nul\x00" * 8])
def test_a_broken_token_is_replaced(cast: Cast, client: Client, token: str) -> None:
    assert client.post("/new/", form(client_token=token)).status_code == 302


def test_strangers_are_limited_by_address_and_their_text_stays(cast: Cast, client: Client) -> None:
    codes = [client.post("/new/", form()).status_code for _ in range(6)]
    assert codes == [302] * 5 + [429]
    assert "Since today." in client.post("/new/", form()).content.decode()


def test_markup_in_every_field_is_shown_as_text(cast: Cast, as_: As) -> None:
    evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}'
    browser = as_(cast.alice)
    browser.post("/new/", form(subject=evil, body=evil))
    number = Ticket.objects.get().number
    for page in (f"/requests/{number}/", "/requests/", "/", "/new/", f"/new/?q={evil}", f"/search/?q={evil}"):
        text = browser.get(page).content.decode()
        assert "<script>alert" not in text and "<img src=x" not in text
    assert "{{7*7}}" in browser.get(f"/requests/{number}/").content.decode()


def test_a_stranger_gets_to_no_page_of_an_earlier_visitor(cast: Cast, client: Client) -> None:
    client.post("/new/", form())
    assert Client().get("/new/sent/").status_code == 302


# Categories, forms and their questions


@pytest.fixture
def shop(cast: Cast) -> Category:
    """Shop › eBay, with a form whose question is required; a hidden field; and a hidden category."""
    shop = Category.objects.create(key="shop", name="Shop")
    Category.objects.create(key="ebay", name="eBay", parent=shop)
    Category.objects.create(key="hidden", name="Hidden", on_portal=False)
    made = TicketForm.objects.create(key="shop", name="Shop trouble", intro="Try again first.", ticket_type="incident")
    made.categories.add(shop)
    which = CustomField.objects.create(key="which", label="Which shop", kind="choice", choices=["Big", "Small"])
    account = CustomField.objects.create(key="account", label="Account", kind="user_id", pattern=r"QS-\d+")
    parts = CustomField.objects.create(key="parts", label="Parts", kind="multi_choice", choices=["A", "B", "C"])
    score = CustomField.objects.create(key="score", label="Risk score", kind="number", for_customers=False)
    for position, (field, required) in enumerate([(which, True), (account, False), (parts, False), (score, False)]):
        field.categories.add(shop)
        FormField.objects.create(form=made, field=field, required=required, position=position)
    return shop


def test_the_form_follows_the_category_also_from_above(shop: Category, client: Client) -> None:
    page = client.get("/new/?category=ebay").content.decode()
    assert "Shop trouble" in page and "Which shop" in page and "Try again first." in page
    assert "Risk score" not in page and "Hidden" not in page
    assert "Which shop" in client.get("/new/questions/?category=ebay").content.decode()
    assert "Which shop" not in client.get("/new/").content.decode()


def test_answers_are_checked_and_kept(shop: Category, client: Client) -> None:
    given = form(category="ebay", **{"fields.account": "4711", "fields.parts": ["A", "C"]})
    page = client.post("/new/", given).content.decode()
    assert 'id="field-which-error"' in page and 'id="field-account-error"' in page
    assert 'value="4711"' in page and page.count("checked") == 2
    answers = {"fields.which": "Small", "fields.account": "QS-1", "fields.parts": ["A", "C"], "fields.score": "9"}
    assert client.post("/new/", form(category="ebay", **answers)).status_code == 302
    ticket = Ticket.objects.get()
    assert ticket.fields == {"which": "Small", "account": "QS-1", "parts": ["A", "C"]}
    assert (ticket.category.key if ticket.category else "", ticket.type) == ("ebay", "incident")


def test_a_required_question_holds_for_strangers_too(shop: Category, client: Client) -> None:
    assert client.post("/new/", form(category="shop")).status_code == 400
    assert not Ticket.objects.exists()


def test_without_script_another_category_keeps_text_and_files(shop: Category, client: Client) -> None:
    file = SimpleUploadedFile("screen.txt", b"text")
    page = client.post("/new/", form(category="ebay", refresh="1", files=file)).content.decode()
    assert "Which shop" in page and "Since today." in page and str(Attachment.objects.get().pk) in page
    assert not Ticket.objects.exists()


def test_a_category_hidden_from_customers_cannot_be_chosen(shop: Category, client: Client) -> None:
    assert client.post("/new/", form(category="hidden")).status_code == 400


# Files


def test_files_along_with_the_form_belong_to_the_ticket(cast: Cast, client: Client) -> None:
    client.post("/new/", form(files=[SimpleUploadedFile("a.txt", b"one"), SimpleUploadedFile("b.txt", b"two")]))
    assert sorted(Ticket.objects.get().attachments.values_list("name", flat=True)) == ["a.txt", "b.txt"]


def test_a_file_sent_ahead_is_claimed_by_the_form(cast: Cast, as_: As) -> None:
    browser = as_(cast.alice)
    sent = browser.post("/uploads/", {"file": SimpleUploadedFile("<b>.txt", b"text")})
    assert sent.status_code == 201 and sent["Content-Type"] == "application/json"
    assert sent["X-Content-Type-Options"] == "nosniff"
    browser.post("/new/", form(uploads=[sent.json()["id"]]))
    assert Ticket.objects.get().attachments.get().uploaded_by == cast.alice


def test_good_files_stay_when_the_form_or_another_file_is_refused(cast: Cast, client: Client) -> None:
    files = [SimpleUploadedFile("good.txt", b"text"), SimpleUploadedFile("bad.exe", b"MZ")]
    page = client.post("/new/", form(files=files)).content.decode()
    good = Attachment.objects.get()
    assert "bad.exe" in page and 'id="attachments-error"' in page and str(good.pk) in page
    client.post("/new/", form(uploads=[str(good.pk)]))
    assert Ticket.objects.get().attachments.get() == good


@pytest.mark.parametrize(
    ("name", "content"),
    [("virus.exe", b"MZ123"), ("photo.png", b"<svg onload=alert(1)>"), ("empty.txt", b""), ("bomb.zip", bomb()),
     ("renamed.txt", b"\x7fELF....")],
)  # fmt: skip
def test_bad_files_are_told_by_name(cast: Cast, client: Client, name: str, content: bytes) -> None:
    page = client.post("/new/", form(files=SimpleUploadedFile(name, content)))
    ahead = client.post("/uploads/", {"file": SimpleUploadedFile(name, content)})
    assert page.status_code == 400 and name in page.content.decode() and "Since today." in page.content.decode()
    assert ahead.status_code == 400 and name in ahead.json()["error"]
    assert not Attachment.objects.exists()


def test_no_more_than_ten_files(cast: Cast, client: Client) -> None:
    files = [SimpleUploadedFile(f"{n}.txt", b"x") for n in range(11)]
    page = client.post("/new/", form(files=files))
    assert page.status_code == 400 and "At most 10" in page.content.decode()
    assert not Ticket.objects.exists()


def test_somebody_elses_file_cannot_be_claimed_or_removed(cast: Cast, client: Client, as_: As) -> None:
    theirs = upload(cast.bob, SECRET + ".txt")
    page = as_(cast.alice).post("/new/", form(uploads=[str(theirs.pk)]))
    assert page.status_code == 400 and SECRET not in page.content.decode()
    assert as_(cast.alice).post(f"/uploads/{theirs.pk}/remove/").status_code == 404
    assert client.post(f"/uploads/{theirs.pk}/remove/").status_code == 404
    assert Attachment.objects.get() == theirs


@pytest.mark.parametrize("given", ["x", "00000000-0000-0000-0000-000000000000", "\x00"])
def test_ids_of_no_file_are_told(cast: Cast, client: Client, given: str) -> None:
    assert client.post("/new/", form(uploads=[given])).status_code in (302, 400)


def test_a_file_sent_ahead_can_be_taken_back(cast: Cast, client: Client) -> None:
    made = client.post("/uploads/", {"file": SimpleUploadedFile("a.txt", b"x")}).json()["id"]
    assert client.post(f"/uploads/{made}/remove/").status_code == 204
    assert not Attachment.objects.exists()


def test_an_upload_without_a_file_is_told(cast: Cast, client: Client) -> None:
    assert client.post("/uploads/").status_code == 400
