"""Results: what functions, models and commands give, each with notes for the user and a form for JSON.

The names below are imported when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseloom.base.lazy import names_of

if TYPE_CHECKING:
    from poseloom.results.compared_clips import ClipDistance, ComparedClips
    from poseloom.results.found import Found, Hit
    from poseloom.results.json_values import plain
    from poseloom.results.keypoints import Keypoints
    from poseloom.results.motions import (
        Checked,
        CheckedRequirement,
        CheckedRow,
        Coached,
        Difference,
        MotionDescribed,
        MotionPhase,
    )
    from poseloom.results.poses import Edited, Estimated, Facts, Generated, Judged
    from poseloom.results.recovered import Recovered
    from poseloom.results.reports import (
        Converted,
        Evaluated,
        IndexDescribed,
        ModelDescribed,
        ModelExported,
        ModelImported,
        ModelList,
        ModelRow,
        TableBuilt,
        TableConverted,
        Trained,
    )
    from poseloom.results.result import Items, Result
    from poseloom.results.sentences import DescribedSentences, Sentence
    from poseloom.results.signing import CheckedStrings, Explained, Repaired, Signed, SignedKeypoints
    from poseloom.results.texts import Captioned, Described, Instructed, Texts
    from poseloom.results.transferred import PairsMade, Transferred
    from poseloom.results.vectors import Embedded, Ranked, Ranking
    from poseloom.results.written import Drawn, IndexBuilt, RowsWritten, Toured

_HOME = {
    "Captioned": "texts",
    "Checked": "motions",
    "CheckedRequirement": "motions",
    "CheckedRow": "motions",
    "CheckedStrings": "signing",
    "ClipDistance": "compared_clips",
    "ComparedClips": "compared_clips",
    "Coached": "motions",
    "Converted": "reports",
    "Described": "texts",
    "DescribedSentences": "sentences",
    "Difference": "motions",
    "Drawn": "written",
    "Edited": "poses",
    "Estimated": "poses",
    "Embedded": "vectors",
    "Evaluated": "reports",
    "Explained": "signing",
    "Facts": "poses",
    "Found": "found",
    "Generated": "poses",
    "Hit": "found",
    "IndexBuilt": "written",
    "IndexDescribed": "reports",
    "Instructed": "texts",
    "Items": "result",
    "Judged": "poses",
    "Keypoints": "keypoints",
    "ModelDescribed": "reports",
    "ModelExported": "reports",
    "ModelImported": "reports",
    "ModelList": "reports",
    "ModelRow": "reports",
    "PairsMade": "transferred",
    "MotionDescribed": "motions",
    "MotionPhase": "motions",
    "Ranked": "vectors",
    "Ranking": "vectors",
    "Recovered": "recovered",
    "Repaired": "signing",
    "Result": "result",
    "RowsWritten": "written",
    "Sentence": "sentences",
    "Signed": "signing",
    "SignedKeypoints": "signing",
    "TableBuilt": "reports",
    "TableConverted": "reports",
    "Texts": "texts",
    "Toured": "written",
    "Trained": "reports",
    "Transferred": "transferred",
    "plain": "json_values",
}
__all__ = [
    "Captioned",
    "Checked",
    "CheckedRequirement",
    "CheckedRow",
    "CheckedStrings",
    "ClipDistance",
    "Coached",
    "ComparedClips",
    "Converted",
    "Described",
    "DescribedSentences",
    "Difference",
    "Drawn",
    "Edited",
    "Embedded",
    "Estimated",
    "Evaluated",
    "Explained",
    "Facts",
    "Found",
    "Generated",
    "Hit",
    "IndexBuilt",
    "IndexDescribed",
    "Instructed",
    "Items",
    "Judged",
    "Keypoints",
    "ModelDescribed",
    "ModelExported",
    "ModelImported",
    "ModelList",
    "ModelRow",
    "MotionDescribed",
    "MotionPhase",
    "PairsMade",
    "Ranked",
    "Ranking",
    "Recovered",
    "Repaired",
    "Result",
    "RowsWritten",
    "Sentence",
    "Signed",
    "SignedKeypoints",
    "TableBuilt",
    "TableConverted",
    "Texts",
    "Toured",
    "Trained",
    "Transferred",
    "plain",
]

__getattr__ = names_of(__name__, _HOME)
