"""What an instruction tells, and in which order: from the codes of a pair to tasks for the writer."""

from __future__ import annotations

from functools import lru_cache

from poseloom.language.paircodes.tables import PLURAL, paircode_tables
from poseloom.language.paircodes.targets import _carried, _single
from poseloom.language.posecodes.evaluation import Code
from poseloom.language.posefix.aggregation import InstructionDraws, entities, grouped, original, sides_joined, single
from poseloom.language.posefix.alignment import RELATIONS
from poseloom.language.posefix.statement import SIDES, Part, Statement, blind_said
from poseloom.language.posefix.writer import PartTask, each_other

BODY, LEGS, ARMS, HEAD = range(4)
_ARMS = ("arm", "shoulder", "upperarm", "elbow", "forearm", "wrist", "hand", "index")
_LEGS = ("leg", "hip", "thigh", "knee", "lowerleg", "shin", "ankle", "foot", "toes")
_ORDERS = ((BODY, LEGS, ARMS, HEAD), (BODY, ARMS, LEGS, HEAD), (BODY, HEAD, ARMS, LEGS))
_BODY_TILTS = ("body incline", "body lean", "body twist")
_VAGUE_PARTS = ("upperarm", "forearm", "thigh", "shin")
_CHECKED_BY_EYE = ("hand",)


def plan_plainly(changes: list[Code], targets: list[Code], simplified: bool, draws: InstructionDraws) -> list[PartTask]:
    """Our way: nothing is told twice, sides are joined, each part has one task with its targets behind it.

    Simplified, each change is a task of its own; what is the same of both sides is told once even then.
    """
    changes = [_apart_or_together(code) for code in _without_consequences(changes)]
    targets = sides_joined(_once_aligned([code for code in targets if not _is_vague(code)]))
    told = single(sides_joined(changes)) if simplified else grouped(sides_joined(entities(changes)))
    tasks = [PartTask(statement.subjects, list(statement.said)) for statement in ordered(told, draws)]
    for statement in ordered(single(targets), draws):
        _attach(tasks, statement, simplified)
    return tasks


def plan_as_original(codes: list[Code], simplified: bool, draws: InstructionDraws) -> list[PartTask]:
    """PoseFix's way: its aggregation, in an order of body parts drawn at random."""
    tasks = []
    statements = draws.shuffled([each_other(one) for one in original(codes, simplified, draws)])
    for statement in sorted(statements, key=lambda one: _region(one.subjects[0])):
        changes = [one for one in statement.said if one.change]
        targets = [(statement.subjects, one) for one in statement.said if not one.change]
        tasks.append(PartTask(statement.subjects, changes, targets))
    return tasks


# -- what is worth telling ---------------------------------------------------------------------------------------


def _without_consequences(changes: list[Code]) -> list[Code]:
    """Shoulders go where the trunk goes: they are told only where it keeps its tilt."""
    if any(code.part == "body" and _tilts(code.interpretation) for code in changes):
        return [code for code in changes if code.part != "shoulder"]
    return changes


@lru_cache
def _tilts(interpretation: str) -> bool:
    return interpretation.removeprefix(paircode_tables().prefix).startswith(_BODY_TILTS)


def _is_vague(code: Code) -> bool:
    """Alignments that nobody sees: of feet, with the middle of a limb, and with parts across the body but knees."""
    if code.interpretation not in RELATIONS:
        return False
    across = code.side != code.side2 and code.part2 != "knee"
    return across or code.part not in _CHECKED_BY_EYE or code.part2 in _VAGUE_PARTS


def _once_aligned(targets: list[Code]) -> list[Code]:
    """A hand in line with both hips is told of the hip on its own side alone."""
    own = {(code.side, code.part, code.interpretation, code.part2) for code in targets if code.side == code.side2}
    return [
        code
        for code in targets
        if code.side2 not in SIDES
        or code.side == code.side2
        or code.interpretation not in RELATIONS
        or (code.side, code.part, code.interpretation, code.part2) not in own
    ]


def _apart_or_together(code: Code) -> Code:
    """Distances between both sides get a name of their own, as sides are joined later."""
    if code.side != PLURAL:
        return code
    statement = each_other(single([code])[0])
    return code._replace(interpretation=f"{paircode_tables().prefix}{statement.said[0].name}")


# -- order -------------------------------------------------------------------------------------------------------


def ordered(statements: list[Statement], draws: InstructionDraws) -> list[Statement]:
    """Body, limbs and head in a drawn order; within a limb both sides first, then side by side, from the trunk out."""
    regions = draws.pick(_ORDERS)
    reverse = draws.chance(0.5)
    contents = {
        (region, side): sorted(
            (_depth(one.subjects[0]), [blind_said(side, said) for said in one.said])
            for one in statements
            if one.subjects[0][0] == side and _region(one.subjects[0]) == region
        )
        for region in (LEGS, ARMS)
        for side in SIDES
    }

    def place(statement: Statement) -> tuple[int, int, int, list[tuple[str, ...]]]:
        part = statement.subjects[0]
        region = _region(part)
        rank = 0
        if part[0] in SIDES:
            other = SIDES[1 - SIDES.index(part[0])]
            rank = 1 + ((contents[region, part[0]] > contents[region, other]) != reverse)
        return regions.index(region), rank, _depth(part), [blind_said(part[0], said) for said in statement.said]

    return sorted(statements, key=place)


@lru_cache
def _region(part: Part) -> int:
    names = {name for _, name in _single(*part)}
    if names & set(_ARMS):
        return ARMS
    return LEGS if names & set(_LEGS) else HEAD if "head" in names else BODY


@lru_cache
def _depth(part: Part) -> int:
    """Distance from the trunk."""
    name = _single(*part)[0][1]
    chain = _ARMS if name in _ARMS else _LEGS if name in _LEGS else (name,)
    return chain.index(name)


# -- targets -----------------------------------------------------------------------------------------------------


def _attach(tasks: list[PartTask], statement: Statement, simplified: bool) -> None:
    """Add a target to the task that moves its part: the same part, or the nearest one of the limb that carries it.

    What only goes along with the trunk is not told.
    """
    told = (statement.subjects, statement.said[0])
    part = statement.subjects[0]
    moving = [task for task in tasks if task.changes and _is_limb(task)]
    exact = next((task for task in moving if task.subjects == statement.subjects), None)
    carrying = [task for task in moving if carries(task.subjects[0], part)]
    if exact or (carrying and not simplified):
        host = exact or max(carrying, key=lambda task: (task.subjects[0][0] == part[0], _depth(task.subjects[0])))
        host.targets.insert(0 if exact else len(host.targets), told)
    elif carrying:
        tasks.append(PartTask(statement.subjects, [], [told]))


def _is_limb(task: PartTask) -> bool:
    return _region(task.subjects[0]) in (ARMS, LEGS)


@lru_cache(maxsize=4096)
def carries(moved: Part, part: Part) -> bool:
    """Whether a part moves along when another one does."""
    return any(one in _carried(each) for each in _single(*moved) for one in _single(*part))
