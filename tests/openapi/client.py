"""Calls of the clients that openapi-python-client made of the documents of both groups."""

import json
import os

import desk
import shop
from desk.api.default import ticket
from desk.models import TicketRequest
from shop.api.default import anything
from shop.api.labels import labels
from shop.api.orders import order_total
from shop.models import AnythingRequest, LabelsRequest, OrderTotalRequest

host = {"base_url": os.environ["HOST"], "token": os.environ["TOKEN"]}
at_shop = shop.AuthenticatedClient(**host)
at_desk = desk.AuthenticatedClient(**host)


def order(currency):
    line = {"sku": "AB123", "price": 2.5, "quantity": 4}
    return OrderTotalRequest.from_dict({"input": {"currency": currency, "lines": [line]}})


total = order_total.sync(client=at_shop, body=order("EUR"), lockgate_tenant="ada").to_dict()["output"]
counted = labels.sync(client=at_shop, body=LabelsRequest.from_dict({"input": {}})).to_dict()["output"]
echo = anything.sync(client=at_shop, body=AnythingRequest.from_dict({"input": {"b": [1, None]}})).to_dict()["output"]
try:
    # The type has no such currency, so the host is not asked.
    order("GBP")
    code = "none"
except ValueError:
    code = "LG1009"


def call(body):
    answer = ticket.sync_detailed(client=at_desk, body=TicketRequest.from_dict(body))
    return json.loads(answer.content)


fixed = call({"input": {"number": 7}, "connection": {"fixed": "main"}})
dynamic = call({"input": {"number": 8}, "connection": {"dynamic": {"tenant": "ada"}}})
try:
    TicketRequest.from_dict({"input": {"number": 9}})
    none = "none"
except KeyError:
    none = "LG1015"

print(json.dumps({
    "kind": total["kind"], "total": total["total"], "note": total["note"], "code": code, "count": counted, "echo": echo,
    "fixed": fixed["output"], "dynamic": dynamic["output"], "none": none,
}))
