"""Dynamic registration: what platforms say of themselves, what we say, what they answer."""

import pytest

from lrs_bridge.errors import Invalid
from lrs_bridge.lti.platforms.platform import Product
from lrs_bridge.lti.platforms.registration import (
    CANVAS,
    PLATFORM,
    TOOL,
    parse_configuration,
    parse_response,
    registered_setup,
    registration_request,
)
from lrs_bridge.lti.platforms.tool import SCOPES, Tool

URL = "https://lms.example.no/mod/lti/openid-configuration.php"
US = Tool("http://127.0.0.1:8080", "fjordvik")


def document(**changes):
    """As Moodle 4 writes it."""
    given = {
        "issuer": "https://lms.example.no",
        "token_endpoint": "https://lms.example.no/mod/lti/token.php",
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
        "jwks_uri": "https://lms.example.no/mod/lti/certs.php",
        "authorization_endpoint": "https://lms.example.no/mod/lti/auth.php",
        "registration_endpoint": "https://lms.example.no/mod/lti/openid-registration.php",
        "scopes_supported": [*SCOPES[:5], 7],
        "response_types_supported": ["id_token"],
        "id_token_signing_alg_values_supported": ["RS256"],
        PLATFORM: {
            "product_family_code": "moodle",
            "version": "4.1",
            "messages_supported": [{"type": "LtiResourceLinkRequest"}, {"type": "LtiDeepLinkingRequest"}, "x", {"type": 1}],
        },
    }
    return {name: value for name, value in (given | changes).items() if value is not None}


def configuration(**changes):
    return parse_configuration(document(**changes), URL)


def test_reads_what_a_platform_says_of_itself():
    found = configuration()
    assert found.registration_endpoint == "https://lms.example.no/mod/lti/openid-registration.php"
    assert found.jwks_url == "https://lms.example.no/mod/lti/certs.php"
    assert (found.product, found.name, found.token_audience) == (Product.MOODLE, "lms.example.no", None)
    assert found.scopes == SCOPES[:5]
    assert set(found.messages) == {"LtiResourceLinkRequest", "LtiDeepLinkingRequest"}


@pytest.mark.parametrize(
    ("code", "product"),
    [
        ("canvas", Product.CANVAS),
        ("BlackboardLearn", Product.BLACKBOARD),
        ("Desire2Learn", Product.BRIGHTSPACE),
        ("openedx", Product.OPEN_EDX),
        ("sakai", Product.SAKAI),
        ("itslearning", Product.ITSLEARNING),
        ("x", Product.OTHER),
        (None, Product.OTHER),
        (7, Product.OTHER),
    ],
)
def test_recognises_products(code, product):
    assert configuration(**{PLATFORM: {"product_family_code": code}}).product is product


def test_works_with_a_platform_that_says_little():
    found = configuration(**{PLATFORM: None, "scopes_supported": None, "id_token_signing_alg_values_supported": None})
    assert (found.product, found.scopes, found.messages) == (Product.OTHER, (), {})


@pytest.mark.parametrize(
    ("named", "audience"),
    [
        ("https://api.brightspace.com/auth/token", "https://api.brightspace.com/auth/token"),
        ("canvas.instructure.com", None),
        ("", None),
        (7, None),
    ],
)
def test_takes_the_authorization_server_for_the_audience_when_it_is_an_address(named, audience):
    assert configuration(authorization_server=named).token_audience == audience


@pytest.mark.parametrize("name", ["issuer", "registration_endpoint", "authorization_endpoint", "token_endpoint", "jwks_uri"])
@pytest.mark.parametrize("value", [None, "", 7, " "])
def test_names_what_is_missing(name, value):
    with pytest.raises(Invalid) as caught:
        configuration(**{name: value})
    assert caught.value.field == name


@pytest.mark.parametrize("name", ["id_token_signing_alg_values_supported", "token_endpoint_auth_signing_alg_values_supported"])
@pytest.mark.parametrize("value", [["ES256"], [], "RS256"])
def test_refuses_a_platform_without_rs256(name, value):
    with pytest.raises(Invalid) as caught:
        configuration(**{name: value})
    assert caught.value.field == name


@pytest.mark.parametrize("found", [None, [], "x", 7])
def test_refuses_a_configuration_that_is_no_object(found):
    with pytest.raises(Invalid):
        parse_configuration(found, URL)


@pytest.mark.parametrize(
    ("issuer", "url", "good"),
    [
        ("https://lms.example.no", URL, True),
        ("https://lms.example.no/", URL, True),
        ("http://localhost:81", "http://localhost:81/x", True),
        ("http://localhost:81", "http://localhost:82/x", False),
        ("https://evil.example", URL, False),
        ("lms.example.no", URL, False),
        ("https://canvas.instructure.com", "https://sso.canvaslms.com/api/lti/security/openid-configuration", True),
        ("https://canvas.instructure.com", "https://uni.instructure.com/x", True),
        ("https://canvas.instructure.com", "https://evil.example/x", False),
        ("https://evil.example", "https://sso.canvaslms.com/x", False),
        ("https://canvas.instructure.com", "https://evilinstructure.com/x", False),
    ],
)
def test_believes_only_the_issuers_own_host_or_canvas(issuer, url, good):
    if good:
        assert parse_configuration(document(issuer=issuer), url).issuer == issuer
    else:
        with pytest.raises(Invalid) as caught:
            parse_configuration(document(issuer=issuer), url)
        assert caught.value.field == "issuer"


