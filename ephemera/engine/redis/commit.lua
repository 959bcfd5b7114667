-- One step of a room, all of it or nothing, whatever the step was: it knows no rule.
--
-- KEYS: room, leases, log, gone, due, taken, the code before, the code from now on.
-- ARGV: `arguments_of_commit` in scripts.py writes what is read here, in this order. A list is
-- its length and then its items.
-- Returns where the log begins now (of a room that is forgotten: 1), or 0 for a conflict: then
-- nothing was changed.

local room, leases, log, gone, due, taken, code_before, code = unpack(KEYS)
local place = 0

local function take()
  place = place + 1
  return ARGV[place]
end

local function take_each(width, use)
  for _ = 1, tonumber(take()) do
    local row = {}
    for column = 1, width do
      row[column] = take()
    end
    use(unpack(row))
  end
end

local function seen_at(lease)
  return tonumber(string.match(lease, '^%S+'))
end

-- Look

local id, version, generation = take(), take(), take()
local held = redis.call('HMGET', room, 'sequence', 'generation')
local conflict = (held[1] or '0') ~= version or (held[2] or '') ~= generation
take_each(2, function(member, seen)
  local held = redis.call('HGET', leases, member)
  conflict = conflict or (held and seen_at(held) > tonumber(seen))
end)
local is_kept, is_brought_back = take() == '1', take() == '1'
if is_kept then
  local owner = redis.call('GET', code)
  conflict = conflict or (owner and owner ~= id)
end
if is_brought_back then -- by who took it for lost, but it has been wiped
  conflict = conflict or redis.call('EXISTS', gone) == 1
end
if conflict then
  return 0
end

-- Keep or forget

redis.call('ZREM', taken, id)
if code_before ~= code then
  redis.call('DEL', code_before)
end
local news = take()
if not is_kept then
  redis.call('DEL', room, leases, log)
  redis.call('ZREM', due, id)
  redis.call('SET', gone, take(), 'PX', take())
  redis.call('SPUBLISH', room, news)
  return 1
end

if version == '0' then -- what is remembered is of a room before it, which had the same id
  redis.call('DEL', gone)
end
redis.call('SET', code, id)
redis.call('ZADD', due, 'LT', take(), id)
take_each(1, function(piece)
  redis.call('HDEL', room, piece)
end)
take_each(2, function(piece, data)
  redis.call('HSET', room, piece, data)
end)

-- The log: `#first` is the sequence of its oldest entry, `#weight` that of all; an entry begins
-- with its own.

local weight = tonumber(redis.call('HGET', room, '#weight') or '0')
local first = tonumber(redis.call('HGET', room, '#first') or '1')
local last = tonumber(version)

local function weight_of(entry)
  return entry and tonumber(string.match(entry, '^%d+')) or 0
end

take_each(2, function(sequence, entry)
  local kept = redis.call('HGET', log, sequence)
  if kept then
    weight = weight - weight_of(kept) + weight_of(entry)
    redis.call('HSET', log, sequence, entry)
  end
end)
take_each(2, function(sequence, entry)
  weight = weight + weight_of(entry)
  last = tonumber(sequence)
  if redis.call('HLEN', log) == 0 then
    first = last
  end
  redis.call('HSET', log, sequence, entry)
end)
local most, heaviest = tonumber(take()), tonumber(take())
while last - first + 1 > most or weight > heaviest do
  weight = weight - weight_of(redis.call('HGET', log, first))
  redis.call('HDEL', log, first)
  first = first + 1
end
redis.call('HSET', room, '#weight', weight, '#first', first)

-- Leases: of seats that are there, and never an earlier one than is held.

local seated = {}
take_each(1, function(member)
  seated[member] = true
end)
for _, member in ipairs(redis.call('HKEYS', leases)) do
  if not seated[member] then
    redis.call('HDEL', leases, member)
  end
end
take_each(2, function(member, lease)
  local held = redis.call('HGET', leases, member)
  if seated[member] and not (held and seen_at(held) > seen_at(lease)) then
    redis.call('HSET', leases, member, lease)
  end
end)

redis.call('SPUBLISH', room, news)
return first
