"""The rule-based signer: from HamNoSys to a moving body, by what the notation says and nothing that was learned."""

from poseloom.signer.signing import sign_clip
from poseloom.signer.style import SigningStyle

__all__ = ["SigningStyle", "sign_clip"]
