#!lua flags=allow-oom
-- Set a key of ours that is always there, also when the engine's memory is full.
--
-- KEYS: the key. ARGV: what SET takes besides.

redis.call('SET', KEYS[1], unpack(ARGV))
