"""The eye that every test of this folder keeps on its browsers is really open."""

import pytest

from tests.e2e.conftest import Newcomer, Site
from tests.support.browser import Person

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def in_the_lobby(site: Site, newcomer: Newcomer) -> Person:
    mallory = await newcomer()
    await mallory.page.goto(site.url)
    assert mallory.watch.unforgiven == []
    return mallory


async def noticed(mallory: Person, part: str) -> None:
    """Check that exactly one thing was complained of, and let the test end well."""
    assert len(mallory.watch.unforgiven) >= 1
    mallory.watch.forgive(part)
    assert mallory.watch.unforgiven == []


async def test_it_sees_a_picture_from_elsewhere_that_the_policy_refuses(
    site: Site, newcomer: Newcomer
) -> None:
    mallory = await in_the_lobby(site, newcomer)
    async with mallory.page.expect_console_message(lambda said: "CSP: img-src" in said.text):
        await mallory.page.evaluate("new Image().src = 'https://elsewhere.invalid/a.png'")
    await noticed(mallory, "elsewhere.invalid")
    mallory.watch.hosts.discard("elsewhere.invalid")


async def test_it_sees_markup_that_went_round_the_trusted_types(
    site: Site, newcomer: Newcomer
) -> None:
    mallory = await in_the_lobby(site, newcomer)
    async with mallory.page.expect_console_message(lambda said: "CSP: require" in said.text):
        await mallory.page.evaluate("setTimeout(() => { document.body.innerHTML = '<b>'; })")
    await noticed(mallory, "rust")


async def test_it_sees_an_error_that_nobody_caught(site: Site, newcomer: Newcomer) -> None:
    mallory = await in_the_lobby(site, newcomer)
    async with mallory.context.expect_event("weberror"):
        await mallory.page.evaluate("setTimeout(() => { throw new Error('oh'); })")
    await noticed(mallory, "oh")


async def test_it_sees_a_request_to_another_host(site: Site, newcomer: Newcomer) -> None:
    mallory = await in_the_lobby(site, newcomer)
    await mallory.context.route(
        "https://elsewhere.invalid/**", lambda route: route.fulfill(body="hello")
    )
    await mallory.page.goto("https://elsewhere.invalid/")
    assert "elsewhere.invalid" in mallory.watch.hosts
    mallory.watch.hosts.discard("elsewhere.invalid")
