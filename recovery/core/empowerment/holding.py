"""What is given is held to the compensation policy, and offered beside no rating (domain.md §1, §4).

The policy is the installation's, and the core does not know it: the engine fills into the event what it says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recovery.core.contact import RATING
from recovery.core.draft import Draft, Refused
from recovery.core.empowerment.state import CompensationState
from recovery.core.event import role
from recovery.core.facts import is_blank
from recovery.core.moves import supervisors


def beside_no_rating(draft: Draft) -> None:
    """Refuse an offer while a request for a rating is on its way: money is never traded for a review.

    Raises:
        Refused: `offer_with_rating`.
    """
    purposes, awaiting = draft.workflow.purposes, draft.case.awaiting
    if purposes is not None and any(purposes[template] == RATING for template, _ in awaiting.values()):
        message = "The customer is being asked for a rating just now."
        raise Refused("offer_with_rating", message, "Offer it when that has left; money buys no review.")


def held(
    draft: Draft, policy: Mapping[str, Any], because: str | None, state: CompensationState
) -> tuple[CompensationState, str]:
    """What is to be given, as the policy has it, and why somebody is to approve it; empty: nobody need.

    Raises:
        Refused: as the policy says, or `above_ceiling` of a supervisor who gives no reason.
    """
    if refused := policy.get("refused"):
        code, message, hint = refused["code"], refused["message"], refused["hint"]
        raise Refused(code, message, hint)
    draft.why += [f"by the policy: {warned}" for warned in policy.get("warnings", ())]
    if because is not None and not is_blank(because):
        draft.why.append(f"because: {because}")
        state = state._replace(note=state.note or because)
    state = state._replace(time_cost=policy.get("time_cost"))
    if state.pay_within is None:
        state = state._replace(pay_within=policy.get("pay_within"))
    above = policy.get("above", "")
    if above and draft.workflow.may(role(state.by), supervisors(draft.workflow)):
        if because is None or is_blank(because):
            raise Refused("above_ceiling", above, "Offer less, or say why it is right.")
        return state, ""
    return state, above
