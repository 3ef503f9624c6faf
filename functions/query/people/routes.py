"""The routes of people."""

from __future__ import annotations

from leadline.access.keys import ADMIN, METRICS_READ
from query import schemas as answers
from query.people import page as people_page
from query.people import person as people
from query.people import schemas as p
from query.web.route import Route

PEOPLE_ROUTES = (
    Route(
        "GET",
        "/v1/people",
        ADMIN,
        people_page.person_page,
        "Whose pseudonyms are whose, where names are kept apart",
        p.PersonPage,
        people_page.LIST_PARAMETERS,
    ),
    Route(
        "GET",
        "/v1/people/{author}",
        METRICS_READ,
        people_page.author_page,
        "An author's page: teams, services, metrics and latest changes, where the settings allow it",
        p.AuthorPage,
        people_page.PAGE_PARAMETERS,
        problems=(404,),
    ),
    Route(
        "DELETE",
        "/v1/people/{author}",
        ADMIN,
        people.delete_person,
        "Removes a person from everything; services' and teams' numbers stay what they are",
        answers.Accepted,
        problems=(404,),
        status=202,
        starts_job=True,
    ),
)
