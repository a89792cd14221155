"""Autodesk FBX in: binary and text files of the versions 6.1 to 7.7, their skeleton's animation as a clip."""

from poseloom.formats.fbx.read import read_fbx, read_fbx_motion

__all__ = ["read_fbx", "read_fbx_motion"]
