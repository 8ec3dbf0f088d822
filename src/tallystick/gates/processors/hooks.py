"""Where a payment processor tells by itself what happened: an address for each operator."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from tallystick.base.clock import WallClock
from tallystick.base.processor import PayoutFact
from tallystick.base.refusal import Refusal
from tallystick.domain.tenants.models import Tenant
from tallystick.domain.tenants.queries import present_of
from tallystick.domain.tenants.scope import UnknownTenant, acting_for, tenant_id_of
from tallystick.flows.payouts import take_payout_fact
from tallystick.flows.pull_facts import take_fact
from tallystick.gates.processors.stripe_api import NAME, read_event


@csrf_exempt
@require_POST
def take_stripe_event(
    request: HttpRequest, operator: str, *, secret_of: Callable[[str], str]
) -> HttpResponse:
    """Takes an event: 200 once it is stored, 400 for one that is not Stripe's, 404 for no address.

    An answer but 200 makes Stripe send it again.
    """
    secret = secret_of(operator)
    if not secret:
        return _refuse("no secret for events is set up here", status=404)
    try:
        tenant_id = tenant_id_of(operator)
        fact = read_event(
            request.body,
            signature=request.headers.get("Stripe-Signature", ""),
            secret=secret,
            operator=operator,
        )
    except UnknownTenant as unknown:
        return _refuse(unknown.sentence(), status=404)
    except Refusal as refusal:
        return _refuse(refusal.sentence(), status=400)
    with acting_for(tenant_id):
        at = present_of(Tenant.objects.get(id=tenant_id), clock=WallClock())
    if isinstance(fact, PayoutFact):
        state = take_payout_fact(fact, processor=NAME, tenant_id=tenant_id, at=at)
    else:
        state = take_fact(fact, processor=NAME, tenant_id=tenant_id, at=at)
    return JsonResponse({"event": fact.event_id, "state": state.value})


def _refuse(sentence: str, *, status: int) -> HttpResponse:
    return JsonResponse({"sentence": sentence}, status=status)
