"""In which form an answer is liked best (RFC 9110, section 12.5.1)."""

from typing import Final

import pytest

from ephemera.web.road.asked import form_for

LIKED: Final = {
    "": "text",
    "*/*": "text",
    "text/html": "html",
    "TEXT/HTML": "html",
    "application/json": "json",
    "Application/Problem+JSON": "json",
    "text/html;q=0": "text",
    "text/html;q=0, */*": "text",
    "text/html;q=0.0, application/json": "json",
    "application/json;q=0": "text",
    "application/json;q=0.000, text/html": "html",
    "application/json, text/html;q=0.5": "json",
    "text/html, application/json": "html",
    "text/html;q=0.5, application/json;q=0.5": "html",
    "text/plain, application/json;q=0.9": "text",
    "application/json;q=0.9, */*;q=0.8": "json",
    "application/json, text/plain, */*": "json",
    "text/*, application/json;q=0.1": "text",
    "application/xml, application/json;q=0.1": "json",
    "application/xml;q=1": "text",
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8": "html",
    "text/html, text/plain, text/sgml, text/css, application/xhtml+xml, */*;q=0.01": "html",
    "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2": "html",
    "text/html;level=1;q=0.4, application/json;q=0.5": "json",
    "text/html ; Q=0 , */*;q=0.1": "text",
    "text/html;q=words": "html",
    "text/html;q=-1, application/json": "json",
    "text/html;q=9, application/json": "html",
    ";;;": "text",
}


@pytest.mark.parametrize("accept", LIKED)
def test_the_form_that_is_liked_best_is_given(accept: str) -> None:
    assert form_for(accept, htmx=False) == LIKED[accept]
    assert form_for(accept, htmx=True) == "html"
