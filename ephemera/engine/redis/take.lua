#!lua flags=allow-oom
-- Take a room that is due, unless somebody else has just taken it.
--
-- KEYS: due, taken. ARGV: room id, now, until when it is ours.
-- Returns 1 when it is ours. Who does not look at it in time loses it to the next.

for _, index in ipairs(KEYS) do
  local at = redis.call('ZSCORE', index, ARGV[1])
  if at and tonumber(at) <= tonumber(ARGV[2]) then
    redis.call('ZREM', KEYS[1], ARGV[1])
    redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
    return 1
  end
end
return 0
