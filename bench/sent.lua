-- wrk -t1 -c8 -d8s -s sent.lua URL -- FILE STATUS [once]
-- Requests as they go over the wire, each behind its length in ten digits: in turns, or once each. Every answer must have that status.
-- The time is that from the first request to the last answer that counts, since wrk goes on to its own end when there is nothing left.
local ffi = require("ffi")
ffi.cdef [[ typedef struct { long s; long us; } lti_time; int gettimeofday(lti_time *now, void *zone); ]]
local now, requests, sent, threads, asked, over = ffi.new("lti_time"), {}, 0, {}, false, false
expected, once, answered, wrong, from, to = 0, false, 0, 0, 0, 0

local function clock()
  ffi.C.gettimeofday(now, nil)
  return tonumber(now.s) + tonumber(now.us) / 1e6
end

function setup(thread) threads[#threads + 1] = thread end

function init(args)
  local file = assert(io.open(args[1], "rb"))
  while true do
    local length = file:read(10)
    if not length then break end
    requests[#requests + 1] = file:read(tonumber(length))
  end
  file:close()
  expected, once = tonumber(args[2]), args[3] == "once"
end

function request()
  if not asked then -- wrk looks at the first request before it begins, and sends it later
    asked = true
    return requests[1]
  end
  if sent == 0 then from = clock() end
  sent = sent + 1
  if once and sent > #requests then
    over = true
    wrk.thread:stop()
    return wrk.format("GET", "/healthz")
  end
  return requests[(sent - 1) % #requests + 1]
end

function response(status)
  if over then return end
  answered, to = answered + 1, clock()
  if status ~= expected then wrong = wrong + 1 end
end

function done(summary, latency)
  local of = threads[1]
  local answered, wrong, seconds = of:get("answered"), of:get("wrong"), of:get("to") - of:get("from")
  local broken = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(('{"requests_per_s":%.1f,"p50_ms":%.2f,"p99_ms":%.2f,"failed":%d}\n'):format(
    answered / seconds, latency:percentile(50) / 1000, latency:percentile(99) / 1000, wrong + broken))
end
