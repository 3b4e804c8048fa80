-- One statement of about a kilobyte, posted again and again.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"id":"6690e6c9-3ef0-4ed3-8b37-7f3964730bee","actor":{"account":{"homePage":"https://idp.example.no","name":"hpr-1"}},' ..
  '"verb":{"id":"http://adlnet.gov/expapi/verbs/completed"},"object":{"id":"https://example.no/kurs/1","definition":{"description":{"nb-NO":"' ..
  string.rep("x", 700) .. '"}}}}'
