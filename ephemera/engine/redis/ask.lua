#!lua flags=no-writes
-- Several questions about one room, answered at one moment.
--
-- ARGV: for each question how many words it has, and the words. Returns the answers.
-- A transaction would not do: an engine whose memory is full refuses to begin one.

local answers = {}
local place = 1
while place <= #ARGV do
  local words = tonumber(ARGV[place])
  answers[#answers + 1] = redis.call(unpack(ARGV, place + 1, place + words))
  place = place + words + 1
end
return answers
