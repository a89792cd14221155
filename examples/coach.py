"""Draw a learner's pose beside the teacher's and say what to change.

python examples/coach.py learner.bvh 40 teacher.bvh 55
"""

import sys

import poseloom
from poseloom.pose import stack
from poseloom.render import contact_sheet, save_picture

learner_file, learner_frame, teacher_file, teacher_frame = sys.argv[1:]
learner = poseloom.load(learner_file).pose[int(learner_frame)].body()
teacher = poseloom.load(teacher_file).pose[int(teacher_frame)].body()
advice = poseloom.instruct(learner, teacher)[0]
print(advice)
pictures = poseloom.render(stack([learner, teacher]), size=384)
save_picture(contact_sheet(pictures, labels=["you", "the teacher"], title=advice), "coach.png")
