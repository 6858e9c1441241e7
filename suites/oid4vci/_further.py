"""Which requirement counts where a stricter profile asks more of some credentials than OpenID4VCI asks of all."""

from __future__ import annotations

from harness.evidence import IssuedCredential
from harness.expect import Demanded
from harness.formats.status_reference import Mechanism

_SD_JWT_VC = "dc+sd-jwt"


def of_sd_jwt_vc(credential: IssuedCredential, further: str, requirement: str) -> Demanded:
    """Give what an expectation is about that HAIP 1.0 strengthens for SD-JWT VCs only.

    Args:
        further: what HAIP asks of these (sections 6.1 and 6.1.1).
        requirement: what is asked of every credential.

    """
    return (further, requirement) if credential.format == _SD_JWT_VC else requirement


def of_listed_sd_jwt_vc(
    credential: IssuedCredential, mechanism: Mechanism, further: str, requirement: str
) -> Demanded:
    """Give the same for what it asks of an entry in a Token Status List."""
    return of_sd_jwt_vc(credential, further, requirement) if mechanism is Mechanism.STATUS_LIST else requirement
