-- Posts the lines of a file as JSON, one after the other, round and round:
--
--   wrk -s post.lua URL -- FILE
--
-- and prints the figures as one line of JSON, times in milliseconds.

local bodies = {}
local at = 0

function init(args)
  for line in io.lines(args[1]) do
    bodies[#bodies + 1] = wrk.format("POST", nil, {["Content-Type"] = "application/json"}, line)
  end
end

function request()
  at = at % #bodies + 1
  return bodies[at]
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format('figures: {"rate": %.3f, "p50": %.4f, "p99": %.4f, "errors": %d}\n',
    summary.requests / (summary.duration / 1e6), latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    e.connect + e.read + e.write + e.status + e.timeout))
end
