-- A refresh (spec/04 §5): exchanges rotation n for n + 1, once.
-- KEYS[1] session   KEYS[2] generation
-- ARGV[1] node_now_ms   ARGV[2] node_skew_ms   ARGV[3] n   ARGV[4] grace_ms   ARGV[5] idle_ms
-- Reply: code and record. 1 = exchanged, now or within the grace; 0 = over; -6 = reused, ended now; -3 = clocks differ
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if math.abs(now - tonumber(ARGV[1])) > tonumber(ARGV[2]) then return {-3, ''} end
local record = redis.call('GET', KEYS[1])
if not record then return {0, ''} end
local generation, n, rotated, _, absolute, scheme =
  string.match(record, '^1|(%x+)|(%d+)|(%d+)|(%d+)|(%d+)|(%w+)$')
local presented = tonumber(ARGV[3])
n = tonumber(n)
if not n or generation ~= redis.call('GET', KEYS[2]) or presented > n then
  redis.call('DEL', KEYS[1])
  return {0, ''}
end
if presented == n then
  local expires = math.min(now + tonumber(ARGV[5]), tonumber(absolute))
  record = string.format('1|%s|%.0f|%.0f|%.0f|%s|%s', generation, n + 1, now, expires, absolute, scheme)
  redis.call('SET', KEYS[1], record, 'PXAT', string.format('%.0f', expires))
  return {1, record}
end
if presented == n - 1 and now - tonumber(rotated) <= tonumber(ARGV[4]) then return {1, record} end
redis.call('DEL', KEYS[1])
return {-6, ''}
