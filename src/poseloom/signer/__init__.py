"""The rule-based signer: from HamNoSys to a moving body, by what the notation says and nothing that was learned."""

from poseloom.signer.signing import sign_clip

__all__ = ["sign_clip"]
