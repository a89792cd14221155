"""The generators: two of text-to-pose, Ham2Pose, and poseloom's own; one file each."""