def test_registers_with_the_domain_that_moodle_insists_on():
    asked = registration_request(US, configuration())
    about = asked[TOOL]
    assert asked["initiate_login_uri"] == "http://127.0.0.1:8080/lti/login"
    assert asked["redirect_uris"] == [about["target_link_uri"]] == ["http://127.0.0.1:8080/lti/launch"]
    assert about["domain"] == "127.0.0.1:8080"
    assert asked["jwks_uri"] == "http://127.0.0.1:8080/lti/jwks/fjordvik.json"
    assert (asked["token_endpoint_auth_method"], asked["application_type"]) == ("private_key_jwt", "web")
    assert set(about["claims"]) == {"iss", "sub", "name", "given_name", "family_name", "email"}
    assert (asked["client_name"], asked["client_name#nb"]) == ("Signed learning", "Signert læring")


def test_asks_for_those_of_our_scopes_that_the_platform_has():
    assert registration_request(US, configuration())["scope"].split() == list(SCOPES[:5])
    assert registration_request(US, configuration(scopes_supported=[SCOPES[5], "x"]))["scope"] == SCOPES[5]


def test_offers_submission_review_only_where_it_is_taken():
    def kinds(found):
        return [message["type"] for message in registration_request(US, found)[TOOL]["messages"]]

    assert kinds(configuration()) == ["LtiResourceLinkRequest", "LtiDeepLinkingRequest"]
    offers = {"messages_supported": [{"type": "LtiSubmissionReviewRequest"}]}
    assert kinds(configuration(**{PLATFORM: offers}))[-1] == "LtiSubmissionReviewRequest"


@pytest.mark.parametrize("prefix", ["", CANVAS])
def test_names_canvas_placements_as_canvas_spells_them(prefix):
    messages = [
        {"type": "LtiResourceLinkRequest", "placements": [prefix + "course_navigation", 7]},
        {"type": "LtiDeepLinkingRequest", "placements": [prefix + "link_selection", prefix + "assignment_selection"]},
        {"type": "LtiSubmissionReviewRequest"},
    ]
    found = configuration(**{PLATFORM: {"product_family_code": "canvas", "messages_supported": messages}})
    about = registration_request(US, found)[TOOL]
    resource, deep, review = about["messages"]
    assert resource["placements"] == [prefix + "course_navigation"]
    assert resource[CANVAS + "course_navigation/default_enabled"] is False
    assert deep["placements"] == [prefix + "link_selection", prefix + "assignment_selection"]
    assert review["placements"] == []
    assert about[CANVAS + "privacy_level"] == "public"


def test_calls_a_canvas_by_its_customers_name():
    about = {"product_family_code": "canvas", CANVAS + "account_name": " Universitetet "}
    assert configuration(**{PLATFORM: about}).name == "Universitetet"
    assert configuration(**{PLATFORM: about | {CANVAS + "account_name": 7}}).name == "lms.example.no"


@pytest.mark.parametrize(
    ("answer", "client_id", "deployment_id"),
    [
        ({"client_id": "abc"}, "abc", None),
        ({"client_id": 10000000000001}, "10000000000001", None),
        ({"client_id": "abc", TOOL: {"deployment_id": "3"}}, "abc", "3"),
        ({"client_id": "abc", TOOL: {"deployment_id": 3}}, "abc", "3"),
        ({"client_id": "abc", TOOL: {"deployment_id": ""}}, "abc", None),
        ({"client_id": "abc", TOOL: {"deployment_id": True}}, "abc", None),
        ({"client_id": "abc", TOOL: []}, "abc", None),
    ],
)
def test_reads_the_answer(answer, client_id, deployment_id):
    found = parse_response(answer)
    assert (found.client_id, found.deployment_id) == (client_id, deployment_id)


@pytest.mark.parametrize("answer", [None, [], {}, {"client_id": ""}, {"client_id": "x" * 256}, {"client_id": None}])
def test_refuses_an_answer_without_a_client_id(answer):
    with pytest.raises(Invalid):
        parse_response(answer)


def test_makes_a_set_up_of_both():
    answer = parse_response({"client_id": "abc", TOOL: {"deployment_id": "3"}})
    made = registered_setup(configuration(authorization_server="https://a.no/token"), answer, allowed=())
    assert (made.issuer, made.client_id, made.deployment_id) == ("https://lms.example.no", "abc", "3")
    assert (made.token_audience, made.product) == ("https://a.no/token", Product.MOODLE)
    with pytest.raises(Invalid) as caught:
        registered_setup(configuration(jwks_uri="https://10.0.0.1/keys"), answer, allowed=())
    assert caught.value.field == "jwks_url"
