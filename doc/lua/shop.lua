-- A private protocol on TCP port 7070: length (2 bytes, of all), kind (1), number (4), text.
local shop = Proto("shop", "Shop")
local kinds = { [1] = "ask", [2] = "answer", [3] = "news" }
local length = ProtoField.uint16("shop.length", "Length")
local kind = ProtoField.uint8("shop.kind", "Kind", base.DEC, kinds)
local number = ProtoField.uint32("shop.number", "Number")
local words = ProtoField.string("shop.words", "Words")
shop.fields = { length, kind, number, words }

local function length_of(tvb, _, offset)
    return tvb(offset, 2):uint()
end

local function message(tvb, _, tree)
    local layer = tree:add(shop, tvb())
    layer:add(length, tvb(0, 2))
    layer:add(kind, tvb(2, 1))
    layer:add(number, tvb(3, 4))
    if tvb:len() > 7 then
        layer:add(words, tvb(7))
    end
    return tvb:len()
end

function shop.dissector(tvb, pinfo, tree)
    pinfo.cols.protocol = "SHOP"
    dissect_tcp_pdus(tvb, tree, 2, length_of, message)
    return tvb:len()
end

DissectorTable.get("tcp.port"):add(7070, shop)
