"""Reports a course to an LRS as course content would: that it was begun, completed and passed.

Needs only the `tincan` package (pip install tincan). The statements share one registration:
the receiver sees one attempt.
"""

import argparse
import sys
from uuid import uuid4

from tincan import (
    Activity,
    ActivityDefinition,
    Agent,
    AgentAccount,
    Context,
    LanguageMap,
    RemoteLRS,
    Result,
    Score,
    Statement,
    Verb,
)

VERBS = "http://adlnet.gov/expapi/verbs/"
COURSE_TYPE = "http://adlnet.gov/expapi/activities/course"


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--endpoint", default="http://127.0.0.1:8080/xapi/", help="the LRS's address, ending in /xapi/")
    parser.add_argument("--key", required=True, help="the course's key at the LRS")
    parser.add_argument("--secret", required=True, help="the key's secret")
    learner = parser.add_mutually_exclusive_group(required=True)
    learner.add_argument("--email", help="the learner's mail address")
    learner.add_argument(
        "--account", nargs=2, metavar=("HOMEPAGE", "NAME"), help="the learner's account: where, and its name there"
    )
    parser.add_argument("--name", help="the learner's name, to be shown")
    parser.add_argument("--course", required=True, help="the course's IRI")
    parser.add_argument("--course-name", default="", help="the course's name, to be shown")
    parser.add_argument("--score", type=float, help="share of what could be had, from -1 to 1")
    return parser.parse_args()


def make_statements(options: argparse.Namespace) -> list[Statement]:
    """What happened, in order: the learner began the course, completed it, and passed."""
    if options.account:
        home_page, name = options.account
        actor = Agent(name=options.name, account=AgentAccount(home_page=home_page, name=name))
    else:
        actor = Agent(name=options.name, mbox=f"mailto:{options.email}")
    names = LanguageMap({"nb": options.course_name}) if options.course_name else None
    course = Activity(id=options.course, definition=ActivityDefinition(type=COURSE_TYPE, name=names))
    context = Context(registration=uuid4())
    score = None if options.score is None else Score(scaled=options.score)
    results = {"initialized": None, "completed": Result(completion=True), "passed": Result(success=True, score=score)}
    return [
        Statement(
            id=uuid4(),
            actor=actor,
            verb=Verb(id=VERBS + verb, display=LanguageMap({"en": verb})),
            object=course,
            result=result,
            context=context,
        )
        for verb, result in results.items()
    ]


def main() -> int:
    """Sends the statements and prints their ids; exit status 1 when the LRS does not take them."""
    options = parse_arguments()
    statements = make_statements(options)
    lrs = RemoteLRS(endpoint=options.endpoint, username=options.key, password=options.secret)
    try:
        answer = lrs.save_statements(statements)
    except OSError as error:
        print(f"{options.endpoint} can't be reached: {error}", file=sys.stderr)
        return 1
    if not answer.success:
        print(f"The LRS answered {answer.response.status}: {answer.data}", file=sys.stderr)
        return 1
    for statement in statements:
        print(statement.id)
    return 0


if __name__ == "__main__":
    sys.exit(main())
