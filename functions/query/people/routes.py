"""Routes of people."""

from __future__ import annotations

from leadline.access.keys import ADMIN, METRICS_READ
from query import schemas as answers
from query.http.route import Route
from query.people import page as people_page
from query.people import person as people
from query.people import schemas as p

PEOPLE_ROUTES = (
    Route(
        "GET",
        "/v1/people",
        ADMIN,
        people_page.person_page,
        "list_pseudonyms",
        "List pseudonyms and real names.",
        p.PseudonymPage,
        people_page.LIST_PARAMETERS,
        description="Only useful while the setting `individuals` is `pseudonyms`.",
    ),
    Route(
        "GET",
        "/v1/people/{author}",
        METRICS_READ,
        people_page.author_page,
        "get_author",
        "Get an author's report.",
        p.AuthorReport,
        people_page.PAGE_PARAMETERS,
        description="The author's teams, services, metrics and latest changes. Available while the setting `author_pages` is true.",
        problems=(404,),
    ),
    Route(
        "DELETE",
        "/v1/people/{author}",
        ADMIN,
        people.delete_person,
        "delete_author",
        "Remove a person.",
        answers.QueuedEvent,
        description="Erases the name everywhere. The numbers of services and teams stay unchanged.",
        problems=(404,),
        status=202,
        starts_job=True,
    ),
)
