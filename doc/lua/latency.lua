-- Latency per command (the first word of the request): how many, least, mean, most, in milliseconds.
--
--   tshark -q -r FILE -X lua_script:latency.lua

local latency, summary = Field.new("reqresp.latency"), Field.new("reqresp.summary")
local frame, first = Field.new("frame.number"), Field.new("reqresp.response.first_frame")

local commands = {}

local function count(command, ms)
    local c = commands[command] or { count = 0, sum = 0, least = math.huge, most = -math.huge }
    c.count, c.sum = c.count + 1, c.sum + ms
    c.least, c.most = math.min(c.least, ms), math.max(c.most, ms)
    commands[command] = c
end

local listener = Listener.new("reqresp", "reqresp.response && reqresp.latency")

function listener.packet()
    local firsts, summaries = { first() }, { summary() }
    for i, l in ipairs({ latency() }) do
        if firsts[i].value == frame().value then
            local line = summaries[i] and tostring(summaries[i]) or ""
            count(line:match("^%S+") or "-", l.value:tonumber() * 1000)
        end
    end
end

function listener.draw()
    local names = {}
    for name in pairs(commands) do
        names[#names + 1] = name
    end
    table.sort(names)
    print(string.format("%-16s %8s %10s %10s %10s", "command", "count", "min ms", "mean ms", "max ms"))
    for _, name in ipairs(names) do
        local c = commands[name]
        print(string.format("%-16s %8d %10.3f %10.3f %10.3f", name, c.count, c.least, c.sum / c.count, c.most))
    end
end

function listener.reset()
    commands = {}
end
