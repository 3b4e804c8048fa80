-- wrk -t1 -c8 -d8s -s load.lua URL -- PHASE [BATCH]     with LRS_AUTH=key:secret
-- The load of a training season: 2000 learners, 300 courses, six verbs, statements of about a kilobyte with new ids.
local verbs = {"initialized", "experienced", "answered", "completed", "passed", "terminated"}
local learners, hex = 2000, "0123456789abcdef"
local letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
local phase, batch, path

local function base64(text)
  local out = {}
  for i = 1, #text, 3 do
    local a, b, c = text:byte(i, i + 2)
    local n = a * 65536 + (b or 0) * 256 + (c or 0)
    for k = 3, 0, -1 do
      local at = math.floor(n / 64 ^ k) % 64 + 1
      out[#out + 1] = (k == 1 and not b or k == 0 and not c) and "=" or letters:sub(at, at)
    end
  end
  return table.concat(out)
end

local function escape(text)
  return (text:gsub("[^%w%-_%.~]", function(c) return string.format("%%%02X", c:byte()) end))
end

local function uuid()
  return (("xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx"):gsub("x", function() local k = math.random(16); return hex:sub(k, k) end))
end

local form = [[{"id":"%s","actor":{"objectType":"Agent","name":"LIS %d","account":{"homePage":"https://idp.example.no","name":"hpr-%07d"}},]]
  .. [["verb":{"id":"http://adlnet.gov/expapi/verbs/%s","display":{"en-US":"%s","nb-NO":"gjorde"}},]]
  .. [["object":{"objectType":"Activity","id":"https://kurs.example.no/kurs/%d/side/%d","definition":{]]
  .. [["type":"http://adlnet.gov/expapi/activities/lesson","name":{"nb-NO":"Smittevern del %d","en-US":"Infection control %d"},]]
  .. [["description":{"nb-NO":"Obligatorisk e-l\u00e6ring for leger i spesialisering."}}},]]
  .. [["result":{"score":{"scaled":0.%02d,"raw":%d,"min":0,"max":100},"success":true,"completion":true,"duration":"PT%dM"},]]
  .. [["context":{"registration":"%08x-0000-4000-8000-%012x","platform":"Kursbyggeren","language":"nb-NO",]]
  .. [["contextActivities":{"parent":[{"id":"https://kurs.example.no/kurs/%d"}],"grouping":[{"id":"https://kurs.example.no/katalog"}]},]]
  .. [["extensions":{"https://example.no/ext/hf":"Vestre Viken"}},"timestamp":"2026-%02d-%02dT%02d:%02d:00.000Z"}]]

local function statement()
  local n, course, verb = math.random(0, learners - 1), math.random(0, 299), verbs[math.random(#verbs)]
  return form:format(uuid(), n, n, verb, verb, course, math.random(0, 39), course, course, math.random(10, 99), math.random(0, 100),
    math.random(59), n, course, course, math.random(10), math.random(28), math.random(0, 23), math.random(0, 59))
end

function init(args)
  math.randomseed(os.time() * 1000 + tonumber(tostring({}):match("0x(%x+)"), 16) % 100000)
  phase, batch, path = args[1], tonumber(args[2] or "50"), wrk.path:gsub("/$", "")
  wrk.headers["X-Experience-API-Version"] = "1.0.3"
  wrk.headers["Authorization"] = "Basic " .. base64(os.getenv("LRS_AUTH") or "")
  wrk.headers["Content-Type"] = "application/json"
end

local function many()
  local some = {}
  for i = 1, batch do some[i] = statement() end
  return "[" .. table.concat(some, ",") .. "]"
end

local phases = {
  empty = function() return wrk.format("GET", wrk.path) end,
  single = function() return wrk.format("POST", path .. "/statements", nil, statement()) end,
  batch = function() return wrk.format("POST", path .. "/statements", nil, many()) end,
  agent = function()
    local agent = ('{"account":{"homePage":"https://idp.example.no","name":"hpr-%07d"}}'):format(math.random(0, learners - 1))
    return wrk.format("GET", path .. "/statements?limit=25&agent=" .. escape(agent))
  end,
  activity = function()
    return wrk.format("GET", path .. "/statements?limit=25&activity=" ..
      escape(("https://kurs.example.no/kurs/%d/side/%d"):format(math.random(0, 299), math.random(0, 39))))
  end,
  related = function()
    return wrk.format("GET", path .. "/statements?limit=25&related_activities=true&activity=" ..
      escape(("https://kurs.example.no/kurs/%d"):format(math.random(0, 299))))
  end,
  registration = function()
    local n, course = math.random(0, learners - 1), math.random(0, 299)
    return wrk.format("GET", path .. "/statements?limit=25&registration=" .. ("%08x-0000-4000-8000-%012x"):format(n, course))
  end,
  newest = function() return wrk.format("GET", path .. "/statements?limit=25") end,
  oldest = function() return wrk.format("GET", path .. "/statements?limit=25&ascending=true") end,
  verb = function()
    local verb = "http://adlnet.gov/expapi/verbs/" .. verbs[math.random(#verbs)]
    return wrk.format("GET", path .. "/statements?limit=25&since=2026-01-01T00:00:00Z&verb=" .. escape(verb))
  end,
}

function request() return phases[phase]() end

function done(summary, latency)
  local failed = 0
  for _, count in pairs(summary.errors) do failed = failed + count end
  io.write(('{"requests_per_s":%.1f,"p50_ms":%.2f,"p99_ms":%.2f,"failed":%d}\n'):format(
    summary.requests / (summary.duration / 1e6), latency:percentile(50) / 1000, latency:percentile(99) / 1000, failed))
end
