"""The joints' names of many programs."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Dialect:
    """Joint names of one program; ``*`` stands for the side.

    Args:
        trunk: from the pelvis to the last joint of the spine, which the arms hang on.
        head: neck joints and the head.
        arm: collar ("" if there is none), shoulder, elbow, wrist.
        leg: hip, knee, ankle, toes ("" if there are none).
        sides: the words for left and right.
        helpers: (name, name of the joint that it hangs on), half a bone away.
        above: joints above the pelvis, at the floor.
        legs_on: the joint that the legs hang on, the pelvis by default.
        numbered: put a serial number behind every name.
    """

    trunk: str
    head: str
    arm: str
    leg: str
    sides: tuple[str, str] = ("Left", "Right")
    helpers: tuple[tuple[str, str], ...] = ()
    above: tuple[str, ...] = ()
    legs_on: int = 0
    numbered: str = ""


_UE = Dialect(
    "pelvis spine_01 spine_02 spine_03", "neck_01 head", "clavicle_* upperarm_* lowerarm_* hand_*",
    "thigh_* calf_* foot_* ball_*", ("l", "r"), above=("root",),
    helpers=(("upperarm_twist_01_l", "upperarm_l"), ("lowerarm_twist_01_l", "lowerarm_l"), ("ik_foot_root", "root"),
             ("thigh_twist_01_r", "thigh_r"), ("weapon_r", "hand_r")),
)  # fmt: skip
_CC = Dialect(
    "CC_Base_Hip CC_Base_Waist CC_Base_Spine01 CC_Base_Spine02", "CC_Base_NeckTwist01 CC_Base_NeckTwist02 CC_Base_Head",
    "CC_Base_*_Clavicle CC_Base_*_Upperarm CC_Base_*_Forearm CC_Base_*_Hand",
    "CC_Base_*_Thigh CC_Base_*_Calf CC_Base_*_Foot CC_Base_*_ToeBase", ("L", "R"), above=("RL_BoneRoot",),
    helpers=(("CC_Base_L_UpperarmTwist01", "CC_Base_L_Upperarm"), ("CC_Base_L_KneeShareBone", "CC_Base_L_Calf"),
             ("CC_Base_R_ThighTwist01", "CC_Base_R_Thigh"), ("CC_Base_L_Eye", "CC_Base_Head")),
)  # fmt: skip
_MIXAMO = Dialect(
    "Hips Spine Spine1 Spine2", "Neck Head", "*Shoulder *Arm *ForeArm *Hand", "*UpLeg *Leg *Foot *ToeBase"
)
_KINECT = Dialect(
    "SpineBase SpineMid SpineShoulder", "Neck Head", " Shoulder* Elbow* Wrist*", "Hip* Knee* Ankle* Foot*",
    helpers=(("HandLeft", "WristLeft"), ("HandRight", "WristRight")),
)  # fmt: skip

DIALECTS: dict[str, Dialect] = {
    "Mixamo": _MIXAMO,
    "Mixamo, with name space": Dialect(
        "mixamorig:Hips mixamorig:Spine mixamorig:Spine1 mixamorig:Spine2", "mixamorig:Neck mixamorig:Head",
        "mixamorig:*Shoulder mixamorig:*Arm mixamorig:*ForeArm mixamorig:*Hand",
        "mixamorig:*UpLeg mixamorig:*Leg mixamorig:*Foot mixamorig:*ToeBase",
    ),
    "LaFAN1": Dialect(
        "Hips Spine Spine1 Spine2", "Neck Head", "*Shoulder *Arm *ForeArm *Hand", "*UpLeg *Leg *Foot *Toe"
    ),
    "Rokoko": Dialect(
        "Hips Spine Spine1 Spine2 Spine3 Spine4", "Neck Head", "*Shoulder *Arm *ForeArm *Hand",
        "*Thigh *Shin *Foot *Toe",
    ),
    "Perception Neuron": Dialect(
        "Robot_Hips Robot_Spine Robot_Spine1 Robot_Spine2 Robot_Spine3", "Robot_Neck Robot_Head",
        "Robot_*Shoulder Robot_*Arm Robot_*ForeArm Robot_*Hand", "Robot_*UpLeg Robot_*Leg Robot_*Foot ",
        helpers=(("Robot_LeftInHandIndex", "Robot_LeftHand"),),
    ),
    "Ready Player Me": replace(_MIXAMO, helpers=(("HeadTop_End", "Head"), ("LeftEye", "Head"), ("RightEye", "Head"))),
    "Unity humanoid": Dialect(
        "Hips Spine Chest UpperChest", "Neck Head", "*Shoulder *UpperArm *LowerArm *Hand",
        "*UpperLeg *LowerLeg *Foot *Toes",
    ),
    "Unreal mannequin, UE4": _UE,
    "Unreal mannequin, UE5": replace(
        _UE, trunk="pelvis spine_01 spine_02 spine_03 spine_04 spine_05", head="neck_01 neck_02 head"
    ),
    "Rigify metarig": Dialect(
        "spine spine.001 spine.002 spine.003", "spine.004 spine.005 spine.006",
        "shoulder.* upper_arm.* forearm.* hand.*", "thigh.* shin.* foot.* toe.*", ("L", "R"),
        helpers=(("pelvis.L", "spine"), ("pelvis.R", "spine"), ("heel.02.L", "foot.L"), ("breast.L", "spine.003")),
    ),
    "Rigify metarig, simple names": Dialect(
        "hips spine chest", "neck head", "shoulder.* upper_arm.* forearm.* hand.*", "thigh.* shin.* foot.* toe.*",
        ("L", "R"),
    ),
    "Rigify DEF": Dialect(
        "DEF-spine DEF-spine.001 DEF-spine.002 DEF-spine.003", "DEF-spine.004 DEF-spine.005 DEF-spine.006",
        "DEF-shoulder.* DEF-upper_arm.* DEF-forearm.* DEF-hand.*", "DEF-thigh.* DEF-shin.* DEF-foot.* DEF-toe.*",
        ("L", "R"), above=("root",),
        helpers=(("DEF-upper_arm.L.001", "DEF-upper_arm.L"), ("DEF-thigh.R.001", "DEF-thigh.R")),
    ),
    "Rigify ORG": Dialect(
        "ORG-spine ORG-spine.001 ORG-spine.002 ORG-spine.003", "ORG-spine.004 ORG-spine.006",
        "ORG-shoulder.* ORG-upper_arm.* ORG-forearm.* ORG-hand.*", "ORG-thigh.* ORG-shin.* ORG-foot.* ORG-toe.*",
        ("L", "R"), helpers=(("MCH-hand_ik.L", "ORG-hand.L"),),
    ),
    "3ds Max Biped": Dialect(
        "Bip01 Pelvis|Bip01 Spine|Bip01 Spine1", "Bip01 Neck|Bip01 Head",
        "Bip01 * Clavicle|Bip01 * UpperArm|Bip01 * Forearm|Bip01 * Hand",
        "Bip01 * Thigh|Bip01 * Calf|Bip01 * Foot|Bip01 * Toe0", ("L", "R"), above=("Bip01",), legs_on=1,
    ),
    "3ds Max Biped, underscores": Dialect(
        "Bip001 Bip001_Spine Bip001_Spine1 Bip001_Spine2", "Bip001_Neck Bip001_Head",
        "Bip001_*_Clavicle Bip001_*_UpperArm Bip001_*_Forearm Bip001_*_Hand",
        "Bip001_*_Thigh Bip001_*_Calf Bip001_*_Foot Bip001_*_Toe0", ("L", "R"),
    ),
    "Biovision": Dialect(
        "Hips Chest", "Neck Head", "*Collar *UpArm *LowArm *Hand", "*UpLeg *LowLeg *Foot ", ("Left", "Right")
    ),
    "Biovision, joints": Dialect(
        "Hips Chest Chest2", "Neck Head", "*Collar *Shoulder *Elbow *Wrist", "*Hip *Knee *Ankle *Toe"
    ),
    "Poser": Dialect(
        "hip abdomen chest", "neck head", "*Collar *Shldr *ForeArm *Hand", "*Thigh *Shin *Foot *Toe", ("l", "r")
    ),
    "Poser, buttocks": Dialect(
        "hip abdomen chest", "neck head", "*Collar *Shldr *ForeArm *Hand", "*Buttock *Shin *Foot ", ("l", "r")
    ),
    "Poser, small letters, no head": Dialect(
        "hip abdomen chest", "neck ", "*collar *shldr *forearm *hand", "*thigh *shin *foot *toe", ("l", "r")
    ),
    "DAZ Genesis 8": Dialect(
        "hip abdomenLower abdomenUpper chestLower chestUpper", "neckLower neckUpper head",
        "*Collar *ShldrBend *ForearmBend *Hand", "*ThighBend *Shin *Foot *Toe", ("l", "r"),
    ),
    "DAZ Genesis 9": Dialect(
        "hip spine1 spine2 spine3 spine4", "neck1 neck2 head", "*_shoulder *_upperarm *_forearm *_hand",
        "*_thigh *_shin *_foot *_toes", ("l", "r"),
        helpers=(("l_upperarmtwist1", "l_upperarm"), ("r_thightwist1", "r_thigh")),
    ),
    "Kinect v1": Dialect(
        "HipCenter Spine ShoulderCenter", "Head", " Shoulder* Elbow* Wrist*", "Hip* Knee* Ankle* Foot*",
        helpers=(("HandLeft", "WristLeft"), ("HandRight", "WristRight")),
    ),
    "Kinect v2": _KINECT,
    "Azure Kinect": Dialect(
        "PELVIS SPINE_NAVEL SPINE_CHEST", "NECK HEAD", "CLAVICLE_* SHOULDER_* ELBOW_* WRIST_*",
        "HIP_* KNEE_* ANKLE_* FOOT_*", ("LEFT", "RIGHT"), helpers=(("NOSE", "HEAD"), ("HANDTIP_LEFT", "WRIST_LEFT")),
    ),
    "Xsens MVN": Dialect(
        "Pelvis L5 L3 T12 T8", "Neck Head", "*Shoulder *UpperArm *ForeArm *Hand", "*UpperLeg *LowerLeg *Foot *Toe"
    ),
    "Xsens MVN, BVH names": Dialect(
        "Hips Chest Chest2 Chest3 Chest4", "Neck Head", "*Collar *Shoulder *Elbow *Wrist", "*Hip *Knee *Ankle *Toe"
    ),
    "OptiTrack Motive": Dialect(
        "Hip Ab Chest", "Neck Head", "*Shoulder *UArm *FArm *Hand", "*Thigh *Shin *Foot *Toe", ("L", "R")
    ),
    "Vicon": Dialect(
        "pelvis thorax", "head", "*clavicle *humerus *radius *hand", "*femur *tibia *foot *toes", ("l", "r")
    ),
    "CMU, MotionBuilder": Dialect(
        "Hips LowerBack Spine Spine1", "Neck Neck1 Head", "*Shoulder *Arm *ForeArm *Hand", "*UpLeg *Leg *Foot *ToeBase",
        helpers=(("LHipJoint", "Hips"), ("LThumb", "LeftHand")),
    ),
    "VRM": Dialect(
        "J_Bip_C_Hips J_Bip_C_Spine J_Bip_C_Chest J_Bip_C_UpperChest", "J_Bip_C_Neck J_Bip_C_Head",
        "J_Bip_*_Shoulder J_Bip_*_UpperArm J_Bip_*_LowerArm J_Bip_*_Hand",
        "J_Bip_*_UpperLeg J_Bip_*_LowerLeg J_Bip_*_Foot J_Bip_*_ToeBase", ("L", "R"), above=("Root",),
        helpers=(("J_Sec_Hair1_01", "J_Bip_C_Head"), ("J_Sec_L_Bust1", "J_Bip_C_UpperChest")),
    ),
    "MakeHuman, MHX": Dialect(
        "Hips Spine1 Spine2 Spine3", "Neck Head", "Clavicle_* UpArm_* LoArm_* Hand_*", "UpLeg_* LoLeg_* Foot_* Toe_*",
        ("L", "R"),
    ),
    "Character Creator, AccuRIG": _CC,
    "Truebones": Dialect(
        "BN_Hips BN_Spine BN_Spine1", "BN_Neck BN_Head", "BN_*_Clavicle BN_*_UpArm BN_*_Forearm BN_*_Hand",
        "BN_*_Thigh BN_*_Calf BN_*_Foot BN_*_Toe", ("L", "R"),
    ),
    "SMPL": Dialect(
        "pelvis spine1 spine2 spine3", "neck head", "*_collar *_shoulder *_elbow *_wrist",
        "*_hip *_knee *_ankle *_foot", ("left", "right"),
    ),
    "SMPL, short": Dialect(
        "Pelvis Spine1 Spine2 Spine3", "Neck Head", "*_Collar *_Shoulder *_Elbow *_Wrist",
        "*_Hip *_Knee *_Ankle *_Foot", ("L", "R"), above=("f_avg_root",),
    ),
    "Advanced Skeleton": Dialect(
        "Root_M Spine1_M Chest_M", "Neck_M Head_M", "Scapula_* Shoulder_* Elbow_* Wrist_*",
        "Hip_* Knee_* Ankle_* Toes_*", ("L", "R"),
    ),
    "Auto-Rig Pro": Dialect(
        "root.x spine_01.x spine_02.x", "neck.x head.x", "shoulder.* arm_stretch.* forearm_stretch.* hand.*",
        "thigh_stretch.* leg_stretch.* foot.* toes_01.*", ("l", "r"),
        helpers=(("arm_twist.l", "arm_stretch.l"), ("thigh_twist.l", "thigh_stretch.l")),
    ),
    "Cascadeur": Dialect(
        "pelvis stomach chest", "neck head", "clavicle_* arm_* forearm_* hand_*", "thigh_* calf_* foot_* toe_*",
        ("l", "r"),
    ),
    "DeepMotion": Dialect(
        "hips_JNT spine_JNT spine1_JNT spine2_JNT", "neck_JNT head_JNT",
        "*_shoulder_JNT *_arm_JNT *_forearm_JNT *_hand_JNT", "*_upleg_JNT *_leg_JNT *_foot_JNT *_toebase_JNT",
        ("l", "r"),
    ),
    "Plask": Dialect(
        "hips spine spine1 spine2", "neck head", "*Shoulder *Arm *ForeArm *Hand", "*UpLeg *Leg *Foot *ToeBase",
        ("left", "right"),
    ),
    "Second Life": Dialect(
        "mPelvis mTorso mChest", "mNeck mHead", "mCollar* mShoulder* mElbow* mWrist*", "mHip* mKnee* mAnkle* mFoot*"
    ),
    "OpenPose": Dialect(
        "MidHip Chest", "Neck Nose", " *Shoulder *Elbow *Wrist", "*Hip *Knee *Ankle *BigToe", ("L", "R")
    ),
    "Source engine": Dialect(
        "ValveBiped.Bip01_Pelvis ValveBiped.Bip01_Spine ValveBiped.Bip01_Spine1 ValveBiped.Bip01_Spine4",
        "ValveBiped.Bip01_Neck1 ValveBiped.Bip01_Head1",
        "ValveBiped.Bip01_*_Clavicle ValveBiped.Bip01_*_UpperArm ValveBiped.Bip01_*_Forearm ValveBiped.Bip01_*_Hand",
        "ValveBiped.Bip01_*_Thigh ValveBiped.Bip01_*_Calf ValveBiped.Bip01_*_Foot ValveBiped.Bip01_*_Toe0", ("L", "R"),
    ),
    "Roblox R15": Dialect(
        "HumanoidRootPart LowerTorso UpperTorso", "Head", " *UpperArm *LowerArm *Hand", "*UpperLeg *LowerLeg *Foot "
    ),
    "ARKit": Dialect(
        "hips_joint spine_1_joint spine_2_joint spine_3_joint spine_4_joint spine_7_joint",
        "neck_1_joint neck_2_joint neck_4_joint head_joint",
        "*_shoulder_1_joint *_arm_joint *_forearm_joint *_hand_joint",
        "*_upLeg_joint *_leg_joint *_foot_joint *_toes_joint", ("left", "right"), above=("root",),
    ),
    "Meta avatar": Dialect(
        "Hips SpineLower SpineMiddle SpineUpper Chest", "Neck Head", "*Shoulder *ArmUpper *ArmLower *HandWrist",
        "*LegUpper *LegLower *FootAnkle *FootBall",
    ),
    "own prefix": Dialect(
        "hero_pelvis hero_spine_01 hero_spine_02", "hero_neck hero_head",
        "hero_clavicle_* hero_upperarm_* hero_lowerarm_* hero_hand_*",
        "hero_thigh_* hero_calf_* hero_foot_* hero_ball_*",
        ("l", "r"), above=("hero",),
    ),
    "MMD": Dialect(
        "センター 上半身 上半身2", "首 頭", "*肩 *腕 *ひじ *手首", "*足 *ひざ *足首 *つま先", ("左", "右")
    ),
    "words in a row": Dialect(
        "PELVIS SPINELOWER SPINEUPPER", "NECK HEAD", "*CLAVICLE *UPPERARM *LOWERARM *HAND",
        "*UPPERLEG *LOWERLEG *FOOT *TOE", ("LEFT", "RIGHT"),
    ),
    "numbered behind the name": Dialect(
        "Hips Chest Chest2", "Neck Head", "*Collar *Shoulder *Elbow *Wrist", "*Hip *Knee *Ankle *Toe", numbered="-"
    ),
    "suffixes": Dialect(
        "hips spine chest", "neck head", "clavicle_* arm_* forearm_* hand_*", "upleg_* leg_* foot_* toe_*",
        ("lft", "rgt"),
    ),
    "numbers alone": Dialect(
        "Joint Joint Joint Joint", "Joint Joint", "Joint Joint Joint Joint", "Joint Joint Joint Joint", numbered="_"
    ),
    "nonsense": Dialect("a b c", "d e", "*f *g *h *i", "*k *m *n ", ("u", "v")),
}  # fmt: skip
"""By program; the joints' names are facts of the programs, the figure is ours."""
