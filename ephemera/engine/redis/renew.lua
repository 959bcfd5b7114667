#!lua flags=allow-oom
-- Give leases to seats that are still there and were not seen later.
--
-- KEYS: leases, due. ARGV: room id, then for each seat: member, "<seen_at> <until>".

local function times(lease)
  local seen, ending = string.match(lease, '^(%S+) (%S+)$')
  return tonumber(seen), ending
end

for place = 2, #ARGV, 2 do
  local held = redis.call('HGET', KEYS[1], ARGV[place])
  local seen, ending = times(ARGV[place + 1])
  if held and times(held) <= seen then
    redis.call('HSET', KEYS[1], ARGV[place], ARGV[place + 1])
    redis.call('ZADD', KEYS[2], 'LT', ending, ARGV[1])
  end
end
