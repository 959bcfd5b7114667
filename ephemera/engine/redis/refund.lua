#!lua flags=allow-oom
-- Give one back to a budget that is in use.
--
-- KEYS: the budget. ARGV: seconds that one takes to refill.

local full_at = redis.call('GET', KEYS[1])
if full_at then
  redis.call('SET', KEYS[1], string.format('%.17g', full_at - ARGV[1]), 'KEEPTTL')
end
