-- Prints each message as it begins: when, from whom to whom, what it is, and its first line.
--
--   tshark -q -r FILE -X lua_script:messages.lua

local time, exchange = Field.new("frame.time_epoch"), Field.new("reqresp.exchange")
local frame, summary = Field.new("frame.number"), Field.new("reqresp.summary")
local kinds = {
    { name = "request", first = Field.new("reqresp.request.first_frame") },
    { name = "response", first = Field.new("reqresp.response.first_frame") },
    { name = "push", first = Field.new("reqresp.push.first_frame") },
}

-- A frame can carry parts of several messages: each field then has several values.
local function begins_here(kind)
    local count = 0
    for _, first in ipairs({ kind.first() }) do
        if first.value == frame().value then
            count = count + 1
        end
    end
    return count
end

local listener = Listener.new("reqresp", "reqresp.request || reqresp.response || reqresp.push")

function listener.packet(pinfo)
    local exchanges, summaries = { exchange() }, { summary() }
    for _, kind in ipairs(kinds) do
        for i = 1, begins_here(kind) do
            print(string.format("%s %s:%d => %s:%d | %s %s | %s", tostring(time()), tostring(pinfo.src),
                pinfo.src_port, tostring(pinfo.dst), pinfo.dst_port, kind.name, tostring(exchanges[i] or "-"),
                tostring(summaries[i] or "")))
        end
    end
end
