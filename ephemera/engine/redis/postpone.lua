#!lua flags=allow-oom
-- Look at a room again at a later time, or earlier when a lease has ended earlier since.
--
-- KEYS: room, due, taken. ARGV: room id, when.

redis.call('ZREM', KEYS[3], ARGV[1])
if redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('ZADD', KEYS[2], 'LT', ARGV[2], ARGV[1])
end
