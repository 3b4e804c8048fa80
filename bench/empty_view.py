"""The least that a Flask application can do, to measure queries against."""

from flask import Flask, Response

app = Flask(__name__)


@app.get("/")
def nothing() -> Response:
    """An empty JSON object."""
    return Response(b"{}", mimetype="application/json")
