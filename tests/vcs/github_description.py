"""What GitHub publishes about its APIs, reduced to what our client asks: kept beside this module, and made again by

    python -m tests.vcs.github_description FOLDER

where FOLDER holds the npm packages `@octokit/openapi` and `@octokit/graphql-schema` (both MIT, by GitHub's Octokit team), unpacked
as `openapi/` and `graphql-schema/`. Whole they are too large to keep: 13 MB and 1 MB.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import fastjsonschema
import graphql

from compute.vcs import github_queries as queries

HERE = Path(__file__).parent
OPERATIONS = {
    "commits": ("/repos/{owner}/{repo}/commits", "get", "200"),
    "compare": ("/repos/{owner}/{repo}/compare/{basehead}", "get", "200"),
    "deployments": ("/repos/{owner}/{repo}/deployments", "get", "200"),
    "token": ("/app/installations/{installation_id}/access_tokens", "post", "201"),
}
QUERIES = (
    queries.pulls_of(["0" * 40]),
    queries.changes([1]),
    queries.more_of(1, "a", "b"),
    queries.merged_lately("a"),
    queries.released_lately("a"),
    queries.STATUSES,
)
_OBJECTS = ("Bot", "User", "Organization", "Mannequin", "EnterpriseUserAccount")
_PROSE = {"description", "example", "examples", "title", "x-github", "externalDocs"}


@cache
def answer_check(operation: str) -> Callable[[Any], Any]:
    """Raises an error where an answer is not what GitHub's OpenAPI description says of this operation."""
    described = json.loads((HERE / "github_openapi.json").read_text())
    schema = _as_json_schema(described["operations"][operation]["answer"])
    definitions = {name: _as_json_schema(inner) for name, inner in described["components"].items()}
    whole = {"$schema": "http://json-schema.org/draft-07/schema#", **schema, "definitions": definitions}
    check: Callable[[Any], Any] = fastjsonschema.compile(whole, use_default=False)
    return check


@cache
def parameters(operation: str) -> frozenset[str]:
    """The query parameters that GitHub describes for this operation."""
    described = json.loads((HERE / "github_openapi.json").read_text())
    return frozenset(described["operations"][operation]["query"])


@cache
def graphql_schema() -> graphql.GraphQLSchema:
    return graphql.build_schema((HERE / "github_schema.graphql").read_text())


