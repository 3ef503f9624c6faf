"""The routes of people."""

from __future__ import annotations

from leadline.auth import ADMIN
from query import answers, people
from query.route import Route

PEOPLE_ROUTES = (
    Route(
        "DELETE",
        "/v1/people/{author}",
        ADMIN,
        people.delete_person,
        "Removes a person from everything; services' and teams' numbers stay what they are",
        answers.Accepted,
        problems=(404,),
        status=202,
    ),
)
