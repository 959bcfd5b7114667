#!lua flags=allow-oom
-- Take one from a budget: the generic cell rate algorithm (ITU-T I.371), as in budgets.py.
--
-- KEYS: the budget. ARGV: seconds that one takes to refill, burst, now.
-- Returns the seconds to wait as text, "0" when one was taken.

local each, burst, now = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local full_at = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now) + each
local wait = full_at - now - burst * each
if wait > 1e-3 then
  return string.format('%.17g', wait)
end
redis.call('SET', KEYS[1], string.format('%.17g', full_at), 'PX', math.ceil((full_at - now) * 1000))
return '0'
