-- A login (spec/04 §5): claims the challenge and creates the session, or does neither.
-- KEYS[2] claim   KEYS[3] generation   KEYS[4] session
-- ARGV[4] issued_ms   ARGV[5] keep_until_ms   ARGV[6] new generation   ARGV[7] record without its generation
-- ARGV[8] refresh_expires_ms   ARGV[9] absolute_ms
-- Reply: status, now, line, and the claim's code when status is 1.
local status, now, line = guard()
if status ~= 1 then return {status, now, line} end
local code = claim(KEYS[2], ARGV[4], ARGV[5], now, line)
if code == 1 then
  redis.call('SET', KEYS[3], ARGV[6], 'NX', 'PXAT', ARGV[9])
  local generation = redis.call('GET', KEYS[3])
  if redis.call('PTTL', KEYS[3]) < tonumber(ARGV[9]) - now then
    redis.call('PEXPIREAT', KEYS[3], ARGV[9])
  end
  redis.call('SET', KEYS[4], '1|' .. generation .. '|' .. ARGV[7], 'PXAT', ARGV[8])
end
return {status, now, line, code}
