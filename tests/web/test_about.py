"""GET /about: what is kept, and for how long."""

from tests.support.cast import BROWSER, CURL, House, Person, assert_only


async def test_everybody_may_read_what_is_kept(house: House) -> None:
    page = await Person(house).get("/about", BROWSER)
    assert page.status == 200
    assert "<h1>What is kept, and for how long</h1>" in page.text


async def test_the_path_decides_the_representation(house: House) -> None:
    assert await Person(house).get("/about", CURL) == await Person(house).get("/about", BROWSER)


async def test_the_page_is_only_read(house: House) -> None:
    await assert_only(house, "/about", "GET", "HEAD")
