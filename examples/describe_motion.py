"""Say in words what happens in a motion file, one sentence group a second.

python examples/describe_motion.py walk.bvh
"""

import sys

import poseloom

clip = poseloom.load(sys.argv[1])
every_second = clip.pose[:: max(1, round(clip.fps))]
for second, text in enumerate(poseloom.describe(every_second)):
    print(f"{second} s: {text}")
