"""What Redis does with locks in one step, as Lua scripts.

Each target has two keys: the lease, and the fence of its last owner. The fence outlives a lease
that ran out; a release deletes both. The first fence is the time in milliseconds, so that fences go
on growing after Redis has lost everything: what an owner of before writes late stands in nobody's
way.
"""

NEXT_FENCE = """
local function next_fence(before)
    if before then return tonumber(before) + 1 end
    local now = redis.call('TIME')
    return now[1] * 1000 + math.floor(now[2] / 1000)
end
"""

ACQUIRE = (
    NEXT_FENCE
    + """
for i = 2, #KEYS, 2 do
    local held = redis.call('GET', KEYS[i])
    if held then return {0, held} end
end
local fence = next_fence(redis.call('GET', KEYS[1]))
redis.call('SET', KEYS[1], fence)
for i = 2, #KEYS, 2 do
    local lock = cjson.decode(ARGV[2 + i / 2])
    lock.fence = fence
    redis.call('SET', KEYS[i], cjson.encode(lock), 'PX', ARGV[1])
    redis.call('SET', KEYS[i + 1], fence, 'EX', ARGV[2])
end
return {fence, ''}
"""
)

RENEW = """
for i = 1, #KEYS, 2 do
    local held = redis.call('GET', KEYS[i])
    if held then
        if cjson.decode(held).owner ~= ARGV[3] then return (i + 1) / 2 end
    elseif redis.call('GET', KEYS[i + 1]) ~= ARGV[4] then
        return (i + 1) / 2
    end
end
for i = 1, #KEYS, 2 do
    redis.call('SET', KEYS[i], ARGV[4 + (i + 1) / 2], 'PX', ARGV[1])
    redis.call('SET', KEYS[i + 1], ARGV[4], 'EX', ARGV[2])
end
return 0
"""

RELEASE = """
for i = 1, #KEYS, 2 do
    local held = redis.call('GET', KEYS[i])
    if held and cjson.decode(held).owner == ARGV[1] then redis.call('DEL', KEYS[i]) end
    if redis.call('GET', KEYS[i + 1]) == ARGV[2] then redis.call('DEL', KEYS[i + 1]) end
end
"""

EXTEND = """
local held = redis.call('GET', KEYS[1])
if held and cjson.decode(held).owner ~= ARGV[3] then return held end
redis.call('SET', KEYS[1], ARGV[5], 'PX', ARGV[1])
redis.call('SET', KEYS[2], ARGV[4], 'EX', ARGV[2])
return ''
"""
