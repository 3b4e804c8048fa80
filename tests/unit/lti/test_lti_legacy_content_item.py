"""What goes back to a platform of LTI 1.1 when something was chosen."""

import json
from datetime import UTC, datetime

from lrs_bridge.lti.legacy.content_item import Item, selection_form
from lrs_bridge.lti.legacy.oauth1 import verify_signed

RETURN_URL = "https://lms.example.no/return?id=1&course=2"
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
ITEM = Item(
    url="https://lrs.example.no/lti/1p1/launch/activity/1",
    title="Smittevern – øving",
    text="Velg hansker",
    custom={"lrs_bridge_placed": "activity:1"},
    resource_id="activity:1",
    maximum=100,
    target="iframe",
)


def returned(*items, **more):
    return selection_form(items, return_url=RETURN_URL, consumer_key="north", secret="s", nonce="n", now=NOW, **more)


def graph(form):
    document = json.loads(form["content_items"])
    assert document["@context"] == "http://purl.imsglobal.org/ctx/lti/v1/ContentItem"
    return document["@graph"]


def test_signs_the_form_for_the_address_that_it_goes_back_to():
    form = returned(ITEM)
    assert (form["lti_message_type"], form["lti_version"]) == ("ContentItemSelection", "LTI-1p0")
    assert verify_signed(list(form.items()), url=RETURN_URL, secret="s", now=NOW).consumer_key == "north"


def test_writes_a_graded_link_with_its_line_item():
    assert graph(returned(ITEM)) == [
        {
            "@type": "LtiLinkItem",
            "mediaType": "application/vnd.ims.lti.v1.ltilink",
            "url": "https://lrs.example.no/lti/1p1/launch/activity/1",
            "title": "Smittevern – øving",
            "text": "Velg hansker",
            "custom": {"lrs_bridge_placed": "activity:1"},
            "placementAdvice": {"presentationDocumentTarget": "iframe"},
            "lineItem": {
                "@type": "LineItem",
                "label": "Smittevern – øving",
                "reportingMethod": "res:totalScore",
                "assignedActivity": {"activityId": "activity:1"},
                "scoreConstraints": {"@type": "NumericLimits", "normalMaximum": 100, "totalMaximum": 100},
            },
        }
    ]


def test_writes_a_link_that_is_not_graded_without_a_line_item():
    (item, other) = graph(returned(Item("https://a/", "Plan"), Item("https://b/", "B")))
    assert (item["title"], other["title"]) == ("Plan", "B")
    assert "lineItem" not in item
    assert "placementAdvice" not in item


def test_gives_data_back_as_they_came_and_only_when_they_came():
    assert "data" not in returned(ITEM)
    assert returned(ITEM, data="")["data"] == ""
    assert returned(ITEM, data=" <opaque> ")["data"] == " <opaque> "


def test_tells_the_user_when_nothing_was_chosen():
    form = returned(message="Nothing was placed")
    assert (graph(form), form["lti_msg"]) == ([], "Nothing was placed")
    assert "lti_msg" not in returned(ITEM)
