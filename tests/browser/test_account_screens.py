"""Sign-in, own settings, customers and admin in a real browser: accessible, calm, themed, clean under the policy."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from agents.models import User
from conversations.models import Conversation
from customers.models import Customer, Identity, Organisation
from tests.browser.axe import violations
from tests.conftest import PASSWORD

pytestmark = pytest.mark.browser

WIDE, NARROW, NARROWEST = {"width": 1280, "height": 900}, {"width": 390, "height": 844}, {"width": 320, "height": 640}
OPEN_PAGES = ("/accounts/login/", "/accounts/password/reset/", "/accounts/login/?next=/inbox/", "/no-such-page/")
OWN_PAGES = (
    "/agents/me/",
    "/accounts/2fa/",
    "/accounts/sessions/",
    "/accounts/password/change/",
    "/customers/",
    "/customers/?q=zzz",
    "/settings/guide/",
    "/settings/replies/",
    "/settings/replies/new/",
    "/settings/channels/",
)


@pytest.fixture
def haneul(support) -> Customer:
    """A customer with everything a profile can show."""
    shop = Organisation.objects.create(name="Shop", domain="shop.example")
    facts = {"stats": [{"label": "Orders", "value": "14"}], "Member since": "2023"}
    haneul = Customer.objects.create(
        name="김하늘", is_vip=True, language="ko", notes="선물 포장", organisation=shop, facts=facts
    )
    Identity.objects.create(customer=haneul, kind="phone", value="+821098768214")
    Identity.objects.create(customer=haneul, kind="email", value="haneul@shop.example", is_verified=True)
    haneul.claims.create(kind="email", value="claimed@shop.example")
    for subject in ("배송완료로 뜨는데 아직 못 받았어요", "هل تشحنون إلى دبي؟", "Wrong size " * 12):
        Conversation.objects.create(customer=haneul, subject=subject, preview=subject, team=support)
    return haneul


def visit(page: Page, address: str) -> list[str]:
    answer = page.goto(address)
    assert answer.status == (404 if "no-such" in address else 200), address
    page.wait_for_load_state("networkidle")
    width = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    wide = [f"scrolls sideways by {width}"] if width > 0 else []
    return [f"{address}: {line}" for line in (*violations(page), *wide)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW, NARROWEST], ids=["wide", "narrow", "narrowest"])
def test_pages_are_accessible_and_never_scroll_sideways(page: Page, live_desk, sign_in, ada, haneul, scheme, size):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(size)
    found = [line for address in OPEN_PAGES for line in visit(page, address)]
    sign_in(page.context, ada)
    profile = f"/customers/{haneul.pk}/"
    found += [line for address in (*OWN_PAGES, profile, f"{profile}merge/") for line in visit(page, address)]
    assert found == []


def test_right_to_left_pages_are_accessible_too(page: Page, live_desk, sign_in, ada, haneul):
    sign_in(page.context, ada)
    page.add_init_script(
        "document.addEventListener('DOMContentLoaded', () => { document.documentElement.dir = 'rtl' })"
    )
    assert [line for address in ("/agents/me/", f"/customers/{haneul.pk}/") for line in visit(page, address)] == []


def test_errors_take_the_focus_and_are_accessible(page: Page, live_desk, bob):
    page.goto("/accounts/login/")
    page.locator("input[name=login]").fill(bob.email)
    page.locator("input[name=password]").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.locator("[role=alert][data-focus]")).to_be_focused()
    expect(page.locator("input[name=login]")).to_have_value(bob.email)
    assert violations(page) == []


def test_password_can_be_shown_by_keyboard(page: Page, live_desk):
    page.goto("/accounts/login/")
    field = page.locator("input[name=password]")
    field.fill("secret")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(field).to_have_attribute("type", "text")
    expect(field).to_have_value("secret")


def test_theme_changes_at_once_and_is_there_before_the_next_page_paints(page: Page, live_desk, sign_in, bob):
    page.emulate_media(color_scheme="light")
    sign_in(page.context, bob)
    page.goto("/agents/me/")
    background = "() => getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    page.get_by_role("button", name="Open my menu").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate(background) != light
    source = page.request.get("/agents/me/").text()
    assert '<html lang="en" dir="ltr" data-theme="dark"' in source
    assert User.objects.get(pk=bob.pk).theme == "dark"


def test_save_bar_appears_with_the_first_change_and_saving_keeps_it(page: Page, live_desk, sign_in, bob):
    sign_in(page.context, bob)
    page.goto("/agents/me/")
    save = page.get_by_role("button", name="Save")
    expect(save).to_be_hidden()
    page.get_by_label("Name").fill("Bob Miller")
    save.click()
    expect(page.get_by_role("region", name="Notices")).to_contain_text("Your settings are saved.")
    assert User.objects.get(pk=bob.pk).name == "Bob Miller"


def with_virtual_key(context: BrowserContext, page: Page) -> None:
    """A passkey device inside the browser that agrees to everything."""
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_agent_adds_a_passkey_and_signs_in_with_it(page: Page, live_desk, bob, complaints):
    address = live_desk.url.replace("127.0.0.1", "localhost")
    with_virtual_key(page.context, page)
    page.goto(f"{address}/accounts/login/?next=/accounts/2fa/webauthn/add/")
    page.locator("input[name=login]").fill(bob.email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.locator("input[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.locator("input[name=name]").fill("My phone")
    page.locator("input[name=passwordless]").check()
    page.locator("#mfa_webauthn_add").click()
    page.wait_for_url("**/accounts/2fa/**recovery**")
    page.goto(f"{address}/accounts/2fa/webauthn/")
    expect(page.get_by_text("My phone")).to_be_visible()
    page.context.clear_cookies()
    page.goto(f"{address}/accounts/login/?next=/agents/me/")
    page.locator("#passkey_login").click()
    page.wait_for_url("**/agents/me/")
    assert complaints == []


def test_admin_is_clean_under_the_policy_and_accessible(page: Page, live_desk, sign_in, ada, haneul, complaints):
    sign_in(page.context, ada)
    pages = (
        "/admin/",
        "/admin/agents/user/",
        f"/admin/agents/user/{ada.pk}/change/",
        "/admin/agents/team/add/",
        "/admin/customers/customer/",
        f"/admin/customers/customer/{haneul.pk}/change/",
        "/admin/conversations/conversation/",
        "/admin/channels_app/envelope/",
        f"/admin/agents/team/{ada.teams.get().pk}/delete/",
    )
    for address in pages:
        page.goto(address)
        page.wait_for_load_state("networkidle")
    assert complaints == []


def test_admin_wears_the_agents_theme(page: Page, live_desk, sign_in, ada):
    ada.theme = "dark"
    ada.save()
    page.emulate_media(color_scheme="light")
    sign_in(page.context, ada)
    page.goto("/admin/")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(15, 16, 18)"
