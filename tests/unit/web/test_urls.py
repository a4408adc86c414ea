"""URLs as Django writes them, held against Django. (mobile-users.md 4.3)"""

from urllib.parse import quote, urljoin

from django.utils.encoding import filepath_to_uri, iri_to_uri
from django.utils.http import RFC3986_SUBDELIMS
from hypothesis import assume, given
from hypothesis import strategies as st

from lms.web.urls import lms_path, stored_file_url
from tests.unit.builders import cases

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(texts)
def test_a_path_is_encoded_as_reverse_does_it(text: str) -> None:
    # What `reverse` does, and what `build_absolute_uri` does to its result.
    assert lms_path(text) == iri_to_uri(quote(text, safe=RFC3986_SUBDELIMS + "/~:@"))


@given(st.sampled_from(["/media/", "/", "https://cdn.example.org/media/"]), texts)
def test_a_stored_file_has_the_url_that_file_storage_gives_it(media_url: str, name: str) -> None:
    name = name.replace("/", "").replace(chr(92), "")
    assume(name not in (".", ".."))  # no file is called so, and `urljoin` would follow it
    name = f"organization_logos/{name}"

    assert stored_file_url(media_url, name) == urljoin(media_url, filepath_to_uri(name))


@cases(
    "name, expected",
    {
        "no file": ("", ""),
        "a file of the store": ("logos/x.png", "/media/logos/x.png"),
        "a path of the site": ("/static/x.png", "/static/x.png"),
        "a URL": ("https://cdn.example.org/x.png", "https://cdn.example.org/x.png"),
    },
)
def test_the_url_of_a_logo(name: str, expected: str) -> None:
    assert stored_file_url("/media/", name) == expected
