-- Replay guard of one shard (spec/03 §5): may this store be believed, and since when?
-- KEYS[1] epoch   ARGV[1] node_now_ms   ARGV[2] node_skew_ms   ARGV[3] allowed_skew_ms
-- status: 1 = yes, for what was signed after `line`; -1 = memory was lost just now; -3 = clocks differ
local function guard()
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local skew = tonumber(ARGV[2])
  if math.abs(now - tonumber(ARGV[1])) > skew then return -3, now, 0 end
  -- Changes when the server restarts, evicts a key, or becomes the primary after it was a replica.
  local life = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)') .. ':' ..
               string.match(redis.call('INFO', 'stats'), 'evicted_keys:(%d+)') .. ':' ..
               string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')
  local since, seen = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+)|(.*)$')
  local margin = tonumber(ARGV[3]) + skew
  if seen ~= life then
    redis.call('SET', KEYS[1], string.format('%.0f|%s', now, life))
    return -1, now, now + margin
  end
  return 1, now, tonumber(since) + margin
end

-- 1 = first seen, 0 = seen before, -2 = signed before the line, -4 = after its own end.
-- The end is tested first because SET with a PXAT in the past answers OK every time.
local function claim(key, signed_ms, keep_until_ms, now, line)
  if tonumber(signed_ms) <= line then return -2 end
  if tonumber(keep_until_ms) <= now then return -4 end
  if redis.call('SET', key, '1', 'NX', 'PXAT', keep_until_ms) then return 1 end
  return 0
end
