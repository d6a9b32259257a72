"""Read CPython's own project files, PCbuild/*.vcxproj: as much of MSBuild as they need.

Properties, item definitions and items are evaluated in the order of the file, with their
conditions. Property functions are left alone: what they would give (versions, names) is passed in
as a global property, which the files cannot change, as on MSBuild's command line.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..core.errors import BuildError

_TERM = re.compile(r"\s*'?(?P<left>[^'=!]*?)'?\s*(?P<operator>==|!=)\s*'?(?P<right>[^']*?)'?\s*")


@dataclass(frozen=True)
class Item:
    """One item: a file (its name as written) and its metadata, such as PreprocessorDefinitions."""

    include: str
    metadata: dict[str, str]

    def values(self, name: str) -> list[str]:
        """Return a metadata list, "a;b", as its elements."""
        return split(self.metadata.get(name, ""))


@dataclass
class Project:
    """A project file, evaluated for one configuration and platform."""

    path: Path
    fixed: Mapping[str, str]
    properties: dict[str, str] = field(default_factory=dict)
    definitions: dict[str, dict[str, str]] = field(default_factory=dict)
    items: dict[str, list[Item]] = field(default_factory=dict)

    def definition(self, kind: str, name: str) -> list[str]:
        """Return a list that the project sets for all items of *kind*, or for its link step."""
        return split(self.definitions.get(kind, {}).get(name, ""))


def read(path: Path, properties: Mapping[str, str]) -> Project:
    """Evaluate the project file *path* with these global properties.

    Of the files that it imports, those beside it that hold no property functions are read.
    Raises BuildError for a file that isn't there and for a condition that is not understood.
    """
    project = Project(path, properties)
    _evaluate(project, path)
    return project


def split(text: str) -> list[str]:
    """Return the elements of a list as MSBuild writes it: "a;b;%(Inherited)"."""
    return [part.strip() for part in text.split(";") if part.strip() and "%(" not in part]


def _evaluate(project: Project, path: Path) -> None:
    try:
        root = ET.parse(path).getroot()
    except (OSError, ET.ParseError) as error:
        raise BuildError(f"{path} can't be read: {error}") from error
    for group in root:
        kind = _name(group)
        if not _holds(project, group):
            continue
        if kind == "ImportGroup":
            for one in group:
                _import(project, one)
        elif kind == "Import":
            _import(project, group)
        elif kind == "PropertyGroup":
            for one in group:
                if _name(one) not in project.fixed and _holds(project, one):
                    project.properties[_name(one)] = _expand(project, one.text)
        elif kind == "ItemDefinitionGroup":
            for one in group:
                if _holds(project, one):
                    known = project.definitions.setdefault(_name(one), {})
                    _metadata(project, one, known)
        elif kind == "ItemGroup":
            for one in group:
                _add_item(project, one)


def _import(project: Project, element: ET.Element) -> None:
    if element.get("Project") == "pyproject.props":
        _evaluate(project, project.path.parent / "pyproject.props")


def _add_item(project: Project, element: ET.Element) -> None:
    kind = _name(element)
    if "Include" not in element.attrib or not _holds(project, element):
        return
    metadata = dict(project.definitions.get(kind, {}))
    _metadata(project, element, metadata)
    if metadata.get("ExcludedFromBuild") != "true":
        for include in split(_expand(project, element.get("Include"))):
            project.items.setdefault(kind, []).append(Item(include, metadata))


def _metadata(project: Project, element: ET.Element, known: dict[str, str]) -> None:
    for one in element:
        if _holds(project, one):
            name = _name(one)
            value = _expand(project, one.text)
            known[name] = value.replace(f"%({name})", known.get(name, ""))


def _expand(project: Project, text: str | None) -> str:
    """Replace $(Name) by the property's value, as often as it takes."""
    known = {**project.properties, **project.fixed}
    return re.sub(r"\$\((\w+)\)", lambda match: known.get(match[1], ""), text or "")


def _holds(project: Project, element: ET.Element) -> bool:
    condition = element.get("Condition")
    if condition is None:
        return True
    text = _expand(project, condition)
    return any(
        all(_term(project, term) for term in re.split(r"\band\b", clause))
        for clause in re.split(r"\bor\b", text)
    )


def _term(project: Project, term: str) -> bool:
    term = term.strip()
    if match := _TERM.fullmatch(term):
        return (match["left"].lower() == match["right"].lower()) == (match["operator"] == "==")
    if term.startswith("!"):
        return not _term(project, term[1:])
    if re.fullmatch(r"(?i)exists\(.*\)|HasTrailingSlash\(.*\)", term):
        return False
    if term.lower() in ("true", "false", ""):
        return term.lower() == "true"
    raise BuildError(f"{project.path.name}: the condition {term!r} is not understood")


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]