def _as_json_schema(schema: Any) -> Any:
    """OpenAPI's dialect as JSON Schema: `nullable` is a type of its own there, and components lie elsewhere."""
    if isinstance(schema, list):
        return [_as_json_schema(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {name: _as_json_schema(value) for name, value in schema.items() if name not in ("nullable", "format")}
    if "$ref" in plain:
        plain = {"$ref": plain["$ref"].replace("#/components/schemas/", "#/definitions/")}
    return {"anyOf": [plain, {"type": "null"}]} if schema.get("nullable") else plain


def _openapi(folder: Path) -> dict[str, Any]:
    whole = json.loads((folder / "openapi" / "generated" / "api.github.com.json").read_text())
    operations, components = {}, {}
    for name, (path, method, status) in OPERATIONS.items():
        described = whole["paths"][path][method]
        asked = [_resolved(whole, parameter) for parameter in described.get("parameters", ())]
        answer = _resolved(whole, described["responses"][status])["content"]["application/json"]["schema"]
        query = sorted(parameter["name"] for parameter in asked if parameter["in"] == "query")
        operations[name] = {"answer": _without_prose(answer), "query": query}
    waiting = list(_references(operations))
    while waiting:
        name = waiting.pop()
        if name not in components:
            components[name] = _without_prose(whole["components"]["schemas"][name])
            waiting += _references(components[name])
    version = json.loads((folder / "openapi" / "package.json").read_text())["version"]
    source = f"@octokit/openapi {version}, MIT License, Copyright (c) Octokit contributors"
    return {"source": source, "operations": operations, "components": dict(sorted(components.items()))}


def _resolved(whole: Any, value: Any) -> Any:
    while "$ref" in value:
        found = whole
        for step in value["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        value = found
    return value


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"].rpartition("/")[2]
        value = list(value.values())
    if isinstance(value, list):
        for entry in value:
            yield from _references(entry)


def _without_prose(schema: Any) -> Any:
    """Without what only people read. A property may have the name of one of those words."""
    if isinstance(schema, list):
        return [_without_prose(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: {key: _without_prose(inner) for key, inner in value.items()}
        if name == "properties"
        else _without_prose(value)
        for name, value in schema.items()
        if name not in _PROSE
    }


def _schema(folder: Path) -> str:
    """GitHub's GraphQL schema with only the types and fields that QUERIES use. Fails where one of them is not valid."""
    text = (folder / "graphql-schema" / "schema.graphql").read_text()
    # It defines a field twice and deprecates some that interfaces do not, which graphql-core is strict about.
    whole = graphql.build_schema(text, assume_valid=True, assume_valid_sdl=True)
    used: dict[str, set[str]] = {name: {"login"} for name in _OBJECTS}
    named: set[str] = set()
    for query in QUERIES:
        document = graphql.parse(query)
        faults = graphql.validate(whole, document)
        if faults:
            raise SystemExit(str(faults[0]))
        info = graphql.TypeInfo(whole)
        graphql.visit(document, graphql.TypeInfoVisitor(info, _Collector(info, used, named)))
    used["Deployment"].add("id")
    used["Commit"].add("id")
    used["Node"] = used["GitObject"] = {"id"}
    used["Query"] |= {"repository", "nodes"}
    kept = []
    for definition in graphql.parse(text).definitions:
        reduced = _reduced(definition, used, named)
        kept += [graphql.print_ast(reduced)] if reduced else []
    version = json.loads((folder / "graphql-schema" / "package.json").read_text())["version"]
    return (
        f"# @octokit/graphql-schema {version}, Copyright (c) GitHub 2025 - Licensed as MIT\n\n"
        + "\n\n".join(kept)
        + "\n"
    )


class _Collector(graphql.Visitor):
    def __init__(self, info: graphql.TypeInfo, used: dict[str, set[str]], named: set[str]) -> None:
        super().__init__()
        self._info, self._used, self._named = info, used, named

    def enter_field(self, node: graphql.FieldNode, *_: Any) -> None:
        parent, field = self._info.get_parent_type(), self._info.get_field_def()
        if parent is None or field is None or node.name.value.startswith("__"):
            return
        self._used.setdefault(parent.name, set()).add(node.name.value)
        self._named.add(graphql.get_named_type(field.type).name)
        for argument in field.args.values():
            self._take(graphql.get_named_type(argument.type))

    def _take(self, kind: graphql.GraphQLNamedType) -> None:
        if kind.name not in self._named:
            self._named.add(kind.name)
            if isinstance(kind, graphql.GraphQLInputObjectType):
                for field in kind.fields.values():
                    self._take(graphql.get_named_type(field.type))


def _reduced(definition: Any, used: dict[str, set[str]], named: set[str]) -> Any:
    name = definition.name.value if getattr(definition, "name", None) else ""
    if name not in used and name not in named:
        return None
    plain: dict[str, Any] = {}
    if isinstance(definition, graphql.ObjectTypeDefinitionNode | graphql.InterfaceTypeDefinitionNode):
        fields = [field for field in definition.fields or () if field.name.value in used.get(name, ())]
        held = {field.name.value for field in fields}
        interfaces = [
            kind for kind in definition.interfaces or () if kind.name.value in used and used[kind.name.value] <= held
        ]
        plain["fields"] = tuple(
            replace(_bare(field), arguments=tuple(_bare(argument) for argument in field.arguments or ()))
            for field in fields
        )
        plain["interfaces"] = tuple(kind for kind in interfaces if kind.name.value != "Actor" or name in _OBJECTS)
    elif getattr(definition, "values", None):
        plain["values"] = tuple(_bare(value) for value in definition.values)
    elif getattr(definition, "fields", None):
        plain["fields"] = tuple(_bare(field) for field in definition.fields)
    return replace(_bare(definition), **plain)


def _bare(node: Any) -> Any:
    return replace(node, description=None, directives=())


def main(folder: Path) -> None:
    (HERE / "github_openapi.json").write_text(
        json.dumps(_openapi(folder), separators=(",", ":"), sort_keys=True) + "\n"
    )
    (HERE / "github_schema.graphql").write_text(_schema(folder))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
